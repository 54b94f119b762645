"""Makes a plan's records coherent: within a row, between a row and its parts, between an order and its lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.agreement import agree_rows
from liftlock_datagen.synthesis.lifecycle import agree_lifecycle
from liftlock_datagen.synthesis.lines import group_lines
from liftlock_datagen.synthesis.plan_data import LoadPlan, TablePlan
from liftlock_datagen.synthesis.shaping import Room
from liftlock_datagen.synthesis.totals import agree_totals


def cohere(plan: LoadPlan, rooms: Mapping[TableName, Room]) -> LoadPlan:
    """The plan with records that agree; whatever keys and CHECKs decided stays."""
    tables = (agree_lifecycle(agree_rows(table, rooms[table.name]), rooms[table.name]) for table in plan.tables)
    return agree_totals(group_lines(replace(plan, tables=_without_circles(tuple(tables)))), rooms)


def _without_circles(tables: tuple[TablePlan, ...]) -> tuple[TablePlan, ...]:
    """Of tables that are parts of one another in a circle, those that close it speak for themselves."""
    above = {table.name: table.link(table.subject).parent for table in tables if table.subject}
    for name in list(above):
        seen, at = {name}, above.get(name)
        while at is not None and at not in seen:
            seen.add(at)
            at = above.get(at)
        if at is not None:
            del above[name]
    return tuple(table if table.name in above else replace(table, subject="") for table in tables)
