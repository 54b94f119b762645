"""Reads the shape of a database, and says what of it could not be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from liftlock.core.errors import UsageError
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock_datagen.port import DataEngine
from liftlock_datagen.profile.file import profile_text
from liftlock_datagen.profile.model import Gap, Profile
from liftlock_datagen.spec.model import DataSpec


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """What was read. text: of the file. classified_by: the classification that said what may be shown, None where there was none.

    gaps: columns without figures. unclassified: columns that show counts only because nobody classified them.
    """

    place: str
    text: str
    classified_by: str | None
    tables: int
    rows: int
    columns: int
    histograms: int
    gaps: tuple[Gap, ...]
    unclassified: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """specs: the classification of a database, None where there is none. write: text into a file, OSError where that fails."""

    engine: DataEngine
    specs: Callable[[str], DataSpec | None]
    write: Callable[[Path, str], None]

    def read(self, place: Place, database: str | None, output: Path | None) -> ProfileReport:
        """The shape of the place's database, written to output where one is named. Nothing is written to the place, and no row is read."""
        spec = self.specs(database or place.database)
        if database and spec is None:
            raise UsageError(f"there is no data/{database}.yaml", hint=f"propose one: liftlock data init {database}")
        with datagen_errors(about=place.shown):
            reading = self.engine.profile(place.url, spec)
        if not reading.profile.tables:
            raise UsageError(f"{place.shown} has no tables", hint="is it the right database, and have its migrations run?")
        text = profile_text(reading.profile)
        if output is not None:
            try:
                self.write(output, text)
            except OSError as err:
                raise UsageError(f"{output} cannot be written: {err.strerror}", hint="name another file with --output") from err
        columns = [column for table in reading.profile.tables.values() for column in table.columns.values()]
        return ProfileReport(
            place=place.shown,
            text=text,
            classified_by=spec.file if spec else None,
            tables=len(reading.profile.tables),
            rows=reading.profile.rows,
            columns=len(columns),
            histograms=sum(column.histogram is not None for column in columns),
            gaps=reading.gaps,
            unclassified=reading.unclassified,
        )


def profile_of(path: Path | None, usual: Path, read: Callable[[Path], Profile]) -> tuple[Profile | None, str | None]:
    """The profile in the named file, or in the usual one where it is there; and its name."""
    if path is None and not usual.is_file():
        return None, None
    chosen = path or usual
    with datagen_errors():
        return read(chosen), str(path or f"{usual.parent.name}/{usual.name}")
