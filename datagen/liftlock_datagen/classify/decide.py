"""From what names, types and values say to one proposal. In doubt for the more sensitive kind, and in great doubt a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock_datagen.classify.model import Candidate, Decision, Undecided
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec
from liftlock_datagen.spec.rules import SENSITIVE

SENSITIVE_FROM = 0.6
"""From here on a sensitive kind is proposed: to be wrong costs realism."""
PLAIN_FROM = 0.65
"""From here on a kind that says nothing of anybody is proposed: to be wrong is a leak."""
PLAIN_UNSEEN_FROM = 0.75
"""The same for a text of which no value was seen: less evidence never gives a laxer answer."""
DOUBT_FROM = 0.4
"""A sensitive candidate as likely as this makes a kept column a question for a person, unless that one is clearly likelier."""
_CLEARLY = 0.25
_SHOWN = 3


class Family(StrEnum):
    """What a type is made of, as far as rules depend on it."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    PLACE = "place"
    SEARCH = "search"
    OPAQUE = "opaque"  # of parts, or brought by an extension: no rule looks inside
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule for a kind depends on beside the kind. unique: alone in a unique index. seen: values were looked at."""

    nullable: bool = True
    unique: bool = False
    family: Family = Family.TEXT
    seen: bool = True


def combine(*groups: Iterable[Candidate]) -> list[Candidate]:
    """Candidates of several sources as one list, the likeliest first. Sources that agree make each other surer."""
    found: dict[Kind, Candidate] = {}
    for candidate in (item for group in groups for item in group):
        before = found.get(candidate.kind)
        if before is None:
            found[candidate.kind] = candidate
            continue
        sure = 1 - (1 - before.confidence) * (1 - candidate.confidence)
        found[candidate.kind] = Candidate(candidate.kind, round(min(sure, 0.99), 3), f"{before.reason}; {candidate.reason}")
    return sorted(found.values(), key=lambda item: (-item.confidence, item.kind not in SENSITIVE, item.kind))


def decide(candidates: Sequence[Candidate], facts: Facts) -> Decision:
    """The likeliest kind with its rule, or what a person has to choose from."""
    if not candidates:
        return Undecided((), "neither its name nor its type says what it holds")
    best = candidates[0]
    doubt = next((item for item in candidates[1:] if item.kind in SENSITIVE and item.confidence >= DOUBT_FROM), None)
    if best.kind in SENSITIVE and best.confidence >= SENSITIVE_FROM:
        return value_of(best, facts)
    enough = PLAIN_FROM if facts.seen or facts.family is not Family.TEXT else PLAIN_UNSEEN_FROM
    if best.kind not in SENSITIVE and best.confidence >= enough and (doubt is None or best.confidence - doubt.confidence >= _CLEARLY):
        return value_of(best, facts)
    reason = f"it may be {doubt.kind.value}" if doubt is not None and best.kind not in SENSITIVE else "nothing says it clearly"
    return Undecided(tuple(value_of(item, facts) for item in candidates[:_SHOWN]), reason)


def value_of(candidate: Candidate, facts: Facts) -> ValueSpec:
    """The candidate with the rule that its kind is best served by."""
    rule, options = _rule(candidate.kind, facts)
    return ValueSpec(candidate.kind, rule, options=options, confidence=candidate.confidence, reason=candidate.reason)


def _rule(kind: Kind, facts: Facts) -> tuple[Rule, dict[str, str]]:
    if kind not in SENSITIVE or kind in {Kind.COUNTRY, Kind.REGION, Kind.GENDER}:
        return Rule.KEEP, {}
    emptied = {"value": "(0,0)" if kind is Kind.COORDINATES else "{}"}
    match kind, facts.family:
        case ((Kind.BIRTH_DATE | Kind.COORDINATES), (Family.DATE | Family.NUMBER)):
            return Rule.GENERALISE, {"to": _COARSE.get((kind, facts.family), "1")}
        case (_, Family.SEARCH) | (Kind.COORDINATES, Family.PLACE) | (Kind.DOCUMENT, _):
            return (Rule.EMPTY, {}) if facts.nullable else (Rule.CONSTANT, emptied)
        case (_, Family.OPAQUE) | ((Kind.HEALTH | Kind.FILE), _):
            return (Rule.EMPTY if facts.nullable else Rule.SYNTHETIC), {}
        case Kind.PASSWORD, _:
            return Rule.SYNTHETIC, {}
        case ((Kind.SECRET | Kind.FREE_TEXT | Kind.COORDINATES | Kind.BIRTH_DATE), _):
            return (Rule.PSEUDONYM if facts.unique else Rule.SYNTHETIC), {}
    return Rule.PSEUDONYM, {}


_COARSE = {
    (Kind.BIRTH_DATE, Family.DATE): "year",
    (Kind.BIRTH_DATE, Family.NUMBER): "5",
    (Kind.COORDINATES, Family.NUMBER): "1",
}
