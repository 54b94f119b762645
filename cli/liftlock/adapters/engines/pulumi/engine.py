"""The Engine port on the Pulumi CLI."""

from __future__ import annotations

import secrets as random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pulumi.automation.errors import CommandError, StackAlreadyExistsError

from liftlock.adapters.engines.embedded import OWNER_LABELS
from liftlock.adapters.engines.interrupts import interruptible
from liftlock.adapters.engines.pulumi.command import Cli, side_by_side
from liftlock.adapters.engines.pulumi.conducting import Conductor, Outcome
from liftlock.adapters.engines.pulumi.configuration import RunConfiguration, prepared
from liftlock.adapters.engines.pulumi.errors import translated
from liftlock.adapters.engines.pulumi.events import Account, EventLog
from liftlock.adapters.engines.pulumi.records import CliRecords, FileRecords, Records
from liftlock.adapters.engines.pulumi.runs import declared_by, observations, outputs_of, recorded, result_of
from liftlock.adapters.engines.pulumi.settings import NOTES, PulumiSettings
from liftlock.adapters.engines.pulumi.versions import InstalledCli, require
from liftlock.adapters.engines.pulumi.workspace import Program, write_project
from liftlock.adapters.engines.results import observation, stack_result, stop_if_asked
from liftlock.adapters.engines.telling import RunTeller
from liftlock.adapters.engines.values import hide
from liftlock.adapters.engines.wrapping import wrapped
from liftlock.core.errors import LiftlockError
from liftlock.core.ledger import Json
from liftlock.core.ports import Observation, Progress, StackResult, StackSummary
from liftlock.core.project import PASSPHRASE
from liftlock_engine import Engine as EmbeddedStacks
from liftlock_engine import Operation
from liftlock_engine.backend import FileBackend
from liftlock_engine.model import Snapshot, StackName
from liftlock_engine.passphrase import Crypter

_AT_ONCE = 16  # as the embedded engine; the CLI's own choice depends on the machine
_QUIET: dict[str, Any] = {"color": "never", "suppress_outputs": True, "suppress_progress": True, "parallel": _AT_ONCE}
_NO_LOOK = Account((), (), {}, "")


