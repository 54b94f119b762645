"""Replaces a database by an anonymised copy of another: which places, which key, and whether it may be done at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from liftlock.core.errors import BlockedError, ConfigError, PolicyError, UsageError
from liftlock.core.ports import Progress
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place, missing_right
from liftlock.services.data.rows_shown import RowsShown
from liftlock_datagen.errors import DatagenError, PlanError, Problem, SpecPlanError, TargetError
from liftlock_datagen.port import DataEngine
from liftlock_datagen.spec.model import DataSpec, Privacy

if TYPE_CHECKING:
    from liftlock_datagen.masking.keys import PseudonymKey
    from liftlock_datagen.masking.model import MaskPlan
    from liftlock_datagen.masking.report import Crowd, MaskReport
    from liftlock_datagen.masking.run import MaskRequest


@dataclass(frozen=True, slots=True)
class CopyAsked:
    """What the command line says. schema: source or target. replace: rows of the target that are not ours may go. whole: no subset.

    spec: the database whose classification holds, where it is not that of the target. fresh: a copy is made also where the target already
    is it, nothing of an earlier run is gone on with, and after an error nothing is left.
    """

    schema: str = "source"
    workers: int = 2
    replace: bool = False
    whole: bool = False
    key: str | None = None
    spec: str | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class ColumnOutcome:
    """What happens to a column, or to a path of a document (`profile $.email`). guarantee: whether different values stay different; "" of a
    path. privacy: what may be said of it afterwards."""

    table: str
    column: str
    what: str
    guarantee: str
    privacy: str


@dataclass(frozen=True, slots=True)
class CrowdOutcome:
    """How many rows share the quasi-identifiers of a table: the fewest, and those that share them with fewer than k."""

    table: str
    columns: Sequence[str]
    smallest: int
    below: int
    groups: int


@dataclass(frozen=True, slots=True)
class AnonymisationReport:
    """What was copied, or would be. planned: nothing was read but the catalog. privacy: columns and paths of each class.

    taken_over: per table, how many of its rows a run that was cut off had copied already, from rows that are still the same. remarks: what
    people should know of the copy, in words.
    unchanged: the target already was this copy, and nothing was written; seconds is how long it took to see that.
    """

    source: str
    target: str
    planned: bool
    total: int
    tables: Mapping[str, int]
    privacy: Mapping[Privacy, int]
    columns: Sequence[ColumnOutcome]
    problems: Sequence[str]
    k: int
    crowds: Sequence[CrowdOutcome] = ()
    key_id: str | None = None
    spec_digest: str = ""
    seconds: float = 0.0
    taken_over: Mapping[str, int] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Anonymisation:
    """specs: the classification of a database. key: the pseudonym key by its reference. file: the classification's path, for messages."""

    engine: DataEngine
    progress: Progress
    specs: Callable[[str], DataSpec | None]
    key: Callable[[str], PseudonymKey]
    file: Callable[[str], str]
    tool: str

    def plan(self, source: Place, target: Place, database: str | None = None) -> AnonymisationReport:
        """What run would do, and everything that speaks against it. Reads the source's catalog alone. database: as CopyAsked.spec."""
        spec = self._spec(target, source, database)
        with datagen_errors(about=source.shown):
            plan = self.engine.plan_mask(source.url, spec)
        right = [missing] if (missing := missing_right(target, self.engine)) else []
        return AnonymisationReport(
            source.shown, target.shown, True, 0, {}, plan.privacy, _columns(plan), (*map(str, plan.problems), *right), plan.k,
            spec_digest=plan.spec_digest,
        )  # fmt: skip

    def run(
        self, source: Place, target: Place, asked: CopyAsked, *, confirm: Callable[[str], bool] = lambda _: False
    ) -> AnonymisationReport:
        """Replaces the target. BlockedError where the copy is not k-anonymous, PolicyError for a target that is not to be replaced.

        confirm: asked where it is in use, or holds anything but a copy of this source; then nothing has been read yet.
        """
        from liftlock_datagen.masking.report import CrowdError  # noqa: PLC0415 - numpy, for those who copy
        from liftlock_datagen.masking.run import MaskRequest, SchemaFrom  # noqa: PLC0415

        target.require_standing("data anonymise", self.engine)
        spec, key = self.require_ready(source, target, asked)
        request = MaskRequest(
            source.url, target.url, spec, key, SchemaFrom(asked.schema), asked.workers, asked.replace, asked.whole, _image(source, target),
            self.tool, source.name, asked.fresh,
        )  # fmt: skip
        self.progress.step(f"data anonymise {source.shown} -> {target.shown}: key {key.id}")
        try:
            done = self._copied(request)
        except CrowdError as err:
            raise BlockedError(err.message, hint=err.hint) from None
        except TargetError as err:
            if not (err.may_be_lost and confirm(f"{target.shown}: {err.message}. Replace all of it by a copy of {source.shown}?")):
                raise PolicyError(f"{target.shown}: {err.message}", hint=err.hint) from None
            done = self._copied(replace(request, replace=True))
        except DatagenError as err:
            with datagen_errors(about=f"{source.shown} -> {target.shown}"):
                raise err from None
        return AnonymisationReport(
            source.shown, target.shown, False, done.total, done.rows, done.privacy, _columns(done.plan), (), done.k,
            tuple(map(_crowd, done.crowds)), done.key_id, done.spec_digest, done.seconds, done.taken_over,
            remarks_on(done.total, chosen=not asked.whole and spec.subset is not None), done.unchanged,
        )  # fmt: skip

    def require_ready(self, source: Place, target: Place, asked: CopyAsked) -> tuple[DataSpec, PseudonymKey]:
        """The classification and the key, for who wants to know that they are there before anything is begun; otherwise an error of use.

        Where there is no key, that is told together with what the plan finds: who mended it alone would meet the rest one by one.
        """
        spec = self._spec(target, source, asked.spec)
        try:
            return spec, self._key(spec, asked)
        except ConfigError as err:
            problems = self._problems(source, spec)
            if not problems:
                raise
            told = "\n".join((SpecPlanError(problems).message, f"and {err.message}"))
            raise ConfigError(f"{source.shown} -> {target.shown}: {told}", hint=err.hint) from err

    def _key(self, spec: DataSpec, asked: CopyAsked) -> PseudonymKey:
        reference = asked.key or spec.key
        if not reference:
            raise ConfigError(
                f"{spec.file or self.file(spec.database)} does not say where the pseudonym key is",
                hint="say key: env:NAME or key: file:PATH there, or --key; liftlock data key new makes one",
            )
        with datagen_errors():
            return self.key(reference)

    def _problems(self, source: Place, spec: DataSpec) -> Sequence[Problem]:
        """What speaks against a copy; nothing where that cannot be seen now."""
        try:
            return self.engine.plan_mask(source.url, spec).problems
        except PlanError as err:
            return err.problems
        except DatagenError:
            return ()

    def _copied(self, request: MaskRequest) -> MaskReport:
        with self.progress.watching("data anonymise"):
            return self.engine.anonymise(request, on_progress=RowsShown(self.progress), on_note=self.progress.step)

    def _spec(self, target: Place, source: Place, named: str | None) -> DataSpec:
        """The classification that is named; else that of the target's database, and of the source's where that has none."""
        databases = (named,) if named else (target.database, source.database)
        for database in dict.fromkeys(databases):
            found = self.specs(database)
            if found is not None:
                return found
        raise (UsageError if named else ConfigError)(
            f"{self.file(databases[0])} is not there: nobody said what each column holds",
            hint=f"run: liftlock data init {databases[0]}, and have the file reviewed; or name another database with --spec",
        )


def remarks_on(rows: int, *, chosen: bool) -> tuple[str, ...]:
    """What is said of a copy without rows: nobody should take it for one that has them. chosen: a subset said which ones. Pure."""
    if rows:
        return ()
    return (f"0 rows: the source's tables are empty{', or the subset takes none of their rows' if chosen else ''}",)


def _columns(plan: MaskPlan) -> tuple[ColumnOutcome, ...]:
    return tuple(
        ColumnOutcome(str(table.name), f"{found.column} {found.path}".strip(), found.what, found.guarantee, found.privacy.value)
        for table in plan.tables
        for found in table.outcomes
    )


def _crowd(found: Crowd) -> CrowdOutcome:
    return CrowdOutcome(found.table, found.columns, found.smallest, found.below, found.groups)


def _image(*places: Place) -> str:
    """The image of a place's server, whose pg_dump is new enough."""
    found = [str(item.image) for at in places if at.environment for item in at.environment.databases if item.name == at.database]
    return found[0] if found else ""
