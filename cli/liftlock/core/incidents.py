"""Records that say that what was deployed before them was bad: rollbacks, hotfixes, vetoes, failed checks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.ledger_details import may_hold


@dataclass(frozen=True, slots=True)
class Incident:
    """What it says is bad. release, digest: only where it is one that has these; None: whatever the environment runs."""

    kind: str
    release: str | None = None
    digest: str | None = None


_KINDS = frozenset({"rollback", "hotfix", "veto"})
_FACTS = {"rolled-back": "rollback", "hotfixed": "hotfix", "vetoed": "veto", **{kind: kind for kind in _KINDS}}
_LANES = (b"rollback", b"hotfix")
_CHECKS = frozenset({"health", "smoke-test"})
ACCUSING: frozenset[str] = frozenset({Fact.PROMOTED, Fact.EVIDENCE, Fact.POLICY_CHANGED, *_FACTS})
"""The facts whose records may say so."""


def incident_of(entry: Entry) -> Incident | None:
    """What the entry says against an earlier deployment; None where it says nothing of the kind."""
    fact: str = entry.fact
    if fact not in ACCUSING or (entry.fact is Fact.PROMOTED and not may_hold(entry.details, _LANES)):
        return None
    details = entry.details
    if fact == Fact.EVIDENCE:
        failed = details.get("passed") is False and details.get("kind") in _CHECKS
        return Incident(f"failed {details['kind']}", entry.release) if failed else None
    if fact == Fact.POLICY_CHANGED:
        return _vetoed(details.get("rules"))
    kind = _FACTS.get(entry.fact, str(details.get("kind")) if entry.fact is Fact.PROMOTED else "")
    if kind == "veto":
        release, digest = details.get("release"), details.get("digest")
        return Incident(kind, str(release) if release else None, str(digest) if digest else None) if release or digest else None
    return Incident(kind) if kind in _KINDS else None


def _vetoed(rules: Json) -> Incident | None:
    """The first veto that a change of policy set. The rules' values are YAML text."""
    for rule in rules if isinstance(rules, list) else []:
        added = rule.get("add") if isinstance(rule, dict) else None
        if isinstance(added, dict) and added.get("kind") == "vetoes":
            release, digest = (str(added.get(key, "")).strip("\"'") or None for key in ("release", "digest"))
            return Incident("veto", release, digest) if release or digest else None
    return None
