"""Plans columns together that CHECKs tie to one another: total = price * quantity, exactly one of three is there, x if y. Pure.

For each such group of columns a table of valid combinations is made when the load is planned; every row draws one of them. Columns that
are only asked whether they are NULL keep values of their own, and the combination says whether there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.primitives.bits import derive_key
from liftlock_datagen.synthesis.checks import ReadCheck
from liftlock_datagen.synthesis.dice import Dice
from liftlock_datagen.synthesis.domains import Domain, domain_of
from liftlock_datagen.synthesis.expressions import columns_of, valued
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.solving import Solver
from liftlock_datagen.synthesis.sql_values import write_text
from liftlock_datagen.synthesis.subjects import Choice
from liftlock_datagen.vocabulary.words import Vocabularies

_COMBINATIONS = 256
_THROWS = 1024


@dataclass(frozen=True, slots=True)
class Joint:
    """Combinations that a row draws from. texts: of the columns whose values are decided here. present: of all columns that may be NULL."""

    label: str
    size: int
    texts: Mapping[str, tuple[str, ...]]
    present: Mapping[str, tuple[bool, ...]]


@dataclass(frozen=True, slots=True)
class JointColumns:
    """What is known of a table's columns when they are brought together. fixed: columns whose values others depend on, or decide."""

    table: Table
    limits: Mapping[str, Limits]
    choices: Mapping[str, Choice]
    fixed: Collection[str]


def join_columns(
    checks: Sequence[ReadCheck], known: JointColumns, vocabularies: Vocabularies
) -> tuple[tuple[Joint, ...], tuple[Problem, ...]]:
    """The combinations for each group of columns that the checks tie together, and the checks that no combination is known for."""
    joints, problems = [], []
    for group in _groups(checks):
        found = _join(group, known, vocabularies)
        if isinstance(found, Joint):
            joints.append(found)
        else:
            problems += found
    return tuple(joints), tuple(problems)


def _groups(checks: Sequence[ReadCheck]) -> list[list[ReadCheck]]:
    """The checks that share columns, together."""
    groups: list[tuple[set[str], list[ReadCheck]]] = []
    for check in checks:
        names = set(columns_of(check.tree))
        touched = [group for group in groups if group[0] & names]
        merged = [one for _, found in touched for one in found] + [check]
        groups = [group for group in groups if group not in touched]
        groups.append((names.union(*(found for found, _ in touched)), merged))
    return [found for _, found in groups]


def _join(group: Sequence[ReadCheck], known: JointColumns, vocabularies: Vocabularies) -> Joint | list[Problem]:
    trees = [check.tree for check in group]
    names = sorted({name for tree in trees for name in columns_of(tree)})
    asked = {name for tree in trees for name in valued(tree)}
    domains: dict[str, Domain] = {}
    for name in names:
        choice = known.choices.get(name) if name in asked and name not in known.fixed else None
        domains[name] = domain_of(known.table.column(name), known.limits[name], choice, trees, vocabularies)
    label = "joint " + " ".join(names)
    rows = Solver(domains, trees, Dice(derive_key(0, label))).rows(_COMBINATIONS, _THROWS)
    if not rows:
        return [_problem(known.table, check) for check in group]
    texts = {name: tuple("" if row[name] is None else write_text(row[name]) for row in rows) for name in names if domains[name].known}
    present = {name: tuple(row[name] is not None for row in rows) for name in names if domains[name].nullable}
    return Joint(label, len(rows), texts, present)


def _problem(table: Table, check: ReadCheck) -> Problem:
    column = next((column.name for column in table.columns if column.name in columns_of(check.tree)), None)
    text = f'CHECK "{check.name}" ({check.expression}) is of a form that no values can be planned for'
    return Problem(str(table.name), column, ProblemCode.UNPLANNABLE_CHECK, text)
