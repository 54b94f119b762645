"""Fills a database with synthetic rows: how many, in which shape, and whether it may be written to at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.core.environment import Database
from liftlock.core.errors import UsageError
from liftlock.core.ports import Progress
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place, missing_right
from liftlock.services.data.rows_shown import RowsShown
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import TargetError
from liftlock_datagen.port import DataEngine
from liftlock_datagen.profile.model import Profile
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.spec.names import parse_table
from liftlock_datagen.synthesis.request import RowsRequest, rows_of_size

if TYPE_CHECKING:
    from liftlock_datagen.synthesis.load import SeedReport

_MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """What the command line says; None for what the declared files or the built-in sizes decide. tables: schema.table=rows."""

    size: str | None = None
    rows: int | None = None
    seed: int | None = None
    locale: str | None = None
    profile: Path | None = None
    tables: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GenerationReport:
    """What was loaded, or would be. tables: rows of each. skipped: exactly this was there already. planned: nothing was written.

    written_since: what others wrote into the rows that were there already, in words.
    """

    place: str
    size: str | None
    seed: int
    locale: str
    profile: str | None
    total: int
    tables: Mapping[str, int]
    seconds: float = 0.0
    skipped: bool = False
    planned: bool = False
    columns: Sequence[PlannedColumn] = ()
    written_since: str = ""


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """What a column would get. nulls: share of the rows."""

    table: str
    column: str
    values: str
    nulls: float


@dataclass(frozen=True, slots=True)
class Generation:
    """specs: the classification of a database. profile: the profile in a file, or the database's usual one, with its name."""

    engine: DataEngine
    progress: Progress
    specs: Callable[[str], DataSpec | None]
    profile: Callable[[Path | None, str], tuple[Profile | None, str | None]]

    def run(
        self, place: Place, asked: RowsAsked, *, replace_rows: bool, confirm: Callable[[str], bool] = lambda _: False
    ) -> GenerationReport:
        """Fills the place: an empty database as it is, a filled one by another that is built beside it and swapped in.

        confirm: asked where rows would be lost that others wrote; PolicyError where it says no.
        """
        place.require_standing("data generate", self.engine)
        request, size, profile = self._request(place, asked)
        self.progress.step(f"data generate {place.shown}: {request.rows:,} rows, seed {request.seed}")
        with datagen_errors(about=place.shown):
            try:
                done = self._made(place, request, replace_rows=replace_rows)
            except TargetError as err:
                if not (err.may_be_lost and confirm(f"{place.shown}: {err.message}. Put synthetic rows in the place of all of them?")):
                    raise
                done = self._made(place, request, replace_rows=True)
        return GenerationReport(
            place.shown, size, request.seed, request.locale, profile, done.total, done.rows, done.seconds, skipped=done.skipped,
            written_since=done.since,
        )  # fmt: skip

    def _made(self, place: Place, request: RowsRequest, *, replace_rows: bool) -> SeedReport:
        with self.progress.watching("data generate"):
            return self.engine.generate(
                place.url,
                request,
                replace_rows=replace_rows,
                image=_image(place),
                on_progress=RowsShown(self.progress),
                on_note=self.progress.step,
            )

    def plan(self, place: Place, asked: RowsAsked) -> GenerationReport:
        """What run would load. Only reads, so any place will do."""
        from liftlock_datagen.synthesis.describe import describe_column  # noqa: PLC0415 - loads the planner

        request, size, profile = self._request(place, asked)
        with datagen_errors(about=place.shown):
            plan = self.engine.plan_rows(place.url, request)
        if missing := missing_right(place, self.engine):
            self.progress.step(f"rows that are there cannot be replaced: {missing}")
        columns = [
            PlannedColumn(str(table.name), column.name, describe_column(column, table), column.nulls / 65536)
            for table in plan.tables
            for column in table.columns
        ]
        tables = {str(table.name): table.rows for table in plan.tables}
        return GenerationReport(
            place.shown, size, request.seed, request.locale, profile, plan.total_rows, tables, planned=True, columns=columns
        )

    def _request(self, place: Place, asked: RowsAsked) -> tuple[RowsRequest, str | None, str | None]:
        if asked.size is not None and asked.rows is not None:
            raise UsageError("--size and --rows both say how many rows", hint="give one of the two")
        spec = self.specs(place.database)
        profile, name = self.profile(asked.profile, place.database)
        declared = next((item.data for item in _databases(place)), None)
        counts = dict(_counts(asked.tables))
        named = tuple(counts)
        size = asked.size or (None if asked.rows else declared.size if declared else "small")
        rows = asked.rows or (declared.rows if declared else 0)
        if size is not None:
            with datagen_errors():
                sized = rows_of_size(size, spec.sizes if spec else {}, profile)
            rows, counts = sized.rows, {**sized.counts, **counts}
        seed = asked.seed if asked.seed is not None else declared.seed if declared else 1
        locale = asked.locale or (declared and declared.locale) or (spec.locale if spec else _MIXED)
        return RowsRequest(max(rows, sum(counts.values())), seed, locale, counts, profile, named), size, name


def _counts(texts: Sequence[str]) -> list[tuple[TableName, int]]:
    found = []
    for text in texts:
        name, _, rows = text.rpartition("=")
        table = parse_table(name)
        if table is None or not rows.isdigit() or int(rows) < 1:
            raise UsageError(f'--table "{text[:60]}" says no table and rows', hint="say schema.table=1000")
        found.append((table, int(rows)))
    return found


def _image(place: Place) -> str:
    """The image of the place's server, whose pg_dump is new enough."""
    return next((str(item.image) for item in _databases(place)), "")


def _databases(place: Place) -> list[Database]:
    """The declared database that the place is; none where it was named by its address."""
    return [item for item in place.environment.databases if item.name == place.database] if place.environment else []
