"""Makes rows of different columns and tables agree where names alone do not bring it about. Pure.

A row's person, place and firm are draws that columns share by a name (see meanings and Scaled.shared). Here a row that is a part of another
one, one to one, is made to speak of the same person and place, and words for full text search become those of the row's text.
"""

from __future__ import annotations

from dataclasses import replace

from liftlock_datagen.synthesis.draws import Permuted
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.generators import Lexemes, Prose, Title
from liftlock_datagen.synthesis.person_makers import PersonName
from liftlock_datagen.synthesis.plan_data import ColumnPlan, TablePlan
from liftlock_datagen.synthesis.shaping import Room


def agree_rows(table: TablePlan, room: Room) -> TablePlan:
    """The table as a part of what it belongs to one to one, with search words of its text."""
    owner = next((link.name for link in table.links if isinstance(link.source, Permuted) and link.parent != table.name), "")
    return replace(table, subject=owner, columns=tuple(_searched(column, table, room) for column in table.columns))


def _searched(column: ColumnPlan, table: TablePlan, room: Room) -> ColumnPlan:
    """Words for full text search are those of the row's longest text; without one they stay."""
    limits = room.limits.get(column.name)
    if limits is None or limits.family is not Family.VECTOR or column.name in room.fixed:
        return column
    for kinds in ((Prose,), (Title, PersonName)):
        for other in table.columns:
            if isinstance(other.generator, kinds):
                return replace(column, generator=Lexemes(other.name))
    return column
