"""Records what was found out about a release in an environment, and lists what is on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from liftlock.core.config.text_rules import RELEASE_ID
from liftlock.core.errors import UsageError
from liftlock.core.evidence import Evidence, EvidenceKind, evidence_entry, read_evidence, running_release
from liftlock.core.ports import Clock, Identity, Ledger
from liftlock.core.project import Project


@dataclass(frozen=True, slots=True)
class ListedEvidence:
    """One finding. counts: whether it says anything now: it has not expired and its clock was right."""

    evidence: Evidence
    counts: bool


class EvidenceRecords:
    """The ledger's evidence."""

    def __init__(self, project: Project, ledger: Ledger, clock: Clock, fetch: Callable[[], None]) -> None:
        self._project, self._ledger, self._clock, self._fetch = project, ledger, clock, fetch

    def record(
        self,
        kind: EvidenceKind,
        environment: str,
        *,
        passed: bool,
        actor: Identity,
        release: str | None = None,
        url: str | None = None,
        expires_in: timedelta | None = None,
    ) -> Evidence:
        """Writes it down; release: what it is about, by default what the environment runs by its last deployment."""
        self._check(environment)
        _check_words(release, url)
        about = release or running_release(self._ledger.records(), environment)
        now = self._clock.now()
        entry = evidence_entry(kind, environment, about, passed=passed, actor=actor, at=now, url=url, expires_in=expires_in)
        added = self._ledger.append([entry])
        return read_evidence(added, max(self._clock.now(), now))[-1]

    def listed(self, environment: str) -> Sequence[ListedEvidence]:
        """Everything on record for the environment, newest first."""
        self._check(environment)
        now = self._clock.now()
        found = [item for item in read_evidence(self._ledger.records(), now) if item.environment == environment]
        return [ListedEvidence(item, item.counts(now)) for item in reversed(found)]

    def _check(self, environment: str) -> None:
        self._fetch()
        if self._project.stage(environment) is None:
            known = ", ".join(stage.environment for stage in self._project.pipeline)
            raise UsageError(f"{environment} is not in the pipeline", hint=f"liftlock.yaml lists: {known}")


def _check_words(release: str | None, url: str | None) -> None:
    """The ledger is for ever: nothing mistyped and no credentials get into it."""
    if release is not None and not RELEASE_ID.fits(release):
        raise UsageError(f"{release!r} is no release", hint="a release is named rel- and 16 hex digits: liftlock history shows them")
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable():
        raise UsageError("--url is no web address", hint="such as https://ci.example/runs/7")
    if parts.username is not None or parts.password is not None:
        raise UsageError("--url holds credentials, and the ledger is read by many", hint="give the address without them")
