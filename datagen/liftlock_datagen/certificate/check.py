"""The whole check, from two addresses and a specification to a certificate."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from liftlock_datagen.catalog.model import Catalog
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.certificate import canaries
from liftlock_datagen.certificate.anonymity import count_groups
from liftlock_datagen.certificate.compared import compare
from liftlock_datagen.certificate.copy_scan import CopyScan
from liftlock_datagen.certificate.find import position_key
from liftlock_datagen.certificate.findings import Findings, NumberFindings
from liftlock_datagen.certificate.hashing import make_hasher
from liftlock_datagen.certificate.judgement import worst
from liftlock_datagen.certificate.model import AnonymityResult, BrokenPromise, Certificate, Method, Sides, Verdict
from liftlock_datagen.certificate.plan import plan_check
from liftlock_datagen.certificate.promises import lost_uniqueness
from liftlock_datagen.certificate.reading import Reading
from liftlock_datagen.certificate.relations import read_relations
from liftlock_datagen.certificate.reported import report
from liftlock_datagen.certificate.source import Counted, read_source
from liftlock_datagen.certificate.streams import moment, snapshot
from liftlock_datagen.certificate.unread import canary_result, excluded, gaps
from liftlock_datagen.certificate.unseen import accepted, without_rows, without_values
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.refusals import told
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.snapshots.markers import anonymised, seeded
from liftlock_datagen.snapshots.seal import written_since
from liftlock_datagen.spec.model import DataSpec

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
        reading = _read(spec, source, copy, Path(folder), position_key(copy, naming), key, on_progress, common)
        return _certificate(reading, sides, began)


def _read(
    spec: DataSpec, source: Connection, copy: Connection, folder: Path, secret: bytes, key: PseudonymKey | None, on_progress: Counted,
    common: int,
) -> Reading:  # fmt: skip
    """Both sides, the source first: what is looked for must be known."""
    catalogs = read_catalog(source), read_catalog(copy)
    made = _is_still_seeded(source, catalogs[0])
    generated = _is_generated(source, copy) and _is_still_seeded(copy, catalogs[1])
    plan = plan_check(spec, *catalogs, generated=generated, seeded=made, has_key=key is not None)
    hasher = make_hasher(secrets.token_bytes(32))  # for this run alone: no hash that it makes is in the report
    relations = read_relations(source)
    side = read_source(
        source, plan, hasher, folder, secret, on_progress, relations=relations, common=common, key=key, consent=spec.missing > 0
    )
    table, first = side.builder.table(), plan.first_searched
    needle = canaries.canary(secret, first) if first is not None else b""
    found, planted = (Findings(table, plan, secret, spec.locale) for _ in range(2))
    numbers = side.numbers.table()
    apart, planted_apart = (NumberFindings(numbers, plan, secret, spec.locale) for _ in range(2))
    scan = CopyScan(table, plan, hasher, secret, needle, found, planted, numbers, apart, planted_apart)
    for relation in read_relations(copy):
        scan.relation(copy, relation, side, on_progress)
    scan.places(copy)
    scan.names(copy, source)
    scan.gallery(copy)
    return Reading(spec, source, copy, catalogs, plan, hasher, secret, common, key, relations, side, table, scan)


def _certificate(reading: Reading, sides: Sides, began: float) -> Certificate:
    """What is to be said of it."""
    spec, plan, scan = reading.spec, reading.plan, reading.scan
    made, more = anonymised(reading.copy), list[str]()
    findings = report(reading)
    rows = compare(reading)
    anonymity = tuple(_anonymity(reading, more))
    promises = tuple(_shown(item, scan) for item in (*rows.promises, *lost_uniqueness(reading.copy, *reading.catalogs, more)))
    canary = canary_result(reading, rows.blind)
    empty = (*without_values(rows.columns, scan.rows), *without_rows(rows.tables, spec, generated=plan.generated))
    unread = tuple(map(scan.shown, (*gaps(reading), *more, *empty, *rows.gaps)))
    complete = not unread and not canary.missed
    consent = () if plan.generated else accepted(rows.tables, spec.missing)
    verdicts = [*(item.verdict for item in rows.columns), *(item.verdict for item in findings), *(item.verdict for item in anonymity)]
    verdicts += [Verdict.ACCEPTED] * bool(consent) + [Verdict.BROKEN] * bool(promises) + [Verdict.INCOMPLETE] * (not complete)
    return Certificate(
        verdict=worst(verdicts),
        complete=complete,
        source=sides.source_shown,
        copy=sides.copy_shown,
        database=spec.database,
        tool=sides.tool,
        key_id=made.key_id if made else "",
        spec=spec.digest,
        missing=spec.missing,
        source_catalog=reading.catalogs[0].digest,
        copy_catalog=reading.catalogs[1].digest,
        source_time=moment(reading.source),
        copy_time=moment(reading.copy),
        seconds=round(time.monotonic() - began, 3),
        rows=scan.rows,
        cells=reading.side.cells + scan.cells,
        needles=len(reading.table),
        tables=tuple(rows.tables),
        columns=tuple(rows.columns),
        kept=plan.kept,
        findings=findings,
        excluded=tuple(excluded(reading)),
        canaries=canary,
        anonymity=anonymity,
        promises=promises,
        unread=unread,
        remarks=(*map(scan.shown, consent), *_remarks(reading)),
    )


def _shown(item: BrokenPromise, scan: CopyScan) -> BrokenPromise:
    """A broken promise for people, without names that hold a value."""
    return replace(item, table=scan.shown(item.table), column=scan.shown(item.column), text=scan.shown(item.text))


def _anonymity(reading: Reading, more: list[str]) -> Iterator[AnonymityResult]:
    """more: takes what could not be counted."""
    for table in reading.plan.tables:
        if not table.quasi_identifiers or table.method is Method.ABSENT:
            continue
        try:
            with reading.copy.transaction():
                yield count_groups(reading.copy, table, reading.spec.k)
        except psycopg.Error as err:
            more.append(f"copy: k-anonymity of {table.name}: {told(err)}")


def _is_generated(source: Connection, copy: Connection) -> bool:
    """Whether the copy's rows were made from the schema alone. A copy of rows that were made so has the very marker of its source."""
    made = seeded(copy)
    return made is not None and made != seeded(source)


def _is_still_seeded(side: Connection, catalog: Catalog) -> bool:
    """Whether the rows were made from the schema, and none was written since: the marker stays when people work there."""
    if seeded(side) is None:
        return False
    try:
        with side.transaction():
            return not written_since(side, besides=[book.name for book in catalog.books])
    except psycopg.Error as err:
        if err.sqlstate is None or side.closed:
            raise
        return False  # a table that cannot be read may hold anybody's rows


def _remarks(reading: Reading) -> Iterator[str]:
    """What explains a result that may surprise."""
    made = seeded(reading.copy)
    if made is not None and made == seeded(reading.source):
        yield (
            f"the same data generate made the rows of both sides (seed {made.seed}), so they are alike, and nobody's:"
            " is --from the place whose values must not survive?"
        )
    elif made is not None and not reading.plan.generated:
        yield (
            "the copy has the marker of data generate, but other rows were written behind it, so it is held against the source as any copy:"
            " what liftlock made there may look like a leak; generate it again, then check"
        )
    for table in reading.plan.tables:
        if table.method is Method.TOGETHER and table.columns:
            known = ", ".join(column.name for column in table.key)
            yield f"{table.name}: it has no key to meet by, so rows are compared with those that hold the same in {known}"
        if table.method is Method.VALUES and table.columns:
            yield f"{table.name}: rows are not compared with their own, as they have no key to meet by; values and their numbers are"
