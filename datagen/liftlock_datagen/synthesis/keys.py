"""Decides for every unique index how its rows come to differ: by construction, never by retrying. Pure, and before row counts are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from liftlock_datagen.catalog.model import ForeignKey, Index, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.expressions import ColumnUse, Compare, Constant, Membership, UnreadableExpressionError
from liftlock_datagen.synthesis.limits import Family, Limits
from liftlock_datagen.synthesis.links import TableLinks
from liftlock_datagen.synthesis.read_expressions import read_expression
from liftlock_datagen.synthesis.subjects import Choice, is_wide


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
    """Of each parent's rows only the first has `value` in `column`: what a partial unique index asks."""

    driver: str
    column: str
    value: str


KeyDesign = SoleColumn | SoleLink | Grouped | Digits | FirstOnly
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
class KeyDesigns:
    """How each unique index of a table is met."""

    designs: tuple[KeyDesign, ...]
    problems: tuple[Problem, ...]


def design_keys(table: Table, links: TableLinks, limits: dict[str, Limits], unique_choice: UniqueChoice) -> KeyDesigns:
    """A design for each unique index. unique_choice: what a column would hold if it had to differ in every row."""
    draft = _Draft()
    unique = [index for index in table.indexes if index.unique]
    for index in sorted(unique, key=lambda index: (index.predicate is not None, len(index.parts), not index.primary, index.name)):
        columns = _columns_of(index, table)
        if columns is None:
            text = f'unique index "{index.name}" is over an expression that no values can be planned for: {index.definition}'
            draft.problems.append(Problem(str(table.name), None, ProblemCode.UNPLANNABLE_UNIQUE, text))
        elif not any(covered <= columns for covered in draft.covered):
            _Designer(table, links, limits, unique_choice, draft).design(index, columns)
    return KeyDesigns(tuple(draft.designs), tuple(draft.problems))


def decided_columns(designs: Sequence[KeyDesign]) -> frozenset[str]:
    """The columns whose values the designs decide."""
    found: set[str] = set()
    for design in designs:
        match design:
            case SoleColumn(column) | FirstOnly(_, column, _):
                found.add(column)
            case Grouped(_, _, columns) | Digits(columns):
                found.update(columns)
            case SoleLink():
                pass
            case _:
                assert_never(design)
    return frozenset(found)


def _columns_of(index: Index, table: Table) -> frozenset[str] | None:
    """The columns that must differ; lower(column) and upper(column) count as the column, as unique texts differ in any case."""
    names: set[str] = set()
    for part in index.parts:
        name = part.column
        if name is None:
            inner = part.expression.strip("() ").split("(")
            found = [c.name for c in table.columns if inner[-1].split("::")[0].strip('"() ') == c.name]
            name = found[0] if found and inner[0] in {"lower", "upper"} else None
        if name is None:
            return None
        if not table.column(name).generated:
            names.add(name)
    return frozenset(names) or None


@dataclass(frozen=True, slots=True)
class _Designer:
    """Designs one unique index on top of a draft."""

    table: Table
    links: TableLinks
    limits: dict[str, Limits]
    unique_choice: UniqueChoice
    draft: _Draft

    def design(self, index: Index, columns: frozenset[str]) -> None:
        """Adds a design for the index to the draft, or a problem."""
        whole = [key for key in self.links.keys if set(key.columns) <= columns]
        in_links = {name for key in self.links.keys for name in key.columns}
        values = [column.name for column in self.table.columns if column.name in columns and column.name not in in_links]
        if index.predicate is not None and self._first_only(index.predicate, whole, values):
            return
        wide = self._wide(values, only=len(columns) == 1 or not whole)
        if wide is not None:
            self.draft.add(SoleColumn(wide), frozenset({wide}), wide)
        elif whole:
            self._grouped(whole, values, columns, index)
        elif values:
            self._digits(values, columns, index)
        else:
            self._refuse(index, "its columns belong to foreign keys that do not lie in it as a whole")

    def _refuse(self, index: Index, reason: str) -> None:
        text = f'unique index "{index.name}": {reason}'
        column = index.parts[0].column if len(index.parts) == 1 else None
        self.draft.problems.append(Problem(str(self.table.name), column, ProblemCode.UNPLANNABLE_UNIQUE, text))

    def _wide(self, values: Sequence[str], *, only: bool) -> str | None:
        """The column to make unique by itself: one whose values differ anyway, or, with `only`, the one with the most values."""
        free = [name for name in values if name not in self.draft.taken]
        choices = {name: self.unique_choice(name) for name in free}
        known = {name: choice for name, choice in choices.items() if isinstance(choice, Choice)}
        for name, choice in known.items():
            if is_wide(choice.generator) or self.table.column(name).sequence or self.table.column(name).identity:
                return name
        if len(values) == 1 and only:
            self.draft.problems += [choice for choice in choices.values() if isinstance(choice, Problem)]
            return values[0]
        large = {name: choice.capacity for name, choice in known.items() if choice.capacity >= 1 << 24}
        return max(large, key=lambda name: large[name]) if only and large else None

    def _grouped(self, whole: list[ForeignKey], values: list[str], columns: frozenset[str], index: Index) -> None:
        used = {design.driver for design in self.draft.designs if isinstance(design, Grouped | FirstOnly)}
        free = [key for key in whole if key.name not in self.draft.taken or key.name in used]
        free.sort(key=lambda key: (key.name not in used, key.target == self.table.name))
        open_values = [name for name in values if name not in self.draft.taken]
        if not free:
            self._refuse(index, "other unique keys already decide all of its columns")
            return
        driver, others = free[0], [key for key in free[1:] if key.name not in self.draft.taken]
        counted = [name for name in open_values if self._counts(name)]
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
            self._refuse(index, "other unique keys already decide all of its columns")

    def _counts(self, name: str) -> bool:
        """Whether the column can hold a row's place in its group: a number or a date without a list of values."""
        limits = self.limits[name]
        return limits.family in {Family.NUMBER, Family.DATE} and limits.allowed is None and limits.high - max(limits.low, 0) >= 100

    def _digits(self, values: list[str], columns: frozenset[str], index: Index) -> None:
        free = [name for name in values if name not in self.draft.taken]
        if not free:
            self._refuse(index, "other unique keys already decide all of its columns")
            return
        self.draft.add(Digits(tuple(free)), columns, *free)

    def _first_only(self, predicate: str, whole: list[ForeignKey], values: list[str]) -> bool:
        """WHERE column = value over a foreign key: the first row of each parent gets the value, no other does."""
        wanted = _predicate_value(predicate)
        if wanted is None or values or len(whole) != 1 or wanted[0] in self.draft.taken:
            return False
        limits = self.limits.get(wanted[0])
        allowed = limits.choices if limits else ()
        if wanted[1] not in allowed or len(allowed) < 2 or whole[0].name in self._sole_links():
            return False
        design = FirstOnly(whole[0].name, *wanted)
        self.draft.add(design, None, whole[0].name, wanted[0])
        return True

    def _sole_links(self) -> set[str]:
        grouped = {design.driver for design in self.draft.designs if isinstance(design, Grouped | FirstOnly)}
        return {key.name for key in self.links.keys if key.name in self.draft.taken and key.name not in grouped}


def _predicate_value(predicate: str) -> tuple[str, str] | None:
    try:
        tree = read_expression(predicate)
    except UnreadableExpressionError:
        return None
    match tree:
        case ColumnUse(name):
            return name, "true"
        case Compare("=", ColumnUse(name), Constant(str(value))):
            return name, value
        case Membership(ColumnUse(name), (value,), False):
            return name, value
        case _:
            return None
