"""The stack's configuration for one run: prepared in a file of its own, and put in its place only once the run has the lock."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from liftlock.adapters.engines.pulumi.asking import asked
from liftlock.adapters.engines.pulumi.command import Cli
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.adapters.engines.recorded import SECRETS, VALUES, stack_config
from liftlock.core.ledger import Json
from liftlock.core.project import PASSPHRASE
from liftlock_engine.backend import FileBackend
from liftlock_engine.files import write_atomically
from liftlock_engine.model import ConfigValue, StackName
from liftlock_engine.passphrase import Crypter, Sealed


@dataclass(frozen=True, slots=True)
class RunConfiguration:
    """path: the file that the run reads; None for the stack's own, where nothing changes. place: the stack's own."""

    path: Path | None
    place: Path

    @property
    def file(self) -> str | None:
        """The file as the CLI is given it."""
        return None if self.path is None else str(self.path)

    def commit(self) -> None:
        """Makes it the stack's configuration."""
        if self.path is not None:
            write_atomically(self.place, self.path.read_text(encoding="utf-8"))


@contextmanager
def prepared(
    settings: PulumiSettings, cli: Cli, name: StackName, values: Mapping[str, Json], secrets: Mapping[str, str], *, known: Mapping[str, str]
) -> Iterator[RunConfiguration]:
    """The configuration with these values. known: the secrets that the stack's own has. No secret is ever on a command line."""
    backend = FileBackend(settings.state)
    place = backend.config_path(name)
    with TemporaryDirectory(dir=settings.folder(name.stack), prefix="config-") as folder:
        path = Path(folder) / place.name
        if place.exists():
            shutil.copyfile(place, path)
        if settings.secrets_provider == PASSPHRASE:
            _write(FileBackend(settings.state, config_folder=Path(folder)), name, settings, values, secrets)
        else:
            _set(settings, cli, path, name, stack_config(values, secrets), known=known)
        changed = not place.exists() or path.read_bytes() != place.read_bytes()
        yield RunConfiguration(path if changed else None, place)


def _write(backend: FileBackend, name: StackName, settings: PulumiSettings, values: Mapping[str, Json], secrets: Mapping[str, str]) -> None:
    """In this process: the file's format and its encryption are the embedded engine's as well."""
    salt = backend.load(name, Sealed()).salt if settings.backend is None else ""
    crypter = Crypter(salt, settings.passphrase)
    backend.config(name, crypter)
    backend.save_config(name, stack_config(values, secrets), crypter)


def _set(
    settings: PulumiSettings, cli: Cli, path: Path, name: StackName, wanted: Mapping[str, ConfigValue], *, known: Mapping[str, str]
) -> None:
    """By the CLI, which alone reaches the key; what is set is told on its standard input."""
    path.touch()
    folder = settings.folder(name.stack)
    before = FileBackend(folder, config_folder=path.parent).config(name, Sealed()).get(VALUES)

    def tell(kind: str, key: str) -> None:
        words = ["config", "set", "--stack", name.stack, "--config-file", str(path), kind, key]
        hidden = [*settings.hidden.values(), wanted[key].value]
        asked(cli, words, folder, what=f"the configuration of {name}", hidden=hidden, said=wanted[key].value)

    if before is None or json.loads(before.value) != json.loads(wanted[VALUES].value):
        tell("--plaintext", VALUES)
    if known != json.loads(wanted[SECRETS].value):
        tell("--secret", SECRETS)
