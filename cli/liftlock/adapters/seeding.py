"""Fills a database with synthetic rows."""

from __future__ import annotations

import time

from liftlock.core.errors import LiftlockError
from liftlock.core.ports import Progress


class SyntheticSeeder:
    """Seeder port on liftlock_datagen."""

    def seed(self, url: str, *, rows: int, seed: int, progress: Progress) -> int:
        """Loads the rows, or finds them there from an earlier run and loads none."""
        from liftlock_datagen.errors import DatagenError  # noqa: PLC0415 - numpy and the vocabularies, for those who seed
        from liftlock_datagen.synthesis.load import seed as fill  # noqa: PLC0415

        began = time.monotonic()

        def show(table: str, done: int, total: int) -> None:
            progress.item(f"data {table}", f"{done:,} of {total:,} rows", time.monotonic() - began if done >= total else None)

        progress.step(f"synthetic data: {rows:,} rows, seed {seed}")
        try:
            report = fill(url, rows=rows, seed=seed, on_progress=show)
        except DatagenError as err:
            raise LiftlockError(err.message, hint=err.hint) from err
        return 0 if report.skipped else sum(report.rows.values())
