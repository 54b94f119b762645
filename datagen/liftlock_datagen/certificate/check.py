"""The whole check, from two addresses and a specification to a certificate."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.certificate import canaries
from liftlock_datagen.certificate.aligned import ColumnAgreement
from liftlock_datagen.certificate.anonymity import count_groups
from liftlock_datagen.certificate.copy_scan import CopyScan, Digests
from liftlock_datagen.certificate.find import position_key
from liftlock_datagen.certificate.findings import Findings
from liftlock_datagen.certificate.hashing import make_hasher
from liftlock_datagen.certificate.judgement import Looked, judge_column, unseen, without_rows, worst
from liftlock_datagen.certificate.model import (
    AnonymityResult,
    CanaryResult,
    Certificate,
    ColumnResult,
    Excluded,
    Finding,
    Form,
    Method,
    Sides,
    TableResult,
    Verdict,
)
from liftlock_datagen.certificate.needles import NeedleTable
from liftlock_datagen.certificate.ours import odds
from liftlock_datagen.certificate.plan import CheckPlan, Sensitive, TablePlan, plan_check
from liftlock_datagen.certificate.relations import foreign_tables, read_relations
from liftlock_datagen.certificate.source import Counted, digest, digests_of, ours_alone, read_source
from liftlock_datagen.certificate.streams import moment, snapshot
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.refusals import told
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.snapshots.markers import anonymised, seeded
from liftlock_datagen.spec.model import DataSpec, Rows, Rule

COMMON = 100
"""A value in more rows than this is not looked for."""


def check_copy(
    sides: Sides, spec: DataSpec, *, naming: bytes, key: PseudonymKey | None = None, on_progress: Counted, common: int = COMMON
) -> Certificate:
    """The certificate of a copy. Both databases are only read, each in one snapshot.

    naming: a secret of at most 64 bytes that rows are named with (find.py).
    key: the pseudonym key; without it rows whose keys are pseudonymised are not matched.
    """
    began = time.monotonic()
    with TemporaryDirectory(prefix="liftlock-check-") as folder, snapshot(sides.source) as source, snapshot(sides.copy) as copy:
        run = _Run(spec, source, copy, Path(folder), position_key(copy, naming), key, on_progress, common)
        return run.certificate(sides, began)


class _Run:
    """One check while it goes on."""

    def __init__(
        self,
        spec: DataSpec,
        source: Connection,
        copy: Connection,
        folder: Path,
        secret: bytes,
        key: PseudonymKey | None,
        on_progress: Counted,
        common: int,
    ) -> None:
        self._spec, self._source, self._copy, self._secret, self._on_progress = spec, source, copy, secret, on_progress
        self._common = common
        self._catalogs = read_catalog(source), read_catalog(copy)
        self._plan = plan_check(spec, *self._catalogs, generated=_is_generated(source, copy), has_key=key is not None)
        self._hasher = hasher = make_hasher(secrets.token_bytes(32))  # for this run alone: no hash that it makes is in the report
        self._relations = read_relations(source)
        reading = read_source(source, self._plan, hasher, folder, secret, on_progress, relations=self._relations, common=common, key=key)
        self._side = reading
        table = self._side.builder.table()
        first = self._plan.first_searched
        needle = canaries.canary(secret, first) if first is not None else b""
        found, planted = (Findings(table, self._plan, secret, spec.locale) for _ in range(2))
        self._scan = CopyScan(table, self._plan, hasher, secret, needle, found, planted)
        self._table = table

    def certificate(self, sides: Sides, began: float) -> Certificate:
        """Reads the copy and judges."""
        made = anonymised(self._copy)
        for relation in read_relations(self._copy):
            self._scan.relation(self._copy, relation, self._side, self._on_progress)
        self._scan.places(self._copy)
        self._scan.gallery(self._copy)
        digests = self._digests()
        columns, tables, blind, unseen = self._compared()
        findings = tuple(sorted([*self._findings(), *digests, *self._unwanted()], key=_order))
        anonymity = tuple(self._anonymity())
        canary = self._canaries(blind)
        empty = without_rows(tables, self._spec, generated=self._plan.generated)
        far = [f"copy: {name} is a foreign table: its rows are on another server" for name in foreign_tables(self._copy)]
        unread = (*self._plan.gaps, *self._side.unread, *self._scan.unread, *self._blind_for(), *far, *self._strangers(), *empty, *unseen)
        verdicts = [*(item.verdict for item in columns), *(item.verdict for item in findings), *(item.verdict for item in anonymity)]
        complete = not unread and not canary.missed
        return Certificate(
            verdict=worst([*verdicts, *([] if complete else [Verdict.INCOMPLETE])]),
            complete=complete,
            source=sides.source_shown,
            copy=sides.copy_shown,
            database=self._spec.database,
            tool=sides.tool,
            key_id=made.key_id if made else "",
            spec=self._spec.digest,
            source_catalog=self._catalogs[0].digest,
            copy_catalog=self._catalogs[1].digest,
            source_time=moment(self._source),
            copy_time=moment(self._copy),
            seconds=round(time.monotonic() - began, 3),
            rows=self._scan.rows,
            cells=self._side.cells + self._scan.cells,
            needles=len(self._table),
            tables=tables,
            columns=columns,
            kept=self._plan.kept,
            findings=findings,
            excluded=tuple(_excluded(self._plan, self._table)),
            canaries=canary,
            anonymity=anonymity,
            unread=unread,
        )

    def _compared(self) -> tuple[tuple[ColumnResult, ...], tuple[TableResult, ...], list[str], list[str]]:
        """Columns, tables, where rows of our own were not seen, and what nobody can say anything of."""
        columns: list[ColumnResult] = []
        tables: list[TableResult] = []
        blind: list[str] = []
        gaps: list[str] = []
        generated = self._plan.generated
        for table in self._plan.tables:
            alignment = self._side.alignments.get(table.name)
            if alignment is None:
                continue
            matched, found = alignment.result()
            tables.append(TableResult(str(table.name), table.method, alignment.rows[0], alignment.rows[1], matched))
            looked = [Looked(item, column, self._left_out(item)) for item, column in zip(table.columns, found, strict=True)]
            gaps += unseen(tables[-1], looked, generated=generated)
            self._weigh(table, found)
            for item, column in zip(table.columns, found, strict=True):
                left = self._scan.left[item.number]
                columns.append(judge_column(item, table.method, column, self._spec.overlap, left=left, generated=generated))
            blind += [f"row against row: {table.columns[number]}" for number in alignment.blind()]
        return tuple(columns), tuple(tables), blind, gaps

    def _weigh(self, table: TablePlan, found: Sequence[ColumnAgreement]) -> None:
        """Where rows agree on values that our makers could have given on both sides, says how likely that is."""
        locale, likely, agreed = self._spec.locale, {}, {}
        for place, (item, column) in enumerate(zip(table.columns, found, strict=True)):
            for agreement in column.forms:
                of_ours = odds(locale, item.value.kind, agreement.form)
                if of_ours and agreement.rows and agreement.is_counted and item.value.rule in {Rule.PSEUDONYM, Rule.SYNTHETIC}:
                    likely[place, agreement.form] = of_ours
                    agreed[place, agreement.form] = agreement.values
        chosen = ours_alone(self._source, table, self._relations, self._hasher, agreed, locale) if agreed else set()
        for place, column in enumerate(found):
            for agreement in column.forms:
                agreement.odds = likely[place, agreement.form] if (place, agreement.form) in chosen else 0.0

    def _left_out(self, item: Sensitive) -> int:
        """Rows of the source whose value of this column was not looked for."""
        common = self._table.common[item.number]
        return common.rows + common.short

    def _findings(self) -> Iterator[Finding]:
        names = self._plan.names
        for key, found in self._scan.found.found.items():
            column, place, part, form, _ = key
            verdict, reason = self._scan.found.verdict(key, self._scan.places_rows[place.removeprefix("statistics of ")])
            yield Finding(
                source=names[column],
                place=place,
                part=part,
                form=form,
                cells=found.cells,
                values=len(found.needles),
                own_row=found.own_row,
                examples=tuple(found.examples),
                verdict=verdict,
                reason=reason,
            )

    def _unwanted(self) -> Iterator[Finding]:
        """Rows of tables that should have none."""
        for name, table in self._spec.tables.items():
            if table.rows is Rows.NONE and self._scan.counts[name] and not self._plan.generated:
                rows = self._scan.counts[name]
                yield Finding(f"{name}: rows none", str(name), "row", Form.LEFTOVER, rows, 0, 0, (), Verdict.LEAK, "")

    def _digests(self) -> list[Finding]:
        """What looked like a digest in the copy, held against digests of the source's values: a second reading, only where there is any."""
        seen = self._without_canaries(self._scan.digests)
        counted: dict[tuple[str, str, Form], tuple[int, int]] = {}
        told: set[tuple[Form, int, int]] = set()
        if not any(seen.values()):
            return []
        wanted = {form: set(places) for form, places in seen.items()}
        for form, prefix, item in digests_of(self._source, self._plan, self._relations, self._secret, wanted):
            if (form, prefix, item.number) in told:
                continue
            told.add((form, prefix, item.number))
            for place, cells in seen[form][prefix].items():
                values, many = counted.get((str(item), place, form), (0, 0))
                counted[str(item), place, form] = values + 1, many + cells
        return [
            Finding(source, place, "value", form, cells, values, 0, (), Verdict.LEAK, "")
            for (source, place, form), (values, cells) in counted.items()
        ]

    def _without_canaries(self, seen: Mapping[Form, Digests]) -> dict[Form, Digests]:
        """Digests of our own canary are what they should be, and are no finding."""
        for form in (Form.MD5, Form.SHA256):
            for place in seen[form].pop(digest(form, self._scan.needle), {}):
                self._scan.expected.discard(place)
        return {form: places for form, places in seen.items() if places}

    def _strangers(self) -> Iterator[str]:
        """Tables with rows that only the copy has, and that nobody has classified: their texts were searched, and no more is known."""
        classified = {table.name for table in self._catalogs[0].tables} | set(self._spec.tables)
        for table in self._catalogs[1].tables:
            if table.partition_of is None and table.name not in classified and self._scan.counts[table.name]:
                yield f"copy: {table.name} is not classified, so nobody knows what it holds ({self._scan.counts[table.name]:,} rows)"

    def _blind_for(self) -> Iterator[str]:
        """Canaries of people that say nothing of the copy."""
        first = len(self._plan.sensitive)
        for place in range(len(self._plan.canaries)):
            name = self._plan.names[first + place]
            if place not in self._side.canaries:
                yield f"source: {name} is in no sensitive column, so either it was taken away or the check is blind for it"
            elif self._table.common[first + place].values:
                yield f"source: {name} is in more than {self._common} rows, so it was not looked for; plant it once"

    def _canaries(self, blind: Sequence[str]) -> CanaryResult:
        seen = {place for _, place, *_ in self._scan.planted.found}
        missed = sorted((self._scan.expected - seen) | set(blind))
        compared = sum(len(table.columns) for table in self._plan.tables if table.key)
        there = len(self._side.canaries)
        return CanaryResult(len(self._scan.expected) + compared, tuple(missed), len(self._plan.canaries), there)

    def _anonymity(self) -> Iterator[AnonymityResult]:
        for table in self._plan.tables:
            if not table.quasi_identifiers or table.method is Method.ABSENT:
                continue
            try:
                with self._copy.transaction():
                    yield count_groups(self._copy, table, self._spec.k)
            except psycopg.Error as err:
                self._scan.unread.append(f"copy: k-anonymity of {table.name}: {told(err)}")


def _is_generated(source: Connection, copy: Connection) -> bool:
    """Whether the copy's rows were made from the schema alone. A copy of rows that were made so has the very marker of its source."""
    made = seeded(copy)
    return made is not None and made != seeded(source)


def _excluded(plan: CheckPlan, table: NeedleTable) -> Iterator[Excluded]:
    for item, common in zip(plan.sensitive, table.common, strict=False):
        if common.values or common.short:
            yield Excluded(str(item), common.values, common.rows, common.short)


def _order(item: Finding) -> tuple[str, ...]:
    """Leaks first."""
    return (item.reason and "chance", item.source, item.place, item.part, item.form, item.reason)
