"""History for people: the ledger as the forge has it now."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.core import history as told
from liftlock.core.errors import UsageError
from liftlock.core.ports import Ledger, Repository


class History:
    """Reads the ledger. Without a repository to fetch from it tells what is here."""

    def __init__(self, ledger: Ledger, repository: Repository | None = None) -> None:
        self._ledger = ledger
        self._repository = repository

    def events(
        self, *, environment: str | None = None, service: str | None = None, limit: int | None = None, everything: bool = False
    ) -> Sequence[told.Event]:
        """What happened, newest first."""
        self._fetch()
        return told.history(self._ledger.records(), environment=environment, service=service, limit=limit, everything=everything)

    def who_has(self, digest: str) -> Sequence[told.Holder]:
        """Where a digest runs; at least seven hex digits of it."""
        if len(digest.removeprefix("sha256:")) < 7:
            raise UsageError(f"{digest!r} is too short to name a digest", hint="give sha256: and at least seven hex digits")
        self._fetch()
        return told.who_has(self._ledger.records(), digest)

    def _fetch(self) -> None:
        if self._repository is not None:
            self._repository.fetch()
