"""What a kind of database must be able to do. The use cases of liftlock call only this; PostgreSQL's implementation is in postgres.py.

A second engine implements the same operations over its own catalog; the data that passes (catalog, spec, problems, reports) is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from liftlock_datagen.snapshots.facts import DatabaseFacts
from liftlock_datagen.synthesis.load import SeedReport

Progress = Callable[[str, int, int], None]
"""Called with what is worked on, its rows so far, and its rows in all."""


class DataEngine(Protocol):
    """Operations on databases, by URL. Every one raises DatagenError (PlanError among them), whose message holds no password."""

    def seed(self, url: str, *, rows: int, seed: int, on_progress: Progress) -> SeedReport:
        """Fills an empty, migrated database with rows from its schema; does nothing where the same was done before."""
        ...

    def facts(self, url: str) -> DatabaseFacts:
        """Schema, origin of the rows, their number and size."""
        ...
