"""PostgreSQL 12 to 17 behind the port of port.py. Thin: each operation is one of a package beside this module, loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock_datagen.port import Progress
    from liftlock_datagen.snapshots.facts import DatabaseFacts
    from liftlock_datagen.synthesis.load import SeedReport


class PostgresEngine:
    """DataEngine for PostgreSQL. Keeps nothing between calls."""

    def seed(self, url: str, *, rows: int, seed: int, on_progress: Progress) -> SeedReport:
        """Rows from the schema alone; see synthesis/load.py."""
        from liftlock_datagen.synthesis.load import seed as fill  # noqa: PLC0415

        return fill(url, rows=rows, seed=seed, on_progress=on_progress)

    def facts(self, url: str) -> DatabaseFacts:
        """What the database says of its rows; see snapshots/facts.py."""
        from liftlock_datagen.snapshots.facts import read_facts  # noqa: PLC0415

        return read_facts(url)
