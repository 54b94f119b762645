"""The reviewed plan of a live database, which is only read."""

from __future__ import annotations

from liftlock_datagen.classify.database import propose_for
from liftlock_datagen.review.build import review
from liftlock_datagen.review.model import DataPlan
from liftlock_datagen.spec.model import DataSpec


def review_database(url: str, spec: DataSpec, sample: int | None) -> DataPlan:
    """What a copy of the database would do. sample: how many documents of each column are looked through for paths; None for none."""
    catalog, proposal = propose_for(url, sample)
    seen = {(table.name, name): set(column.paths) for table in proposal.tables.values() for name, column in table.columns.items()}
    return review(catalog, spec, proposal, seen)
