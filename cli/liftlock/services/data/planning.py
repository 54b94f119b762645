"""Shows what an anonymised copy would do to each column, before any write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from liftlock.core.errors import ConfigError
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock_datagen.port import DataEngine
from liftlock_datagen.review.model import DataPlan, Finding, PlanTable
from liftlock_datagen.spec.model import DataSpec, Privacy


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as JSON shows it. place: file:line of the classification, the file alone where it says nothing."""

    id: str
    code: str
    where: str
    message: str
    place: str
    accepted: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The plan with its figures. columns: how many columns and paths fall into each class of privacy; unclassified: into none."""

    file: str
    place: str
    strict: bool
    columns: Mapping[Privacy, int]
    unclassified: int
    k: int
    tables: tuple[PlanTable, ...]
    errors: tuple[ShownFinding, ...]
    warnings: tuple[ShownFinding, ...]
    accepted: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class Planning:
    """Use case of `data plan`. specs: the classification of a database, None where there is none."""

    engine: DataEngine
    specs: Callable[[str], DataSpec | None]

    def plan(self, database: str, place: Place, *, sample: int | None) -> DataPlan:
        """The plan for the place's catalog. sample: how many documents of a column are looked through for paths; nothing is written."""
        spec = self.specs(database)
        if spec is None:
            raise ConfigError(f"there is no data/{database}.yaml", hint=f"liftlock data init {database} proposes one")
        with datagen_errors(about=place.shown):
            return self.engine.review(place.url, spec, sample=sample)


def report_of(plan: DataPlan, place: Place, *, strict: bool) -> PlanReport:
    """The plan as it is printed."""

    def shown(findings: tuple[Finding, ...]) -> tuple[ShownFinding, ...]:
        return tuple(_shown(item, plan.file) for item in findings)

    return PlanReport(
        file=plan.file,
        place=place.shown,
        strict=strict,
        columns=plan.counts,
        unclassified=plan.unclassified,
        k=plan.k,
        tables=plan.tables,
        errors=shown(plan.errors),
        warnings=shown(plan.warnings),
        accepted=shown(plan.accepted),
    )


def _shown(item: Finding, file: str) -> ShownFinding:
    place = f"{file}:{item.line}" if item.line else file
    message = item.problem.text if item.accepted else item.problem.said
    return ShownFinding(item.id, item.problem.code.value, item.problem.where, message, place, item.accepted)
