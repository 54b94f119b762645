"""Makes an anonymised copy: reads the source in one snapshot, builds a database beside the target, and swaps it in when it is whole; or
sees that the target already is that copy (second_run.py), and writes nothing.

The source is never written to: its sessions are read-only. Killed at any moment, the target serves its old data. What was copied until
then is gone on with by the next run (resuming.py), as far as the source's rows are still the same, or else removed. Memory is bounded by
blocks of rows and by a limited memory of values per column.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

import psycopg

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.beside import Beside, built_beside, keeping
from liftlock_datagen.database.claim import claim
from liftlock_datagen.database.connect import connected, database_of
from liftlock_datagen.database.leftovers import remove_leftovers
from liftlock_datagen.database.reading_rights import require_readable
from liftlock_datagen.database.refusals import masked_errors
from liftlock_datagen.database.resumption import Resumption
from liftlock_datagen.database.schema_copy import SchemaCopy, Section, copied_schema
from liftlock_datagen.errors import ChangedError, DatagenError, NoRoomError, UnreachableError
from liftlock_datagen.masking.crew import Crew, Progress
from liftlock_datagen.masking.facts import note_facts, of_request, of_rows, of_schema
from liftlock_datagen.masking.filling import Filling, Note
from liftlock_datagen.masking.finish import (
    analyse,
    crowds,
    for_indexes,
    read_sequences,
    refresh_views,
    require_crowds,
    set_sequences,
    unseen,
)
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.masking.parts import expected_rows, parts
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.recipes import part_recipe, schema_recipe
from liftlock_datagen.masking.report import Crowd, MaskReport
from liftlock_datagen.masking.sameness import Facts
from liftlock_datagen.masking.second_run import Other, Same, SecondRun
from liftlock_datagen.masking.source import Source, opened, present_digest
from liftlock_datagen.masking.target import is_there, origin, refuse_target, require_columns
from liftlock_datagen.masking.worker import Part, Setup
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.subset.plan import plan_subset
from liftlock_datagen.subset.selection import SubsetSelection, selected


class SchemaFrom(StrEnum):
    """Whose schema the copy has."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class MaskRequest:
    """What is asked. replace: rows of the target that are not ours may go. whole: all rows, also where the classification has a subset.

    image: of PostgreSQL, for its pg_dump where this machine has none. tool: name and version, for the marker. source_name: what the source
    is called where its address may change. fresh: a copy is made also where the target already is it, nothing of an earlier run is gone on
    with, and after an error nothing is left."""

    source_url: str = field(repr=False)
    target_url: str = field(repr=False)
    spec: DataSpec
    key: PseudonymKey
    schema: SchemaFrom = SchemaFrom.SOURCE
    workers: int = 2
    replace: bool = False
    whole: bool = False
    image: str = ""
    tool: str = "liftlock"
    source_name: str = ""
    fresh: bool = False


def preview(source_url: str, spec: DataSpec) -> MaskPlan:
    """The plan alone, with its problems; only the source's catalog is read."""
    with masked_errors("source", source_url), opened(source_url) as source:
        return plan_mask(source.catalog, spec, rows=source.rows())


