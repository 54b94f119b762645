"""Fills a database with synthetic rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.core.environment import Database
from liftlock.core.errors import LiftlockError, PolicyError
from liftlock.core.ports import Progress

if TYPE_CHECKING:
    from liftlock_datagen.synthesis.request import RowsRequest


@dataclass(frozen=True, slots=True)
class SyntheticSeeder:
    """Seeder port on liftlock_datagen. root: the repository, where a named size finds data/<database>.yaml and the profile beside it."""

    root: Path

    def seed(self, url: str, database: Database, *, progress: Progress) -> int:
        """Loads the rows, or finds them there from an earlier run and loads none."""
        from liftlock_datagen.errors import DatagenError, TargetError  # noqa: PLC0415 - numpy and the vocabularies, for those who seed
        from liftlock_datagen.synthesis.load import fill  # noqa: PLC0415

        began = time.monotonic()

        def show(table: str, done: int, total: int) -> None:
            progress.item(f"data {table}", f"{done:,} of {total:,} rows", time.monotonic() - began if done >= total else None)

        try:
            request = self._request(database)
            progress.step(f"synthetic data: {request.rows:,} rows, seed {request.seed}")
            report = fill(url, request, on_progress=show)
        except TargetError as err:
            raise PolicyError(err.message, hint=err.hint) from err
        except DatagenError as err:
            raise LiftlockError(err.message, hint=err.hint) from err
        return 0 if report.skipped else sum(report.rows.values())

    def _request(self, database: Database) -> RowsRequest:
        """As `liftlock data generate` makes it. Rows by number follow neither a profile nor data/<database>.yaml."""
        from liftlock.adapters.config_files.data_files import DataFiles  # noqa: PLC0415 - as above
        from liftlock_datagen.profile.file import read_profile_file  # noqa: PLC0415
        from liftlock_datagen.synthesis.request import RowsRequest, rows_of_size  # noqa: PLC0415
        from liftlock_datagen.vocabulary.words import MIXED  # noqa: PLC0415

        data = database.data
        if data.size is None:
            return RowsRequest(data.rows, data.seed, data.locale or MIXED)
        spec, shape = DataFiles(self.root).read(database.name), self.root / "data" / f"{database.name}.profile.json"
        profile = read_profile_file(shape) if shape.is_file() else None
        sized = rows_of_size(data.size, spec.sizes if spec else {}, profile)
        return RowsRequest(sized.rows, data.seed, data.locale or (spec.locale if spec else MIXED), sized.counts, profile)
