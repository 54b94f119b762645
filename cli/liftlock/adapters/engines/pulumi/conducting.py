"""Carries one operation out: retries after a dead run's lock, and holds the CLI to account for what it told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import Stack
from pulumi.automation.errors import CommandError

from liftlock.adapters.engines.pulumi.asking import asked
from liftlock.adapters.engines.pulumi.command import Cli
from liftlock.adapters.engines.pulumi.errors import clean, holders, is_stranded, last_words, translated, way_out
from liftlock.adapters.engines.pulumi.events import Account, EventLog, cut_off
from liftlock.adapters.engines.pulumi.workspace import Program, open_stack
from liftlock.adapters.engines.telling import short_name
from liftlock.core.errors import LiftlockError
from liftlock_engine.model import PendingKind, Snapshot


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that began. said: the CLI's last words where it failed."""

    account: Account
    succeeded: bool
    said: str


@dataclass(frozen=True, slots=True)
class Conductor:
    """Runs operations of one stack. what: such as `the stack shop/dev`. report: told of a lock that was freed."""

    cli: Cli
    folder: Path
    environment: str
    program: Program
    what: str
    secrets: Collection[str]
    cancel: threading.Event
    report: Callable[[str], None]

    def stack(self) -> Stack:
        """The stack with the environment program, as the Automation API works with it."""
        return open_stack(self.environment, self.folder, self.cli, self.program)

    def ask(self, *words: str) -> None:
        """One command beside the operations."""
        asked(self.cli, words, self.folder, what=self.what, hidden=self.secrets)

    def run(self, operate: Callable[[EventLog], object], open_log: Callable[[], EventLog]) -> Outcome:
        """The operation's outcome. LiftlockError where it did not begin, or where what it told is not whole."""
        try:
            return self._try(operate, open_log())
        except _StrandedError as stranded:
            self.ask("cancel", "--yes", "--stack", self.environment)
            self.report(f"removed the lock of a run that is gone ({stranded})")
        try:
            return self._try(operate, open_log())
        except _StrandedError as stranded:
            raise translated(stranded.error, self.what, self.secrets) from stranded.error

    def forget_unfinished(self, snapshot: Snapshot, note: Callable[[str], None]) -> None:
        """What a killed run was making is recorded once another run went well, and the CLI alone never forgets that it was begun."""
        unfinished = [short_name(operation.state.urn) for operation in snapshot.pending if operation.kind is PendingKind.CREATING]
        if unfinished:
            note(cut_off(unfinished))
            # The preview of a refresh changes nothing besides.
            self.ask("refresh", "--clear-pending-creates", "--preview-only", "--stack", self.environment)

    def _try(self, operate: Callable[[EventLog], object], log: EventLog) -> Outcome:
        said = ""
        try:
            operate(log)
        except CommandError as err:
            if self.cancel.is_set():
                raise KeyboardInterrupt from err
            if not log.heard and is_stranded(err):
                raise _StrandedError(err) from err
            if not log.heard:
                raise translated(err, self.what, self.secrets) from err
            said = clean(last_words(err), self.secrets)
        account = log.account(whole=not said)
        if account.gap:
            hint = way_out(account.gap) or "liftlock drift looks at what is there"
            raise LiftlockError(f"{self.what}: {account.gap}, so nothing is said of the run", hint=hint)
        return Outcome(account, not said, said)


class _StrandedError(Exception):
    """A lock is in the way whose owner is dead; never leaves this module."""

    def __init__(self, error: CommandError) -> None:
        super().__init__(", ".join(str(holder) for holder in holders(error)))
        self.error = error
