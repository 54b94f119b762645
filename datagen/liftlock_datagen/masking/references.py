"""References between columns, declared and virtual: which column follows which, and which cannot. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock_datagen.catalog.model import Catalog, TableName
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.spec.model import DataSpec, Rule, ValueSpec

Place = tuple[TableName, str]


def followed(catalog: Catalog, spec: DataSpec) -> Mapping[Place, Place]:
    """Each referring column with the column that it refers to; of several, the first declared one.

    A column of a composite key that refers to the same table refers to itself, too: that leads nowhere.
    """
    found: dict[Place, Place] = {}
    for source, target, _ in _pairs(catalog, spec):
        if source != target:
            found.setdefault(source, target)
    return found


def linked(catalog: Catalog, spec: DataSpec) -> frozenset[Place]:
    """Every column that a reference leads from or to."""
    return frozenset(place for source, target, _ in _pairs(catalog, spec) for place in (source, target))


def reference_problems(catalog: Catalog, spec: DataSpec, values: Mapping[Place, ValueSpec]) -> Iterator[Problem]:
    """References whose two ends would be changed by different maps: rows would lose their parents."""
    for source, target, name in _pairs(catalog, spec):
        mine, theirs = values.get(source), values.get(target)
        if mine is None or theirs is None or mine.rule is Rule.EMPTY or _same(mine, theirs):
            continue
        table, column = source
        yield Problem(
            str(table),
            column,
            ProblemCode.REFERENCE_MISMATCH,
            f"it refers to {target[0]}.{target[1]} ({name}), which is {_said(theirs)}, and is itself {_said(mine)}: make it kind reference,"
            " rule keep, or give both the same rule and domain",
        )


def _same(mine: ValueSpec, theirs: ValueSpec) -> bool:
    if mine.rule is not theirs.rule:
        return False
    if mine.rule is Rule.PSEUDONYM:
        return mine.pseudonym_domain == theirs.pseudonym_domain and mine.kind is theirs.kind
    return mine.rule is Rule.KEEP or (mine.rule in {Rule.GENERALISE, Rule.CONSTANT} and mine.options == theirs.options)


def _said(value: ValueSpec) -> str:
    return f"{value.rule} of domain {value.pseudonym_domain}" if value.rule is Rule.PSEUDONYM else value.rule.value


def _pairs(catalog: Catalog, spec: DataSpec) -> Iterator[tuple[Place, Place, str]]:
    """Referring column, column referred to, name of the reference."""
    for table in catalog.tables:
        for key in table.foreign_keys:
            for column, target in zip(key.columns, key.target_columns, strict=True):
                yield (table.name, column), (key.target, target), key.name
    for reference in spec.references:
        for column, target in zip(reference.columns, reference.target_columns, strict=True):
            yield (reference.table, column), (reference.target, target), reference.name
