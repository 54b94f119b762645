"""Turns the rows of pg_type into the types of columns: domains, arrays, composites and ranges followed to what they are made of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from liftlock_datagen.catalog.constraints import Check
from liftlock_datagen.catalog.types import Attribute, ColumnType, TableName, TypeKind

Row = Mapping[str, Any]  # a row of pg_catalog: its columns are named in queries.py

_KINDS = {"e": TypeKind.ENUM, "c": TypeKind.COMPOSITE, "r": TypeKind.RANGE, "m": TypeKind.MULTIRANGE, "b": TypeKind.BASE}
_LENGTH_WORD = 4  # the modifier of these types counts it
_COUNTED = frozenset({"varchar", "bpchar"})
_BITS = frozenset({"bit", "varbit"})
_TIMES = frozenset({"time", "timetz", "timestamp", "timestamptz"})
_FULL_PRECISION = 0xFFFF
_VECTORS = frozenset({"int2vector", "oidvector"})  # PostgreSQL counts them among the arrays; they are written otherwise


@dataclass(frozen=True, slots=True)
class Types:
    """All types of a database, by oid."""

    rows: Mapping[int, Row]
    labels: Mapping[int, Sequence[str]]
    checks: Mapping[int, Sequence[Row]]
    attributes: Mapping[int, Sequence[Row]]

    def resolved(self, oid: int, modifier: int, declared: str) -> tuple[ColumnType, bool]:
        """The type of a column, and whether its domains forbid NULL."""
        row, outermost, not_null = self.rows[oid], None, False
        checks: list[str] = []
        while row["kind"] == "d":
            outermost = outermost or TableName(row["schema"], row["name"])
            checks += [check["expression"] for check in self.checks.get(row["oid"], ())]
            not_null = not_null or row["not_null"]
            row, modifier = self.rows[row["base"]], row["modifier"]
        return replace(self._plain(row, modifier), domain=outermost, checks=tuple(checks), declared=declared), not_null

    def domain_checks(self, oid: int, column: str) -> list[Check]:
        """The checks of the column's domains, with VALUE replaced by the column."""
        found, row = [], self.rows[oid]
        name = '"' + column.replace('"', '""') + '"'
        while row["kind"] == "d":
            for check in self.checks.get(row["oid"], ()):
                text = re.sub(r"\bVALUE\b", lambda _: name, check["expression"])
                found.append(Check(f"domain {row['name']}", text, TableName(row["schema"], row["name"]), check["validated"]))
            row = self.rows[row["base"]]
        return found

    def _plain(self, row: Row, modifier: int) -> ColumnType:
        schema = "" if row["schema"] == "pg_catalog" else row["schema"]
        known = ColumnType(row["name"], schema=schema, extension=row["extension"] or "")
        if row["category"] == "A" and row["element"] and row["name"] not in _VECTORS:
            element, _ = self.resolved(row["element"], modifier, "")
            return replace(known, kind=TypeKind.ARRAY, element=element)
        kind = _KINDS.get(row["kind"], TypeKind.OTHER)
        match kind:
            case TypeKind.ENUM:
                return replace(known, kind=kind, labels=tuple(self.labels.get(row["oid"], ())))
            case TypeKind.COMPOSITE:
                return replace(known, kind=kind, attributes=tuple(map(self._attribute, self.attributes.get(row["relation"], ()))))
            case TypeKind.RANGE | TypeKind.MULTIRANGE:
                return replace(known, kind=kind, subtype=self.resolved(row["subtype"], -1, "")[0])
            case TypeKind.BASE:
                return _measured(known, modifier)
        return replace(known, kind=kind)

    def _attribute(self, row: Row) -> Attribute:
        kind, not_null = self.resolved(row["type"], row["modifier"], row["declared"])
        return Attribute(row["name"], kind, nullable=not not_null)


def types_of(types: Sequence[Row], labels: Sequence[Row], checks: Sequence[Row], attributes: Sequence[Row]) -> Types:
    """Everything about types in one place."""
    by_type, by_relation = defaultdict(list), defaultdict(list)
    for check in checks:
        by_type[check["type"]].append(check)
    for attribute in attributes:
        by_relation[attribute["relation"]].append(attribute)
    return Types({row["oid"]: row for row in types}, {row["type"]: row["labels"] for row in labels}, by_type, by_relation)


def _measured(known: ColumnType, modifier: int) -> ColumnType:
    """The type with the length, precision and scale that its modifier holds."""
    name = known.name if not known.schema else ""
    if name in _COUNTED and modifier >= _LENGTH_WORD:
        return replace(known, length=modifier - _LENGTH_WORD)
    if name in _BITS and modifier >= 0:
        return replace(known, length=modifier)
    if name == "numeric" and modifier >= _LENGTH_WORD:
        packed = modifier - _LENGTH_WORD
        return replace(known, precision=(packed >> 16) & 0xFFFF, scale=((packed & 0x7FF) ^ 1024) - 1024)
    if name in _TIMES and modifier >= 0:
        return replace(known, precision=modifier)
    if name == "interval" and modifier >= 0 and modifier & 0xFFFF != _FULL_PRECISION:
        return replace(known, precision=modifier & 0xFFFF)
    return known
