"""Which columns of a table agree with one another: a person's names with their address of e-mail, a city with its postal code. Pure.

A column that somebody gave a domain, that a reference leads to or from, or whose values must differ keeps a map of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from liftlock_datagen.classify.tokens import words_of
from liftlock_datagen.masking.transformers import Invented, Lead, Led, Transformer
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec

_FOLLOWERS: Mapping[Kind, frozenset[Kind]] = {
    Kind.EMAIL: frozenset({Kind.PERSON_NAME, Kind.GIVEN_NAME, Kind.FAMILY_NAME}),
    Kind.PERSON_NAME: frozenset({Kind.GIVEN_NAME, Kind.FAMILY_NAME}),
    Kind.POSTAL_CODE: frozenset({Kind.CITY, Kind.REGION, Kind.COUNTRY}),
}
_SHORTEST_NAME = 9  # below, a person's name is the family name alone


def agreeing(
    values: Mapping[str, ValueSpec], transformers: Mapping[str, Transformer], linked: Collection[str]
) -> Mapping[str, Transformer]:
    """The transformers of a table, with those that agree led by the value that they agree with. linked: columns of references."""
    made = {name: found for name, found in transformers.items() if isinstance(found, Invented) and values[name].rule is Rule.PSEUDONYM}
    followers = [name for name, found in made.items() if not found.unique and not values[name].domain and name not in linked]
    led: dict[str, Transformer] = {}
    for leader, following in _FOLLOWERS.items():
        leaders = [name for name, found in made.items() if found.kind is leader and name not in led and _can_lead(found)]
        chosen = {name: _leader(name, leaders) for name in followers if name not in led and made[name].kind in following}
        crowd = Counter((lead, made[name].kind) for name, lead in chosen.items())
        for name, lead in chosen.items():
            if lead is not None and crowd[lead, made[name].kind] == 1:
                led[name] = Led(made[name], Lead(lead, leader, made[lead].domain, made[lead].length))
    return {**transformers, **led}


def _can_lead(found: Invented) -> bool:
    """An address of e-mail always; else what is one of a list, so that others can be of the same entry."""
    if found.kind is Kind.EMAIL:
        return True
    return not found.unique and not (found.kind is Kind.PERSON_NAME and 0 < found.length < _SHORTEST_NAME)


def _leader(name: str, leaders: Collection[str]) -> str | None:
    """The one whose name begins most like it: ship_zip for ship_city. None where two do."""
    if len(leaders) == 1:
        return next(iter(leaders))
    alike = {leader: _common(words_of(name), words_of(leader)) for leader in leaders}
    best = [leader for leader, count in alike.items() if count == max(alike.values())]
    return best[0] if len(best) == 1 else None


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
