"""Decides for every unique index how its rows come to differ: by construction, never by retrying. Pure, and before row counts are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from liftlock_datagen.catalog.model import ForeignKey, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.differences import Difference, Differences
from liftlock_datagen.synthesis.expressions import (
    ColumnUse,
    Compare,
    Constant,
    Every,
    Expression,
    Membership,
    Negation,
    NullTest,
    UnreadableExpressionError,
)
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.key_designs import Digits, FirstNull, FirstOnly, Grouped, KeyDesign, KeyDesigns, SoleColumn, SoleLink
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.links import TableLinks
from liftlock_datagen.synthesis.read_expressions import read_expression
from liftlock_datagen.synthesis.subjects import Choice, is_wide

UniqueChoice = Callable[[str], Choice | Problem]


@dataclass
class _Draft:
    """What the keys looked at so far have fixed."""

    designs: list[KeyDesign] = field(default_factory=list)
    covered: list[frozenset[str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)  # columns and links whose values a design decides
    problems: list[Problem] = field(default_factory=list)

    def add(self, design: KeyDesign, covers: frozenset[str] | None, *taken: str) -> None:
        """covers: columns that are now unique together, so that every key with all of them is met too."""
        self.designs.append(design)
        self.taken.update(taken)
        if covers is not None:
            self.covered.append(covers)


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """What is known of the columns. joint: those that CHECKs tie together, so that no partial index decides them."""

    table: Table
    links: TableLinks
    limits: Mapping[str, Limits]
    unique_choice: UniqueChoice
    joint: frozenset[str]


def design_keys(differences: Differences, known: KeyColumns) -> KeyDesigns:
    """A design for each difference. known.unique_choice: what a column would hold if it had to differ in every row."""
    draft = _Draft()
    order = sorted(differences.all, key=lambda one: (one.predicate is not None, len(one.columns), not one.primary, one.name))
    for difference in order:
        if not any(covered <= difference.columns for covered in draft.covered):
            _Designer(differences, known, draft).design(difference)
    return KeyDesigns(tuple(draft.designs), (*differences.problems, *draft.problems), differences)


def decided_columns(designs: Sequence[KeyDesign]) -> frozenset[str]:
    """The columns whose values the designs decide."""
    found: set[str] = set()
    for design in designs:
        match design:
            case SoleColumn(column) | FirstOnly(_, column) | FirstNull(_, column):
                found.add(column)
            case Grouped(_, _, columns) | Digits(columns):
                found.update(columns)
            case SoleLink():
                pass
            case _:
                assert_never(design)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Designer:
    """Designs one difference on top of a draft."""

    differences: Differences
    known: KeyColumns
    draft: _Draft

    def design(self, difference: Difference) -> None:
        """Adds a design for the difference to the draft, or a problem."""
        columns, links = difference.columns, self.known.links
        whole = [key for key in links.keys if set(key.columns) - links.shared.get(key.name, frozenset()) <= columns]
        values = [column.name for column in self.known.table.columns if column.name in columns and links.of_column(column.name) is None]
        if difference.predicate is not None and not values and self._first_only(difference.predicate, whole):
            return
        wide = self._wide(values, only=len(columns) == 1 or not whole)
        if wide is not None:
            self.draft.add(SoleColumn(wide), frozenset({wide}), wide)
        elif whole:
            self._grouped(whole, values, difference)
        elif values:
            self._digits(values, difference)
        else:
            self._refuse(difference, "its columns belong to foreign keys that do not lie in it as a whole")

    def _refuse(self, difference: Difference, reason: str) -> None:
        text = f'{difference.kind} "{difference.name}": {reason}'
        self.draft.problems.append(Problem(str(self.known.table.name), difference.single, ProblemCode.UNPLANNABLE_UNIQUE, text))

    def _wide(self, values: Sequence[str], *, only: bool) -> str | None:
        """The column to make unique by itself: one whose values differ anyway, or, with `only`, the one with the most values."""
        free = [name for name in values if name not in self.draft.taken and name not in self.differences.slots]
        choices = {name: self.known.unique_choice(name) for name in free}
        known = {name: choice for name, choice in choices.items() if isinstance(choice, Choice)}
        for name, choice in known.items():
            if is_wide(choice.generator) or self._counts_up(name):
                return name
        if len(values) == 1 and free and only:
            self.draft.problems += [choice for choice in choices.values() if isinstance(choice, Problem)]
            return values[0]
        large = {name: choice.capacity for name, choice in known.items() if choice.capacity >= 1 << 24}
        return max(large, key=lambda name: large[name]) if only and large else None

    def _counts_up(self, name: str) -> bool:
        column = self.known.table.column(name)
        return bool(column.sequence or column.identity)

    def _grouped(self, whole: list[ForeignKey], values: list[str], difference: Difference) -> None:
        columns = difference.columns
        used = {design.driver for design in self.draft.designs if isinstance(design, Grouped | FirstOnly | FirstNull)}
        shared = self.known.links.shared
        free = [key for key in whole if key.name not in shared and (key.name not in self.draft.taken or key.name in used)]
        free.sort(key=lambda key: (key.name not in used, key.target == self.known.table.name))
        open_values = [name for name in values if name not in self.draft.taken]
        if not free:
            self._refuse(difference, "other unique keys already decide all of its columns")
            return
        driver, others = free[0], [key for key in free[1:] if key.name not in self.draft.taken]
        agreeing = [key for key in whole if key.name in shared and key.name not in self.draft.taken and key.target != self.known.table.name]
        others = others or agreeing[:1]
        counted = sorted(filter(self._counts, open_values), key=lambda name: name not in self.differences.slots)
        if counted:
            self.draft.add(Grouped(driver.name, columns=(counted[0],)), columns, driver.name, counted[0])
        elif others:
            names = tuple(key.name for key in others)
            self.draft.add(Grouped(driver.name, links=names), columns, driver.name, *names)
        elif open_values:
            self.draft.add(Grouped(driver.name, columns=tuple(open_values)), columns, driver.name, *open_values)
        elif driver.name not in used:
            self.draft.add(SoleLink(driver.name), frozenset(driver.columns), driver.name)
        else:
            self._refuse(difference, "other unique keys already decide all of its columns")

    def _counts(self, name: str) -> bool:
        """Whether the column can hold a row's place in its group: a number or a date without a list of values."""
        limits = self.known.limits[name]
        if name in self.differences.slots or (name in self.differences.steps and limits.family is Family.MOMENT):
            return True
        return limits.family in {Family.NUMBER, Family.DATE} and limits.allowed is None and limits.high - max(limits.low, 0) >= 100

    def _digits(self, values: list[str], difference: Difference) -> None:
        free = [name for name in values if name not in self.draft.taken]
        if not free:
            self._refuse(difference, "other unique keys already decide all of its columns")
            return
        self.draft.add(Digits(tuple(free)), difference.columns, *free)

    def _first_only(self, predicate: str, whole: list[ForeignKey]) -> bool:
        """WHERE condition over a foreign key: only the first row of each parent meets the condition, or one part of it."""
        if len(whole) != 1 or whole[0].name in self._sole_links():
            return False
        driver = whole[0].name
        for part in _conditions(predicate):
            design = self._first_null(driver, part) or self._first_value(driver, part)
            if design is not None:
                self.draft.add(design, None, driver, design.column)
                return True
        return False

    def _free(self, column: str) -> Limits | None:
        """The limits of a column that a partial index may decide."""
        linked = self.known.links.of_column(column) is not None
        decided = linked or column in self.draft.taken or column in self.known.joint
        return None if decided else self.known.limits.get(column)

    def _first_null(self, driver: str, part: Expression) -> FirstNull | None:
        match part:
            case NullTest(ColumnUse(name), negated):
                limits = self._free(name)
                return FirstNull(driver, name, null=not negated) if limits and not limits.required and not limits.absent else None
        return None

    def _first_value(self, driver: str, part: Expression) -> FirstOnly | None:
        found = _wanted(part)
        limits = self._free(found[0]) if found else None
        if found is None or limits is None:
            return None
        name, values, negated = found
        kept = [value for value in limits.choices if (value in values) is not negated]
        others = tuple(value for value in limits.choices if value not in kept)
        return FirstOnly(driver, name, kept[0], others) if kept and others else None

    def _sole_links(self) -> set[str]:
        grouped = {design.driver for design in self.draft.designs if isinstance(design, Grouped | FirstOnly | FirstNull)}
        return {key.name for key in self.known.links.keys if key.name in self.draft.taken and key.name not in grouped}


def _conditions(predicate: str) -> tuple[Expression, ...]:
    try:
        tree = read_expression(predicate)
    except UnreadableExpressionError:
        return ()
    return tree.parts if isinstance(tree, Every) else (tree,)


def _wanted(tree: Expression) -> tuple[str, tuple[str, ...], bool] | None:
    """The column that the condition is about, the values that it names, and whether these are the ones that do not meet it."""
    match tree:
        case ColumnUse(name):
            return name, ("true",), False
        case Negation(ColumnUse(name)):
            return name, ("true",), True
        case Compare("=" | "<>" as sign, ColumnUse(name), Constant(str(value))):
            return name, (value,), sign == "<>"
        case Membership(ColumnUse(name), values, negated):
            return name, values, negated
        case _:
            return None
