"""The maps that pseudonyms come from: what all columns of one map need, and a map of its own for what is made anew. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from liftlock_datagen.catalog.model import Column, Table
from liftlock_datagen.masking.choice import INTEGERS, TEXTS, Domain
from liftlock_datagen.masking.references import Place
from liftlock_datagen.masking.transformers import (
    Addresses,
    Chosen,
    Document,
    Elements,
    Integers,
    Invented,
    Letters,
    Noise,
    Reformed,
    Seeded,
    Spans,
    Transformer,
    Uuids,
)
from liftlock_datagen.spec.model import ColumnSpec, Rule


def domains_of(tables: Iterable[Table], specs: Mapping[Place, ColumnSpec]) -> Mapping[str, Domain]:
    """Every map by its name: as its most demanding column needs it."""
    domains: dict[str, Domain] = {}
    for table in tables:
        unique = unique_columns(table)
        for column in written(table):
            spec = specs.get((table.name, column.name))
            if spec is not None and spec.value.rule is Rule.PSEUDONYM:
                name = spec.value.pseudonym_domain
                domains[name] = _widened(domains.get(name, Domain(name)), column, unique=column.name in unique)
    return domains


def _widened(old: Domain, column: Column, *, unique: bool) -> Domain:
    kind = column.type.element or column.type
    lengths = [n for n in (old.length, kind.length or 0) if n]
    bits = [n for n in (old.bits, INTEGERS.get(kind.name, 0)) if n]
    return Domain(
        old.name,
        unique=old.unique or unique,
        length=min(lengths, default=0) if kind.name in TEXTS else old.length,
        bits=min(bits, default=0),
        uuid=old.uuid or kind.name == "uuid",
    )


def written(table: Table) -> tuple[Column, ...]:
    """The columns that a copy writes: not those that the database computes."""
    return tuple(column for column in table.columns if not column.generated)


def unique_columns(table: Table) -> frozenset[str]:
    """The columns that a unique index or an exclusion constraint is over, by name or within an expression."""
    parts = [part for index in table.indexes if index.unique for part in index.parts]
    named = {part.column for part in parts if part.column}
    inside = {column.name for column in table.columns for part in parts if part.column is None and column.name in part.expression}
    return frozenset(named | inside)


def of_its_own(transformer: Transformer, place: str) -> Transformer:
    """The transformer, with a map for this place alone wherever values are made anew: they say nothing of another column's."""
    match transformer:
        case Seeded(inner=inner, key=key):
            return Seeded(_renamed(inner, f"synthetic {place}"), key)
        case Elements(element=inner):
            return Elements(of_its_own(inner, place))
        case Document(paths=paths):
            return replace(transformer, paths=tuple((path, of_its_own(inner, f"{place} {path}")) for path, inner in paths))
        case _:
            return transformer


def _renamed(transformer: Transformer, domain: str) -> Transformer:
    match transformer:
        case Elements(element=inner):
            return Elements(_renamed(inner, domain))
        case Invented() | Integers() | Letters() | Uuids() | Addresses() | Chosen() | Noise() | Reformed() | Spans():
            return replace(transformer, domain=domain)
        case _:
            return transformer
