"""A copy's work in parts: which pages of which table, read and written how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from liftlock_datagen.catalog.model import ColumnType, TableName, TypeKind
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.masking.obstacles import sorted_by
from liftlock_datagen.masking.source import Source
from liftlock_datagen.masking.worker import Part
from liftlock_datagen.spec.model import Rows
from liftlock_datagen.subset.selection import SubsetSelection

_PART_PAGES = 1 << 15  # 256 MB: below, a table is one part, whose rows come with it and need no log


def parts(source: Source, plan: MaskPlan, selection: SubsetSelection | None = None, *, same_types: bool = False) -> Sequence[Part]:
    """The tables in parts, the largest first. Tables that the classification leaves empty have none. same_types: in source and target."""
    found: list[tuple[int, Part]] = []
    books = {book.name for book in source.catalog.books}
    for mask in plan.tables:
        if mask.rows is Rows.NONE:
            continue
        if mask.name in books:
            found.append((0, Part(mask, mask.name, mask.name)))
            continue
        table = source.catalog.table(mask.name)
        sorts = any(column.name in sorted_by(table) for column in mask.changed)
        binary = same_types and mask.raw and selection is None and all(_is_own(column.type) for column in mask.columns)
        for stored in source.catalog.partitions_of(mask.name):
            pages = source.pages[stored.name]
            into = mask.name if sorts else stored.name
            whole = Part(mask, stored.name, into, whole=not sorts, selection=selection, binary=binary)
            if selection is not None or pages <= _PART_PAGES:
                found.append((pages, whole))
                continue
            for first in range(0, pages, _PART_PAGES):
                last = first + _PART_PAGES
                found.append((_PART_PAGES, replace(whole, first=first, last=last if last < pages else None, whole=False)))
    return [part for _, part in sorted(found, key=lambda item: -item[0])]


def expected_rows(source: Source, selection: SubsetSelection | None) -> dict[TableName, int]:
    """About how many rows each table will have."""
    taken: dict[TableName, int] = {}
    for name, count in (selection.rows() if selection else {}).items():
        root = source.catalog.root_of(source.catalog.table(name)).name
        taken[root] = taken.get(root, 0) + count
    return source.rows() | taken


def _is_own(kind: ColumnType) -> bool:
    """Whether the type is PostgreSQL's own, so that its binary form means the same in every database of one version."""
    if kind.element is not None:
        return _is_own(kind.element) and kind.element.kind is TypeKind.BASE
    return kind.kind in {TypeKind.BASE, TypeKind.ENUM} and not kind.extension and (not kind.schema or kind.kind is TypeKind.ENUM)
