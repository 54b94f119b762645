"""Makes a row's status agree with its dates: what is shipped has a shipping date, what is only paid has none. Pure.

Statuses and dates are ranked by their names along the life of an order, a task or an account. Only dates that may be NULL follow.
"""

from __future__ import annotations

import re
from dataclasses import replace

from liftlock_datagen.synthesis.draws import Uniform
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Day, Listed, Moment
from liftlock_datagen.synthesis.generators import Scaled
from liftlock_datagen.synthesis.plan_data import ColumnPlan, Presences, TablePlan
from liftlock_datagen.synthesis.semantics import plain_name
from liftlock_datagen.synthesis.shaping import Room

_STATUS = re.compile(r"(.*_)?(state|status|phase|stage)")
_CANCELLED, _DELETED, _ARCHIVED, _DISABLED = -1, -2, -3, -4
_RANKS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(rf".*({words}).*"), rank)
    for words, rank in (
        ("(un|in|not_?)(paid|captur|confirm|approv|accept|process|ship|sent|deliver|complet|resolv|fulfil)|await|waiting|overdue", 1),
        ("cancel|reject|declin|void|abort|fail", _CANCELLED),
        ("delet|removed|terminat", _DELETED),
        ("archiv", _ARCHIVED),
        ("inactive|disabled|deactivat|suspend|block", _DISABLED),
        ("refund|return", 5),
        ("deliver|complet|closed|done|resolved|finished|fulfil|received", 4),
        ("ship|dispatch|transit|packed|sent", 3),
        ("paid|captur|authori|confirm|approv|accept|process|assigned|started|in_progress", 2),
        ("pending|new|draft|placed|open|created|submitted|active|registered|invited", 1),
    )
)


def agree_lifecycle(table: TablePlan, room: Room) -> TablePlan:
    """The table with dates that are there exactly where the status says so."""
    for column in table.columns:
        status = _status(column, room)
        if status is None:
            continue
        source, values = status
        dates = {date.name: _dated(date, column.name, source, values, room) for date in table.columns}
        return replace(table, columns=tuple(dates.get(found.name) or found for found in table.columns))
    return table


def _status(column: ColumnPlan, room: Room) -> tuple[Uniform, tuple[str, ...]] | None:
    """What the column draws from where it is a status that is always there, with at least two values that have a rank."""
    match column:
        case ColumnPlan(name, Scaled(Uniform() as source, Listed(values), ""), 0, present=None):
            ranked = sum(rank_of(value) is not None for value in values)
            return (source, values) if ranked > 1 and _STATUS.fullmatch(plain_name(name)) and name not in room.fixed else None
    return None


def rank_of(name: str) -> int | None:
    """Where in a life a status or a date of that name stands; None where the name does not say."""
    return next((rank for pattern, rank in _RANKS if pattern.fullmatch(plain_name(name))), None)


def _dated(column: ColumnPlan, label: str, source: Uniform, values: tuple[str, ...], room: Room) -> ColumnPlan | None:
    """The date with NULLs where the status says so; None where it has no NULLs or no place in the life."""
    limits = room.limits.get(column.name)
    rank = rank_of(column.name)
    free = limits is not None and not limits.required and limits.family in {Family.DATE, Family.MOMENT} and column.present is None
    timed = isinstance(column.generator, Scaled) and isinstance(column.generator.form, Day | Moment)
    if not free or not timed or rank is None or rank == 1:
        return None
    there = tuple(_there(rank, rank_of(value)) for value in values)
    if not any(there):
        return None  # none of the statuses gets that far, so they say nothing of this date
    return replace(column, nulls=0, null_key="", present=Presences(label, there, source))


def _there(date: int, status: int | None) -> bool:
    if date < 0 or status is None:
        return date == status
    return date <= status
