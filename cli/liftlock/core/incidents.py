"""Records that say that what was deployed before them was bad: rollbacks, hotfixes, vetoes, failed checks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.core.ledger import Entry, Fact


@dataclass(frozen=True, slots=True)
class Incident:
    """What it says is bad. release, digest: only where it is one that has these; None: whatever the environment runs."""

    kind: str
    release: str | None = None
    digest: str | None = None


_KINDS = frozenset({"rollback", "hotfix", "veto"})
_FACTS = {"rolled-back": "rollback", "hotfixed": "hotfix", "vetoed": "veto", **{kind: kind for kind in _KINDS}}
_CHECKS = frozenset({"health", "smoke-test"})
ACCUSING: frozenset[str] = frozenset({Fact.PROMOTED, "evidence", *_FACTS})
"""The facts whose records may say so."""


def incident_of(entry: Entry) -> Incident | None:
    """What the entry says against an earlier deployment; None where it says nothing of the kind."""
    details = entry.details if entry.fact in ACCUSING else {}
    if entry.fact == "evidence":
        failed = details.get("passed") is False and details.get("kind") in _CHECKS
        return Incident(f"failed {details['kind']}", entry.release) if failed else None
    kind = _FACTS.get(entry.fact, str(details.get("kind")) if entry.fact is Fact.PROMOTED else "")
    if kind == "veto":
        release, digest = details.get("release"), details.get("digest")
        return Incident(kind, str(release) if release else None, str(digest) if digest else None) if release or digest else None
    return Incident(kind) if kind in _KINDS else None
