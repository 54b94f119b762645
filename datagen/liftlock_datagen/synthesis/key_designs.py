"""How the rows of a table come to differ where a unique index asks it: a closed set of frozen data, decided in keys."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock_datagen.errors import Problem
from liftlock_datagen.synthesis.differences import Differences


@dataclass(frozen=True, slots=True)
class SoleColumn:
    """The column differs in every row."""

    column: str


@dataclass(frozen=True, slots=True)
class SoleLink:
    """Every row has a parent row of its own."""

    link: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """Rows are grouped by the parent of `driver`; within a group the other links and columns together differ."""

    driver: str
    links: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digits:
    """The columns together spell a number that differs in every row."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstOnly:
    """Of each parent's rows only the first has `value` in `column`, the rest have one of the others: what a partial unique index asks."""

    driver: str
    column: str
    value: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstNull:
    """Of each parent's rows only the first has no `column`, or only the first has one."""

    driver: str
    column: str
    null: bool


KeyDesign = SoleColumn | SoleLink | Grouped | Digits | FirstOnly | FirstNull


@dataclass(frozen=True, slots=True)
class KeyDesigns:
    """How each difference of a table is met."""

    designs: tuple[KeyDesign, ...]
    problems: tuple[Problem, ...]
    differences: Differences