def anonymise(request: MaskRequest, on_progress: Progress, on_note: Note) -> MaskReport:
    """Replaces the target by an anonymised copy of the source, unless it already is that copy.

    Raises:
        PlanError: parts cannot be anonymised as the classification says; nothing was read.
        TargetError: the target is not to be replaced. CrowdError: the copy is not k-anonymous.
        DatagenError: anything else; in every case the target is as it was. No message holds a value or a password.
    """
    refusals = masked_errors("the database refused", request.source_url, request.target_url)
    with refusals, Crew(request.workers) as crew, opened(request.source_url) as source, ExitStack() as choice:
        run = _Run(request, source, crew, on_progress, on_note)
        refuse_target(source.connection, request.target_url, replace=request.replace, source_name=request.source_name)
        plan = plan_mask(source.catalog, request.spec, rows=source.rows()).required()
        require_readable(source.connection)
        keeper = choice.enter_context(keeping(request.target_url))
        claim(keeper, database_of(request.target_url), on_note)
        with run.told_of_changes():
            work = run.work(plan, choice.enter_context(chosen(source, request)), keeper.info.server_version // 10000)
            same = run.same(plan, work)
        if same is not None:
            remove_leftovers(keeper, database_of(request.target_url), on_note)
            return same
        with run.schema() as schema:
            resumption = Resumption(schema_recipe(request.key, schema.digest(source.url)), run.stays, request.fresh)
            with built_beside(request.target_url, keeper=keeper, resumption=resumption, on_note=on_note) as beside:
                found = run.build(plan, work, schema, beside)
    return run.report(plan, found)


class _Run:
    """The state of one run: times and rows."""

    def __init__(self, request: MaskRequest, source: Source, crew: Crew, on_progress: Progress, on_note: Note) -> None:
        self._request = request
        self._source = source
        self._crew = crew
        self._on_progress = on_progress
        self._on_note = on_note
        self._started = time.monotonic()
        self._phases: dict[str, float] = {}
        self._filling = Filling(crew, on_progress, on_note)
        self._facts: Facts = {}
        self._expected: Mapping[TableName, int] = {}

    def work(self, plan: MaskPlan, selection: SubsetSelection | None, target_major: int) -> Sequence[Part]:
        """What is to be read and written, part by part."""
        request, source = self._request, self._source
        same_types = request.schema is SchemaFrom.SOURCE and source.catalog.version // 10000 == target_major
        self._expected = expected_rows(source, selection)
        came_from = origin(source.connection, request.source_name)
        options = f"{request.schema} {request.whole} {target_major} {request.spec.subset!r}"
        self._facts = {
            **of_request(request.key, plan, source=came_from, tool=request.tool, options=options),
            **of_schema(request.key, source.connection),
        }
        every = parts(source, plan, selection, same_types=same_types)
        return [replace(part, recipe=part_recipe(request.key, part)) for part in every]

    def same(self, plan: MaskPlan, work: Sequence[Part]) -> MaskReport | None:
        """What to say where the target already is this copy; None where a copy is to be made."""
        request, source = self._request, self._source
        if request.fresh or not is_there(request.target_url):
            return None
        second = SecondRun(source, request.key, work, self._facts_of(work, read_sequences(source.connection)))
        match second.compared(request.target_url, self._crew, self._expected, self._on_progress, self._on_note):
            case Other(reason):
                if reason:
                    self._on_note(f"copying anew: {reason}")
                return None
            case Same(rows):
                with connected(request.target_url) as target:
                    found = tuple(crowds(target, plan))
                return replace(self.report(plan, found), rows=rows, unchanged=True)

    def build(self, plan: MaskPlan, work: Sequence[Part], schema: SchemaCopy, beside: Beside) -> tuple[Crowd, ...]:
        """Everything between the empty database, or what a cut-off run left of it, and the swap."""
        request, source, crew = self._request, self._source, self._crew
        with self._timed("schema"):
            self._filling.begin(schema, beside)
            crew.begin(Setup(source.url, beside.url, source.snapshot, request.key))
        with self._timed("rows"), self.told_of_changes():
            self._filling.copy(work, beside, self._expected)
            stands, came_from = read_sequences(source.connection), origin(source.connection, request.source_name)
            facts = self._facts_of(work, stands)
        self._require_same_schema()
        # What follows is the target's alone and may take long: a source in production is not held for it.
        crew.dismiss()
        source.release()
        self._filling.end(beside)
        with self._timed("indexes and keys"):
            schema.make(for_indexes(beside.url, source, request.workers), Section.BEHIND_ROWS, role=beside.owner, jobs=request.workers)
        with connected(beside.url) as target, masked_errors("behind the rows", beside.url):
            target.execute("SELECT set_config('row_security', 'off', false), set_config('statement_timeout', '0', false)")
            with self._timed("statistics"):
                set_sequences(stands, source, target, plan)
                refresh_views(target)
                analyse(beside.url, unseen(source, {part.into for part in work if part.whole}), request.workers)
            with self._timed("proof"):
                found = tuple(crowds(target, plan))
                require_crowds(found, plan.k)
                mark_anonymised(target, Anonymised(request.key.id, plan.spec_digest, request.tool, came_from))
                note_facts(target, request.key, facts)
        if request.schema is SchemaFrom.TARGET:
            schema.require_same(request.target_url)
        return found

    def report(self, plan: MaskPlan, found: tuple[Crowd, ...]) -> MaskReport:
        """What was done."""
        seconds = time.monotonic() - self._started
        key, rows = self._request.key.id, self._filling
        return MaskReport(rows.copied, plan, found, plan.k, key, plan.spec_digest, seconds, self._phases, rows.taken_over)

    def stays(self, error: BaseException) -> bool:
        """Whether what this run leaves is to stay, for the next one to go on with."""
        return not self._request.fresh and self._filling.stays(error)

    def _facts_of(self, work: Sequence[Part], stands: Mapping[TableName, int]) -> Facts:
        """All that is known of the source at this moment without a look at a row."""
        return {**self._facts, **of_rows(self._request.key, self._source.connection, {part.stored for part in work}, stands)}

    @contextmanager
    def schema(self) -> Iterator[SchemaCopy]:
        """The schema that the copy is to have. That of the target must have every column that is written."""
        request, source = self._request, self._source
        if request.schema is SchemaFrom.SOURCE:
            outside = source.catalog.outside
            if source.catalog.large_objects:
                self._on_note(f"left out: {source.catalog.large_objects:,} large objects, of which nobody knows what they hold")
            if outside:
                self._on_note(f"left out, because it leads to other servers: {', '.join(map(str, outside))}")
            with copied_schema(source.url, image=request.image, snapshot=source.snapshot, without=outside) as schema:
                yield schema
            return
        if not is_there(request.target_url):
            raise DatagenError("the target does not exist, so it has no schema", hint="say --schema source")
        require_columns(source.catalog, request.target_url)
        with copied_schema(request.target_url, image=request.image) as schema:
            yield schema

    @contextmanager
    def told_of_changes(self) -> Iterator[None]:
        """Rows are read of the schema that was planned for. What somebody's migration broke in between is told of as that."""
        try:
            yield
        except (NoRoomError, UnreachableError):
            raise
        except (DatagenError, psycopg.ProgrammingError):
            self._require_same_schema()
            raise

    def _require_same_schema(self) -> None:
        if present_digest(self._request.source_url) != self._source.catalog.digest:
            self._filling.spoil()
            raise ChangedError("the source's schema changed during the run; nothing was swapped in", hint="run the same command again")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        self._on_note(name)
        started = time.monotonic()
        yield
        self._phases[name] = time.monotonic() - started


@contextmanager
def chosen(source: Source, request: MaskRequest) -> Iterator[SubsetSelection | None]:
    """The rows that the classification's subset picks; None where all are taken."""
    if request.spec.subset is None or request.whole:
        yield None
        return
    subset = plan_subset(source.catalog, request.spec).required()
    salt = request.key.domain("subset").hex()
    with selected(source.connection, subset, salt=salt) as selection:
        yield selection
