"""What a deployment leaves in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.environment import Environment
from liftlock.core.ledger import Entry, Fact, Json, Record
from liftlock.core.ports import Identity
from liftlock.core.stack import Lease

OUTCOMES = frozenset({Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.VERIFIED, Fact.DESTROYED, Fact.BRANCH_DOWN})


@dataclass(frozen=True, slots=True)
class Source:
    """Which state of the environments repository was deployed; dirty says that the work tree held more than the commit."""

    commit: str
    dirty: bool


def entries_for(
    environment: Environment,
    *,
    failures: Mapping[str, str],
    actor: Identity,
    at: datetime,
    source: Source,
    engine: str,
    seconds: float,
    lease: Lease | None,
) -> tuple[Entry, ...]:
    """Deployed and verified, or failed with the reasons. Only what succeeded whole is evidence for a promotion."""
    details: dict[str, Json] = {
        "services": {service.name: str(service.image) for service in environment.services},
        "config": environment.config,
        "data": environment.data,
        "common": environment.common,
        "commit": source.commit,
        "dirty": source.dirty,
        "engine": engine,
        "seconds": round(seconds, 3),
    }
    if lease is not None:
        details |= {"branch": lease.branch, "owner": lease.owner}

    def entry(fact: Fact, extra: Mapping[str, Json]) -> Entry:
        return Entry(fact, environment.name, str(actor), at, environment.release_id, {**details, **extra})

    if failures:
        # The first line says what failed; the log lines behind it may hold anything, and the ledger is for ever.
        reasons: dict[str, Json] = {name: reason.partition("\n")[0] for name, reason in failures.items()}
        return (entry(Fact.DEPLOY_FAILED, {"failures": reasons}),)
    return entry(Fact.DEPLOYED, {}), entry(Fact.VERIFIED, {})


def removal_entry(environment: str, lease: Lease | None, *, actor: Identity, at: datetime) -> Entry:
    """An environment is gone: what it proved before is no evidence any more."""
    if lease is None:
        return Entry(Fact.DESTROYED, environment, str(actor), at)
    return Entry(Fact.BRANCH_DOWN, environment, str(actor), at, None, {"branch": lease.branch})


def needs_record(records: Sequence[Record], environment: str, release: str) -> bool:
    """Whether the ledger's last word on the environment is anything but: this release is verified here."""
    last = next((r.entry for r in reversed(records) if r.entry.environment == environment and r.entry.fact in OUTCOMES), None)
    return last is None or last.fact is not Fact.VERIFIED or last.release != release
