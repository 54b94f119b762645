"""History for people: the ledger as the forge has it now, and the release files that say what its images are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from liftlock.core import history as told
from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError
from liftlock.core.ledger_chain import environments_of
from liftlock.core.ports import Ledger
from liftlock.core.ports.past import Past
from liftlock.services.origins import origins_of


class History:
    """Reads the ledger.

    declared: the environments that the configuration has; asked for only where the ledger does not know one, so that a broken file
    does not hide what happened. None where nobody can say (a bare clone): then any name will do.
    """

    def __init__(self, ledger: Ledger, past: Past, *, declared: Callable[[], Iterable[str]] | None = None) -> None:
        self._ledger, self._past, self._declared = ledger, past, declared

    def events(self, wanted: told.Filter) -> Sequence[told.Event]:
        """What happened, newest first. UsageError for an environment that is neither on record nor declared."""
        self._past.fetch()
        records = self._ledger.records()
        if wanted.environment is not None:
            self._check(wanted.environment, environments_of(records))
        return told.history(records, wanted)

    def who_has(self, wanted: str) -> Sequence[told.Holder]:
        """Where an image runs: by its digest (at least seven hex digits of it), its tag, or its source commit (likewise)."""
        if wanted.startswith("sha256:") and len(wanted.removeprefix("sha256:")) < 7:
            raise UsageError(f"{wanted!r} is too short to name a digest", hint="give sha256: and at least seven hex digits")
        self._past.fetch()
        records = self._ledger.records()
        running = told.running(records)
        return told.who_has(running, wanted.rpartition("@")[2], origins_of(records, running, self._past))

    def _check(self, environment: str, recorded: frozenset[str]) -> None:
        if environment in recorded or self._declared is None:
            return
        known = recorded.union(self._declared())
        if environment not in known:
            raise UsageError(unknown("environment", environment, known), hint="liftlock history without --env shows everything")
