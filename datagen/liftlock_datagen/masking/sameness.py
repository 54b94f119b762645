"""Decides whether a finished copy is what a new run would make. Pure; facts.py and records.py read, second_run.py asks.

What costs least comes first, and the first difference is the answer: a copy whose source changed is not to pay for the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.masking.resuming import PartKey, Recorded, untouched


class Fact(StrEnum):
    """What a copy is a function of, or what it was when it was finished; in the order in which differences are told."""

    KEY = "key"
    SOURCE = "source"
    PROGRAM = "program"
    OPTIONS = "options"
    CLASSIFICATION = "classification"
    SOURCE_SCHEMA = "source schema"
    SOURCE_TABLE = "source table"
    SOURCE_SEQUENCES = "source sequences"
    COPY_SCHEMA = "copy schema"
    COPY_SEQUENCES = "copy sequences"


Facts = Mapping[tuple[Fact, str], str]
"""Kind and name (of a table; otherwise nothing) -> a mark: two marks that are alike are of the same."""

_SAID = {
    Fact.KEY: "it was made with another key",
    Fact.SOURCE: "it is a copy of another source",
    Fact.PROGRAM: "another version made it",
    Fact.OPTIONS: "it was made with other options",
    Fact.CLASSIFICATION: "the classification changed",
    Fact.SOURCE_SCHEMA: "the source's schema changed",
    Fact.SOURCE_TABLE: "{} was written to in the source",
    Fact.SOURCE_SEQUENCES: "a sequence of the source moved",
    Fact.COPY_SCHEMA: "the target's schema was changed",
    Fact.COPY_SEQUENCES: "a sequence of the target moved",
}


def other_fact(then: Facts, now: Facts) -> str:
    """The first fact that is no longer what it was, in words; nothing where all are."""
    for kind, said in _SAID.items():
        for name in sorted({name for of, name in (*then, *now) if of is kind}):
            if then.get((kind, name)) != now.get((kind, name)):
                return said.format(name)
    return ""


def other_part(planned: Mapping[PartKey, str], recorded: Iterable[Recorded]) -> str:
    """The first part that was copied in another way than is planned, or not at all; nothing where there is none. planned: recipes."""
    there = {one.key: one.recipe for one in recorded}
    for key in sorted({*planned, *there}, key=lambda key: (key.into, key.stored, key.first)):
        if planned.get(key) != there.get(key):
            return f"{key.stored} would be copied in another way"
    return ""


def touched(recorded: Iterable[Recorded], found: Callable[[TableName], Mapping[str, int]]) -> str:
    """The first table of the copy that does not hold just what was recorded, in words. found: how many rows each transaction wrote."""
    tables: dict[TableName, list[Recorded]] = {}
    for one in recorded:
        tables.setdefault(one.key.into, []).append(one)
    return next((f"somebody wrote to {into} in the target" for into in sorted(tables) if not untouched(tables[into], found)), "")


def in_order_of_reading(planned: Mapping[PartKey, int]) -> tuple[PartKey, ...]:
    """The parts as they are compared: small tables first, and of a large one its last pages, where new rows are.

    planned: the pages of the table that each is read from.
    """
    return tuple(sorted(planned, key=lambda key: (planned[key], key.stored, key.into, -key.first)))
