"""History for people: the ledger as the forge has it now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from liftlock.core import history as told
from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError
from liftlock.core.ports import Ledger, Repository


class History:
    """Reads the ledger. Without a repository to fetch from it tells what is here.

    declared: the environments that the configuration has; asked for only where the ledger does not know one, so that a broken file
    does not hide what happened. None where nobody can say (a bare clone): then any name will do.
    """

    def __init__(
        self, ledger: Ledger, repository: Repository | None = None, *, declared: Callable[[], Iterable[str]] | None = None
    ) -> None:
        self._ledger = ledger
        self._repository = repository
        self._declared = declared

    def events(
        self, *, environment: str | None = None, service: str | None = None, limit: int | None = None, everything: bool = False
    ) -> Sequence[told.Event]:
        """What happened, newest first. UsageError for an environment that is neither on record nor declared."""
        self._fetch()
        records = self._ledger.records()
        if environment is not None:
            self._check(environment, {record.entry.environment for record in records})
        return told.history(records, environment=environment, service=service, limit=limit, everything=everything)

    def who_has(self, digest: str) -> Sequence[told.Holder]:
        """Where a digest runs; at least seven hex digits of it."""
        if len(digest.removeprefix("sha256:")) < 7:
            raise UsageError(f"{digest!r} is too short to name a digest", hint="give sha256: and at least seven hex digits")
        self._fetch()
        return told.who_has(self._ledger.records(), digest)

    def _check(self, environment: str, recorded: set[str]) -> None:
        if environment in recorded or self._declared is None:
            return
        known = recorded.union(self._declared())
        if environment not in known:
            raise UsageError(unknown("environment", environment, known), hint="liftlock history without --env shows everything")

    def _fetch(self) -> None:
        if self._repository is not None:
            self._repository.fetch()
