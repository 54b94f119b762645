"""Says which rows a subset would take, and why one of them; copies nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ports import Progress
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock_datagen.port import DataEngine
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.spec.names import parse_table
from liftlock_datagen.subset.report import SubsetReport


@dataclass(frozen=True, slots=True)
class Subsets:
    """specs: the classification of a database, None where there is none. salt: what decides a share, from the key that it names."""

    engine: DataEngine
    specs: Callable[[str], DataSpec | None]
    salt: Callable[[str], str]
    progress: Progress

    def survey(self, place: Place, database: str | None, why: tuple[str, str] | None) -> SubsetReport:
        """The subset of the place, by the classification of `database` or its own. why: a table and a key that are to be explained."""
        name = database or place.database
        spec = self.specs(name)
        if spec is None:
            raise (UsageError if database else ConfigError)(f"there is no data/{name}.yaml", hint=f"propose one: liftlock data init {name}")
        if spec.subset is None:
            raise UsageError(f"{spec.file} describes no subset", hint="add subset: with roots, see docs/data/subset.md")
        table = parse_table(why[0]) if why else None
        if why and table is None:
            raise UsageError(f'"{why[0]}" names no table', hint="name it as schema.table")
        self.progress.step(f"{place.shown}: choosing rows")
        with datagen_errors(about=place.shown):
            row = (table, why[1]) if why and table else None
            return self.engine.survey_subset(place.url, spec, salt=self.salt(spec.key) if spec.key else "", row=row, on_rows=self._show)

    def _show(self, rows: int) -> None:
        self.progress.item("data subset", f"{rows:,} rows found")