@dataclass(slots=True)
class PulumiEngine:
    """Engine port. The CLI is looked for when it is first needed: what only reads files works without it."""

    settings: PulumiSettings
    progress: Progress
    _records: Records = field(init=False, repr=False)
    _installed: InstalledCli | None = field(default=None, init=False, repr=False)
    _plugin: tuple[str, Path] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        kind = FileRecords if self.settings.backend is None else CliRecords
        self._records = kind(self.settings, self._open_cli)

    @property
    def name(self) -> str:
        """Such as `pulumi 3.256.0`."""
        return f"pulumi {self._cli().version}"

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        """What `up` would do."""
        began, hidden = time.monotonic(), self._hidden(secrets)
        with wrapped(hidden), interruptible() as cancel, self._with_stack(environment) as engine:
            show = _teller(self.progress, cancel, hidden)
            with engine.begin(environment, hidden, cancel) as run, engine.configured(run, values, secrets) as config:
                stack = run.stack()
                outcome = run.run(
                    lambda log: stack.preview(refresh=True, on_event=log.take, config_file=config.file, **_QUIET),
                    partial(EventLog, show, planning=True),
                )
            outputs = outputs_of(outcome.account) or {}
        return _result(Operation.PREVIEW, outcome, outputs, hidden, cancel, began)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        """Makes reality what the program declares."""
        began, hidden = time.monotonic(), self._hidden(secrets)
        with wrapped(hidden), interruptible(progress.stopping) as cancel, self.begin(environment, hidden, cancel) as run:
            self._require_free(environment)
            if not self._records.exists(environment):
                self._create(run)
            with self.configured(run, values, secrets) as config:
                stack = run.stack()
                outcome = run.run(
                    lambda log: stack.up(refresh=True, on_event=log.take, config_file=config.file, show_secrets=False, **_QUIET),
                    partial(EventLog, _teller(progress, cancel, hidden), begun=config.commit),
                )
            outputs = outputs_of(outcome.account)
            if outcome.succeeded:  # after a failure the state may be what cannot be had
                snapshot = self._records.snapshot(environment, clear=False)
                outputs = snapshot.outputs if outputs is None else outputs
                run.forget_unfinished(snapshot, progress.note)
        return _result(Operation.UP, outcome, outputs or {}, hidden, cancel, began)

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        """Removes everything of the stack, then the stack."""
        began = time.monotonic()
        if not self._records.exists(environment):
            return StackResult((), {}, {}, 0.0)
        hidden = self._hidden(self.secrets(environment))
        with wrapped(hidden), interruptible(progress.stopping) as cancel, self.begin(environment, hidden, cancel) as run:
            self._require_free(environment)
            stack = run.stack()
            outcome = run.run(
                lambda log: stack.destroy(on_event=log.take, show_secrets=False, **_QUIET),
                partial(EventLog, _teller(progress, cancel, hidden)),
            )
            if outcome.succeeded:
                self._remove(run)
        return _result(Operation.DESTROY, outcome, {}, hidden, cancel, began)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        """Every resource from three sides: the state, a preview without looking, and a look without a program, both at once."""
        exists, hidden = self._records.exists(environment), self._hidden(secrets)
        with wrapped(hidden), interruptible() as cancel, self._with_stack(environment) as engine:
            snapshot, show = self._records.snapshot(environment, clear=True), _teller(self.progress, cancel, hidden)
            with (
                engine.begin(environment, hidden, cancel) as run,
                engine.configured(run, values, secrets) as config,
                side_by_side(run.cli) as pool,
            ):
                stack = run.stack()
                more: dict[str, Any] = {"config_file": config.file, **_QUIET}
                looking = pool.submit(
                    run.run,
                    lambda log: stack.refresh(preview_only=True, on_event=log.take, show_secrets=False, **more),
                    partial(EventLog, show, planning=True),
                )
                planned = run.run(lambda log: stack.preview(on_event=log.take, **more), EventLog)
                looked = looking.result().account if exists else _NO_LOOK
        if not planned.succeeded:
            result = result_of(Operation.PREVIEW, planned.account, {}, succeeded=False, said=planned.said)
            raise LiftlockError(f"the program of {self._name(environment)} cannot be previewed: {hide(result.error, hidden.values())}")
        declared = declared_by(planned.account, recorded(snapshot))
        return [observation(item, hidden) for item in observations(snapshot, declared, looked)]

    def checksum(self, environment: str) -> str | None:
        """SHA-256 of the state."""
        return self._records.checksum(environment)

    def stack(self, environment: str) -> StackSummary | None:
        """The stack as recorded."""
        return self._records.stack(environment)

    def stacks(self) -> Sequence[StackSummary]:
        """Every stack of the project."""
        return self._records.stacks()

    def secrets(self, environment: str) -> Mapping[str, str]:
        """The secret configuration in clear."""
        return self._records.secrets(environment)

    @contextmanager
    def begin(self, environment: str, secrets: Mapping[str, str], cancel: threading.Event) -> Iterator[Conductor]:
        """What carries the stack's operations out."""
        from liftlock_stacks.environment import declare  # noqa: PLC0415 - loads Pulumi's Docker SDK

        cli, folder = self._open_cli(environment, cancel)
        what, program = f"the stack {self._name(environment)}", Program(declare)
        try:
            yield Conductor(cli, folder, environment, program, what, secrets.values(), cancel, self.progress.warn)
        finally:
            program.close()

    @contextmanager
    def configured(self, run: Conductor, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Iterator[RunConfiguration]:
        """The configuration of one run."""
        known = {} if self.settings.secrets_provider == PASSPHRASE else self.secrets(run.environment)
        with prepared(self.settings, run.cli, self._name(run.environment), values, secrets, known=known) as config:
            yield config

    @contextmanager
    def _with_stack(self, environment: str) -> Iterator[PulumiEngine]:
        """This engine where it has the stack; otherwise one that has an empty one, somewhere else, for as long as the block runs."""
        if self._records.exists(environment):
            yield self
            return
        word = random.token_hex(16)
        with TemporaryDirectory(prefix="liftlock-") as place:
            folder = Path(place)
            apart = replace(self.settings, state=folder / "state", work=folder, backend=None, secrets_provider=PASSPHRASE)
            engine = PulumiEngine(replace(apart, passphrase=lambda: word), self.progress)
            engine._installed, engine._plugin = self._cli(), self._docker_plugin()
            FileBackend(folder / "state").writer(self._name(environment), Crypter("", lambda: word)).write(Snapshot())
            yield engine

    def _hidden(self, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """What nothing that is said may show."""
        return {**secrets, **self.settings.hidden}

    def _create(self, run: Conductor) -> None:
        words = ["stack", "init", run.environment, "--no-select", "--secrets-provider", self.settings.secrets_provider]
        try:
            run.cli.ask(words, run.folder)
        except StackAlreadyExistsError:
            return
        except CommandError as err:
            raise translated(err, run.what, run.secrets) from err

    def _remove(self, run: Conductor) -> None:
        if self.settings.backend is None:
            EmbeddedStacks(FileBackend(self.settings.state), {}).remove(self._name(run.environment))
        else:
            run.ask("stack", "rm", "--yes", "--stack", run.environment)

    def _require_free(self, environment: str) -> None:
        """Before a process is started for nothing; the CLI looks again."""
        if self.settings.backend is None:
            FileBackend(self.settings.state).require_free(self._name(environment), self.progress.warn)

    def _open_cli(self, environment: str, cancel: threading.Event | None = None) -> tuple[Cli, Path]:
        """The CLI and the stack's work directory; without an environment the project's."""
        installed, folder = self._cli(), self.settings.folder(environment or "_project")
        self.settings.state.mkdir(parents=True, exist_ok=True)
        write_project(folder, self.settings.project, self.settings.state, self._docker_plugin())
        return Cli(installed.path, installed.version, self.settings.variables, cancel), folder

    def _cli(self) -> InstalledCli:
        if self._installed is None:
            self._installed = require(self.settings.work / NOTES, self.settings.cli)
        return self._installed

    def _docker_plugin(self) -> tuple[str, Path] | None:
        if self.settings.docker_plugin and self._plugin is None:
            from liftlock_engine.plugin.install import sdk_version, write_executable  # noqa: PLC0415 - only for runs

            folder = self.settings.work / "_plugin"
            folder.mkdir(parents=True, exist_ok=True)
            write_executable(folder, "docker", owner_labels=OWNER_LABELS)
            self._plugin = sdk_version("docker"), folder.resolve()
        return self._plugin

    def _name(self, environment: str) -> StackName:
        return StackName(self.settings.project, environment)


def _teller(progress: Progress, cancel: threading.Event, secrets: Mapping[str, str]) -> RunTeller:
    return RunTeller(progress, asked=cancel.is_set, clean=lambda text: hide(text, secrets.values()))


def _result(
    operation: Operation, outcome: Outcome, outputs: Mapping[str, Any], secrets: Mapping[str, str], cancel: threading.Event, began: float
) -> StackResult:
    result = result_of(operation, outcome.account, outputs, succeeded=outcome.succeeded, said=outcome.said)
    stop_if_asked(result, cancel)
    return stack_result(result, secrets, time.monotonic() - began)
