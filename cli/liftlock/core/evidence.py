"""Evidence: what somebody or something found out about a release in an environment, read from the ledger. Pure.

It is bound to the environment and to the release's name, so another image, configuration or data voids it. Expired evidence, and
evidence whose record says that it comes from the future, does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftlock.core.errors import UsageError
from liftlock.core.ledger import Entry, Fact, Json, Record
from liftlock.core.ports import Identity
from liftlock.core.record_times import believed_times


class EvidenceKind(StrEnum):
    """What can be found out."""

    SMOKE_TEST = "smoke-test"
    JUDGEMENT = "judgement"
    HEALTH = "health"
    CHECK = "check"
    ATTESTATION = "attestation"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding. at: the time that counts, None where the record comes from the future. url: where it can be read.

    plan: the promotion plan that it is about, if it is about one. record: its place in the ledger.
    """

    kind: EvidenceKind
    release: str
    environment: str
    passed: bool
    at: datetime | None
    by: str
    url: str | None
    expires: datetime | None
    plan: str | None
    record: int

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def counts(self, now: datetime) -> bool:
        """Whether it says anything now."""
        return self.at is not None and not self.expired(now)

    def __str__(self) -> str:
        said = "passed" if self.passed else "failed"
        where = f"ledger #{self.record}: {self.kind.value} {said} in {self.environment} for {self.release}"
        until = f", until {self.expires.isoformat()}" if self.expires else ""
        return f"{where}, by {self.by}{until}{f', {self.url}' if self.url else ''}"


def read_evidence(records: Iterable[Record], now: datetime) -> tuple[Evidence, ...]:
    """All evidence on record, oldest first. What is not well formed is none."""
    timed = believed_times(records, now)
    found = (_evidence(record, at) for record, at in timed if record.entry.fact is Fact.EVIDENCE)
    return tuple(item for item in found if item is not None)


def latest(evidence: Sequence[Evidence], kind: EvidenceKind, environment: str, release: str) -> Evidence | None:
    """The last word on the release there."""
    wanted = (kind, environment, release)
    return next((item for item in reversed(evidence) if (item.kind, item.environment, item.release) == wanted), None)


def evidence_entry(
    kind: EvidenceKind,
    environment: str,
    release: str,
    *,
    passed: bool,
    actor: Identity,
    at: datetime,
    url: str | None = None,
    expires_in: timedelta | None = None,
    plan: str | None = None,
) -> Entry:
    """What is written down."""
    details: dict[str, Json] = {"kind": kind.value, "passed": passed}
    optional = {"url": url, "expires": (at + expires_in).isoformat() if expires_in else None, "plan": plan}
    details |= {name: value for name, value in optional.items() if value is not None}
    return Entry(Fact.EVIDENCE, environment, str(actor), at, release, details)


def running_release(records: Sequence[Record], environment: str) -> str:
    """What the environment runs by its last deployment on record; UsageError where there is none, or where it failed."""
    about = {Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.DESTROYED, Fact.BRANCH_DOWN}
    last = next((r.entry for r in reversed(records) if r.entry.environment == environment and r.entry.fact in about), None)
    if last is None or last.release is None or last.fact in (Fact.DESTROYED, Fact.BRANCH_DOWN):
        raise UsageError(f"nothing is on record as running in {environment}", hint=f"run: liftlock env up {environment}, or say --release")
    if last.fact is Fact.DEPLOY_FAILED:
        raise UsageError(f"the last deployment of {environment} failed", hint=f"run: liftlock env up {environment}, or say --release")
    return last.release


def _evidence(record: Record, at: datetime | None) -> Evidence | None:
    entry, details = record.entry, record.entry.details
    passed = details.get("passed")
    try:
        kind = EvidenceKind(str(details.get("kind")))
        expires = _moment(details.get("expires"))
    except ValueError:
        return None
    if entry.release is None or not isinstance(passed, bool):
        return None
    return Evidence(
        kind=kind,
        release=entry.release,
        environment=entry.environment,
        passed=passed,
        at=at,
        by=entry.actor,
        url=_text(details, "url"),
        expires=expires,
        plan=_text(details, "plan"),
        record=record.sequence,
    )


def _moment(value: Json) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _text(details: Mapping[str, Json], key: str) -> str | None:
    value = details.get(key)
    return value if isinstance(value, str) else None
