"""Groups the lines of an order, an invoice or a cart by what they belong to, so that each has some and their sum can be told. Pure.

Which tables hold lines is told by their names and references alone, so that another column changes no row's parent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import FirstOf, GroupOf, MixedIn, PlaceIn, Popular, Source
from liftlock_datagen.synthesis.generators import Scaled
from liftlock_datagen.synthesis.plan_data import ColumnPlan, Link, LoadPlan, TablePlan
from liftlock_datagen.synthesis.semantics import plain_name
from liftlock_datagen.synthesis.spreads import Covering, Grouping

_LINES = re.compile(r"(.*_)?(lines?|items?|details?|positions?|entries|products|contents)|(order|invoice|cart|basket)(line|item|detail)s?")
_DOCUMENTS = re.compile(
    r"(.*_)?(orders?|invoices?|carts?|baskets?|purchases?|purchase_orders?|sales?|quotes?|offers?|receipts?|bills?|shipments?|deliver(y|ies))"
)


def head_of(table: TablePlan) -> Link | None:
    """The link from a line to what it is a line of; None where the table holds no lines."""
    name = plain_name(table.name.name)
    if not _LINES.fullmatch(name):
        return None
    others = [link for link in table.links if link.parent != table.name]
    named = [link for link in others if name.startswith(plain_name(link.parent.name).rstrip("s"))]
    return next(iter([*named, *(link for link in others if _DOCUMENTS.fullmatch(plain_name(link.parent.name)))]), None)


def group_lines(plan: LoadPlan) -> LoadPlan:
    """The plan with lines that lie one behind another by what they belong to, at least one each where there are enough of them."""
    rows = {table.name: table.rows for table in plan.tables}
    return replace(plan, tables=tuple(_grouped(table, rows) for table in plan.tables))


def _grouped(table: TablePlan, rows: Mapping[TableName, int]) -> TablePlan:
    head = head_of(table)
    if head is None:
        return table
    source = _free_grouped(table, head, rows[head.parent])
    if not isinstance(source, GroupOf):
        return table
    table = replace(table, links=tuple(replace(link, source=source) if link is head else link for link in table.links))
    if source.grouping.shares is not None or table.rows < rows[head.parent]:
        return table  # a profile says how many have none, or there are too few
    return _regrouped(table, source.grouping, replace(source.grouping, least=1))


def _free_grouped(table: TablePlan, head: Link, parents: int) -> Source:
    """How the lines choose their parents; a free choice becomes one by groups, unless a line may have none."""
    loose = any(column.nulls and column.null_key == f"link {head.name}" for column in table.columns)
    match head.source:
        case Popular(_, shares) if not loose:
            spread = shares.shares if isinstance(shares, Covering) else shares
            return GroupOf(Grouping(f"lines {head.name}", table.rows, parents, table.rows, spread))
        case source:
            return source


def _regrouped(table: TablePlan, old: Grouping, new: Grouping) -> TablePlan:
    """The table with the new grouping wherever the old one decided: parents and places in a group."""

    def fill(source: Source) -> Source:
        match source:
            case GroupOf(known) | PlaceIn(known) | MixedIn(known) | FirstOf(known) if known == old:
                return replace(source, grouping=new)
        return source

    def filled(column: ColumnPlan) -> ColumnPlan:
        if isinstance(column.generator, Scaled):
            column = replace(column, generator=replace(column.generator, source=fill(column.generator.source)))
        return replace(column, present=column.present and replace(column.present, source=fill(column.present.source)))

    columns = tuple(map(filled, table.columns))
    return replace(table, columns=columns, links=tuple(replace(link, source=fill(link.source)) for link in table.links))
