"""Proposals for a live database. It is only read, and what is read of its rows stays in memory."""

from __future__ import annotations

from liftlock_datagen.catalog.model import Catalog
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.classify.model import Proposal
from liftlock_datagen.classify.propose import propose
from liftlock_datagen.classify.sample import read_sample
from liftlock_datagen.database.connect import connected, wrapped


def propose_for(url: str, sample: int | None) -> tuple[Catalog, Proposal]:
    """The catalog and a proposal for every column. sample: how many values of each are looked at; None for none."""
    with connected(url) as connection, wrapped(url):
        catalog = read_catalog(connection)
        return catalog, propose(catalog, read_sample(connection, catalog, sample) if sample else None)
