"""What is recorded of a project's stacks, read from the files of the file backend: the same for every engine that keeps its state there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liftlock.adapters.engines.values import masked
from liftlock.adapters.engines.wrapping import wrapped
from liftlock.core.ledger import Json
from liftlock.core.ports import StackSummary
from liftlock_engine.backend import FileBackend
from liftlock_engine.checkpoint import read_document
from liftlock_engine.model import ConfigValue, Snapshot, StackName
from liftlock_engine.passphrase import Crypter, Sealed

_PASSPHRASE = re.compile(r'"type":\s*"passphrase"')
VALUES, SECRETS = "liftlock:environment", "liftlock:secrets"


@dataclass(slots=True)
class RecordedStacks:
    """The looking half of the Engine port. state: root of the file backend; passphrase: asked for only where something is secret."""

    project: str
    state: Path
    passphrase: Callable[[], str]

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the state file."""
        try:
            return hashlib.sha256(self.backend.state_path(self.stack_name(environment)).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None

    def stack(self, environment: str) -> StackSummary | None:
        """The stack as recorded; needs no passphrase."""
        name = self.stack_name(environment)
        path = self.backend.state_path(name)
        if not path.exists():
            return None
        with wrapped():
            config = self.backend.config(name, Sealed())
            snapshot = read_sealed(path.read_text(encoding="utf-8"), where=str(path))
        return summary(environment, snapshot, config, datetime.fromtimestamp(path.stat().st_mtime, UTC))

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project."""
        names = [name.stack for name in self.backend.stacks(self.project)]
        return [found for name in names if (found := self.stack(name)) is not None]

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The secret configuration in clear."""
        with wrapped():
            config = self.backend.config(self.stack_name(environment), Crypter("", self.passphrase))
        found: dict[str, str] = json.loads(config[SECRETS].value) if SECRETS in config else {}
        return found

    @property
    def backend(self) -> FileBackend:
        """Where the state lies."""
        return FileBackend(self.state)

    def stack_name(self, environment: str) -> StackName:
        """The environment's stack."""
        return StackName(self.project, environment)


def stack_config(values: Mapping[str, Json], secrets: Mapping[str, str]) -> dict[str, ConfigValue]:
    """What the environment program is given."""
    return {
        VALUES: ConfigValue(json.dumps(values, sort_keys=True)),
        SECRETS: ConfigValue(json.dumps(secrets, sort_keys=True), secret=True),
    }


def read_sealed(text: str, *, where: str) -> Snapshot:
    """A checkpoint file's state with every secret as `[secret]`, whoever keeps the key."""
    if '"secrets_providers"' in text and not _PASSPHRASE.search(text):
        text = _without_keeper(text)
    return read_document(text, Sealed(), where=where)


def _without_keeper(text: str) -> str:
    """The checkpoint without the word of who keeps its key, which nobody needs who only looks."""
    try:
        document = json.loads(text)
        document["checkpoint"]["latest"].pop("secrets_providers", None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text
    return json.dumps(document)


def summary(environment: str, snapshot: Snapshot, config: Mapping[str, ConfigValue], updated: datetime | None) -> StackSummary:
    """A stack as others see it."""
    return StackSummary(
        environment,
        json.loads(config[VALUES].value) if VALUES in config else {},
        {key: masked(value) for key, value in snapshot.outputs.items()},
        updated,
        resources=sum(state.managed for state in snapshot.resources),
        objects=frozenset(str(state.inputs["name"]) for state in snapshot.resources if "name" in state.inputs),
    )
