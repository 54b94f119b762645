"""What is recorded of the stacks, wherever that is: from the files where they are ours to read, otherwise through the CLI."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pulumi.automation.errors import CommandError, StackNotFoundError

from liftlock.adapters.engines.pulumi.asking import asked
from liftlock.adapters.engines.pulumi.command import Cli
from liftlock.adapters.engines.pulumi.errors import translated
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.adapters.engines.recorded import SECRETS, RecordedStacks, read_sealed, summary
from liftlock.adapters.engines.wrapping import wrapped
from liftlock.core.ports import StackSummary
from liftlock.core.project import PASSPHRASE
from liftlock_engine.backend import FileBackend
from liftlock_engine.checkpoint import read_document
from liftlock_engine.model import Snapshot, StackName
from liftlock_engine.passphrase import Crypter, Sealed

_NEVER_DEPLOYED = "no previous deployment"


class Records(Protocol):
    """The looking half of the Engine port, and what a run needs besides."""

    def checksum(self, environment: str) -> str | None: ...

    def stack(self, environment: str) -> StackSummary | None: ...

    def stacks(self) -> Sequence[StackSummary]: ...

    def secrets(self, environment: str) -> Mapping[str, str]: ...

    def exists(self, environment: str) -> bool:
        """Whether the backend has the stack."""
        ...

    def snapshot(self, environment: str, *, clear: bool) -> Snapshot:
        """The recorded state. clear: secrets can be compared; otherwise each is `[secret]`."""
        ...


def read_secrets(settings: PulumiSettings, cli: Cli, folder: Path, environment: str) -> Mapping[str, str]:
    """The stack's secret configuration by the CLI, for who has no key; none where no run has given it one yet."""
    if SECRETS not in FileBackend(settings.state).config(StackName(settings.project, environment), Sealed()):
        return {}
    words, what = ["config", "get", SECRETS, "--stack", environment], f"the stack {settings.project}/{environment}"
    found: dict[str, str] = json.loads(asked(cli, words, folder, what=what, hidden=settings.hidden.values()))
    return found


@dataclass(frozen=True, slots=True)
class FileRecords:
    """In the folder `state`, as the embedded engine keeps them. No process is started to look, unless somebody else keeps the key."""

    settings: PulumiSettings
    open: Callable[[str], tuple[Cli, Path]]

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the state file."""
        return self._files.checksum(environment)

    def stack(self, environment: str) -> StackSummary | None:
        """The stack as recorded."""
        return self._files.stack(environment)

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project."""
        return self._files.stacks()

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The secret configuration in clear."""
        if self.settings.secrets_provider == PASSPHRASE or not self.exists(environment):
            return self._files.secrets(environment)
        return read_secrets(self.settings, *self.open(environment), environment)

    def exists(self, environment: str) -> bool:
        """Whether there is a state file."""
        return self._files.backend.exists(self._files.stack_name(environment))

    def snapshot(self, environment: str, *, clear: bool) -> Snapshot:
        """The recorded state; empty where there is none."""
        name = self._files.stack_name(environment)
        path = self._files.backend.state_path(name)
        if not path.exists():
            return Snapshot()
        if clear and self.settings.secrets_provider != PASSPHRASE:
            return export(self.settings, *self.open(environment), environment)
        with wrapped():
            if clear:
                return self._files.backend.load(name, Crypter("", self.settings.passphrase))
            return read_sealed(path.read_text(encoding="utf-8"), where=str(path))

    @property
    def _files(self) -> RecordedStacks:
        return RecordedStacks(self.settings.project, self.settings.state, self.settings.passphrase)


class CliRecords:
    """In a backend that only the CLI reaches. The configuration is the last deployment's, brought into the folder `state`."""

    def __init__(self, settings: PulumiSettings, open_cli: Callable[[str], tuple[Cli, Path]]) -> None:
        self._settings, self._open = settings, open_cli
        self._brought: set[str] = set()

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the state as the backend gives it."""
        text = self._export(environment)
        return None if text is None else hashlib.sha256(text.encode()).hexdigest()

    def stack(self, environment: str) -> StackSummary | None:
        """The stack as recorded."""
        text = self._export(environment)
        if text is None:
            return None
        self._bring(environment)
        made = (json.loads(text).get("deployment") or {}).get("manifest", {}).get("time")
        with wrapped():
            config = FileBackend(self._settings.state).config(self._name(environment), Sealed())
            return summary(environment, read_sealed(as_checkpoint(text), where=environment), config, _moment(made))

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project."""
        cli, folder = self._open("")
        listed: list[dict[str, Any]] = json.loads(
            asked(cli, ["stack", "ls", "--json"], folder, what="the state", hidden=self._settings.hidden.values())
        )
        names = sorted(str(item["name"]).rpartition("/")[2] for item in listed)
        return [found for name in names if (found := self.stack(name)) is not None]

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The secret configuration in clear."""
        if not self.exists(environment):
            return {}
        self._bring(environment)
        if self._settings.secrets_provider != PASSPHRASE:
            return read_secrets(self._settings, *self._open(environment), environment)
        return RecordedStacks(self._settings.project, self._settings.state, self._settings.passphrase).secrets(environment)

    def exists(self, environment: str) -> bool:
        """Whether the backend has the stack."""
        return self._export(environment) is not None

    def snapshot(self, environment: str, *, clear: bool) -> Snapshot:
        """The recorded state; empty where there is none."""
        if not clear:
            text = self._export(environment)
            return Snapshot() if text is None else read_sealed(as_checkpoint(text), where=environment)
        return export(self._settings, *self._open(environment), environment) if self.exists(environment) else Snapshot()

    def _export(self, environment: str) -> str | None:
        cli, folder = self._open(environment)
        try:
            return cli.ask(["stack", "export", "--stack", environment], folder).stdout
        except StackNotFoundError:
            return None
        except CommandError as err:
            raise translated(err, f"the stack {self._name(environment)}", self._settings.hidden.values()) from err

    def _bring(self, environment: str) -> None:
        """The configuration of the last deployment, whoever made it and wherever; once per command. A stack may have had none yet."""
        if environment in self._brought:
            return
        cli, folder = self._open(environment)
        try:
            cli.ask(["config", "refresh", "--force", "--stack", environment], folder)
        except CommandError as err:
            if _NEVER_DEPLOYED not in str(err):
                raise translated(err, f"the stack {self._name(environment)}", self._settings.hidden.values()) from err
        self._brought.add(environment)

    def _name(self, environment: str) -> StackName:
        return StackName(self._settings.project, environment)


def export(settings: PulumiSettings, cli: Cli, folder: Path, environment: str) -> Snapshot:
    """The state through the CLI with the secrets, which stay in memory."""
    words, what = ["stack", "export", "--stack", environment, "--show-secrets"], f"the stack {settings.project}/{environment}"
    text = asked(cli, words, folder, what=what, hidden=settings.hidden.values())
    return read_document(as_checkpoint(text, keeper=False), Sealed(), where=environment)


def as_checkpoint(text: str, *, keeper: bool = True) -> str:
    """What `stack export` gives, as the file backend keeps it."""
    document = json.loads(text)
    latest = document.get("deployment") or {}
    if not keeper:
        latest.pop("secrets_providers", None)
    return json.dumps({"version": document["version"], "checkpoint": {"latest": latest}})


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
