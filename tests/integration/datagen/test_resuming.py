"""A copy that was cut off is gone on with, on a real server: the same rows as of a new run, and nothing masked twice that need not be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.report import MaskReport
from liftlock_datagen.masking.run import MaskRequest, anonymise
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, SubsetRoot, SubsetSpec
from tests.integration.datagen.test_anonymise import KEPT, KEY, SCHEMA, beside, contents, named, rows, said, spec, until_gone
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

PEOPLE, MIGRATION, UNITS, VISITS, BOOKS = (
    f"public.{name}" for name in ("people", "customer_migration", "Ünits", "visits", "schema_migrations")
)
EVERY = {PEOPLE, MIGRATION, UNITS, VISITS, BOOKS}
_CUT_OFF = """
import sys
from tests.integration.datagen.test_anonymise import KEY, spec
from liftlock_datagen.masking.run import MaskRequest, anonymise
if __name__ == "__main__":
    finished = set()
    def progress(name, done, total):
        if done >= total:
            finished.add(name)
        if len(finished) == int(sys.argv[3]):
            print("there", flush=True)
            sys.stdin.read()
    def note(text):
        if text == sys.argv[4]:
            print("there", flush=True)
            sys.stdin.read()
        print(text, flush=True)
    anonymise(MaskRequest(sys.argv[1], sys.argv[2], spec(), KEY, workers=1), progress, note)
"""


@pytest.fixture
def source(server: RunningPostgres) -> Iterator[str]:
    with server.database(SCHEMA) as name:
        yield name


@pytest.fixture
def target(server: RunningPostgres) -> Iterator[str]:
    with server.database("CREATE TABLE old (what text)") as name:
        yield name
        for (left,) in beside(server, name):
            server.drop(str(left))


def cut_off(server: RunningPostgres, source: str, target: str, *, tables: int = 99, at: str = "", how: int = signal.SIGKILL) -> str:
    """A run that ends so when so many tables are copied, or when it says so; what it says of it. The next may begin."""
    words = [sys.executable, "-c", _CUT_OFF, server.url(source), server.url(target), str(tables), at]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert any(line == b"there\n" for line in process.stdout)
        process.send_signal(how)
        told = process.stdout.read().decode()
        process.wait(30)
    until_gone(server)
    return told


Copy = Callable[..., MaskReport]


@pytest.fixture
def notes() -> list[str]:
    """What the copies of a test told."""
    return []


@pytest.fixture
def copy(server: RunningPostgres, source: str, target: str, notes: list[str]) -> Copy:
    """Runs a copy from source to target."""

    def run(**changes: object) -> MaskReport:
        request = MaskRequest(server.url(source), server.url(target), spec(), KEY, workers=1)
        return anonymise(replace(request, **changes), lambda *_: None, notes.append)  # type: ignore[arg-type]

    return run


def everything(server: RunningPostgres, database: str) -> list[object]:
    """All rows, where the sequence stands, and how much each table's statistics say there is."""
    query = (
        "SELECT relname, reltuples FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'i') AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    return [*contents(server, database), rows(server, database, "SELECT last_value FROM people_id_seq"), rows(server, database, query)]


def fresh(server: RunningPostgres, source: str, of: DataSpec | None = None, key: PseudonymKey = KEY) -> list[object]:
    """What a whole new run makes of the source."""
    with server.database("") as other:
        anonymise(MaskRequest(server.url(source), server.url(other), of or spec(), key, workers=1), lambda *_: None, lambda _: None)
        return everything(server, other)


@pytest.mark.every_version
def test_a_killed_run_is_gone_on_with_and_ends_as_a_new_one(
    server: RunningPostgres, source: str, target: str, copy: Copy, notes: list[str]
) -> None:
    cut_off(server, source, target, tables=2)
    ((left,),) = beside(server, target)
    assert rows(server, target, "SELECT count(*) FROM old") == [(0,)]
    noted = rows(server, str(left), "SELECT recipe, digest FROM liftlock_data.copied")
    assert len({digest for _, digest in noted}) == len(noted) >= 2
    report = copy()
    assert report.taken_over[PEOPLE] == 2000
    assert 2 <= len(report.taken_over) < len(EVERY)
    assert any("taken over from a run that was cut off" in note for note in notes)
    assert report.rows == {PEOPLE: 2000, VISITS: 8000, UNITS: 300, MIGRATION: 1, BOOKS: 1}
    assert everything(server, target) == fresh(server, source)
    assert beside(server, target) == []
    assert copy().unchanged


@pytest.mark.every_version
def test_only_tables_that_changed_and_those_that_a_crash_empties_are_copied_again(
    server: RunningPostgres, source: str, target: str, copy: Copy
) -> None:
    with server.connect(source) as connection:
        connection.execute('ALTER TABLE "Ünits" SET UNLOGGED')
    cut_off(server, source, target, tables=len(EVERY))
    with server.connect(source) as connection:
        connection.execute("UPDATE people SET email = 'canary.new@mail.ch' WHERE id = 1000")
        connection.execute("DELETE FROM visits WHERE person = 7 AND at >= '2025-01-01'")
    report = copy()
    assert set(report.taken_over) == EVERY - {PEOPLE, UNITS}
    assert 0 < report.taken_over[VISITS] < report.rows[VISITS]  # the partition in which nothing changed
    assert everything(server, target) == fresh(server, source)


def test_rows_that_somebody_wrote_into_what_was_left_are_not_swapped_in(
    server: RunningPostgres, source: str, target: str, copy: Copy
) -> None:
    cut_off(server, source, target, tables=len(EVERY))
    ((left,),) = beside(server, target)
    with server.connect(str(left)) as connection:
        connection.execute("UPDATE people SET full_name = 'Ada Lovelace' WHERE id = (SELECT min(id) FROM people)")
        connection.execute("DELETE FROM visits_2024 WHERE at = (SELECT min(at) FROM visits_2024)")
        connection.execute("INSERT INTO visits_2025 SELECT * FROM visits_2025 LIMIT 1")
        connection.execute("INSERT INTO audit VALUES ('Ada Lovelace')")  # the classification leaves it empty
    report = copy()
    assert set(report.taken_over) == EVERY - {PEOPLE, VISITS}
    assert everything(server, target) == fresh(server, source)


def test_another_rule_makes_its_table_anew_and_no_other(server: RunningPostgres, source: str, target: str, copy: Copy) -> None:
    cut_off(server, source, target, tables=len(EVERY))
    units = replace(spec().tables[named("Ünits")], columns={"the key": ColumnSpec(KEPT), "what": ColumnSpec(said(Kind.FREE_TEXT))})
    other = replace(spec(), tables={**spec().tables, named("Ünits"): units})
    report = copy(spec=other)
    assert set(report.taken_over) == EVERY - {UNITS}
    assert everything(server, target) == fresh(server, source, other)


@pytest.mark.parametrize("what", ["key", "schema"])
def test_another_key_or_schema_begins_anew(
    server: RunningPostgres, source: str, target: str, copy: Copy, notes: list[str], what: str
) -> None:
    cut_off(server, source, target, tables=len(EVERY))
    key = PseudonymKey(bytes(range(1, 33))) if what == "key" else KEY
    if what == "schema":
        with server.connect(source) as connection:
            connection.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    report = copy(key=key)
    assert report.taken_over == {}
    assert notes[0].startswith("removed database") or notes[1].startswith("removed database")
    assert everything(server, target) == fresh(server, source, key=key)


def test_what_comes_behind_the_rows_is_never_gone_on_with(server: RunningPostgres, source: str, target: str, copy: Copy) -> None:
    cut_off(server, source, target, at="indexes and keys")
    assert len(beside(server, target)) == 1
    assert copy().taken_over == {}
    assert beside(server, target) == []


def test_an_interrupted_run_leaves_what_it_copied_and_says_so(server: RunningPostgres, source: str, target: str, copy: Copy) -> None:
    told = cut_off(server, source, target, tables=2, how=signal.SIGINT)
    ((left,),) = beside(server, target)
    assert f"what was copied stays in database {left}: the same command goes on from there" in told
    assert PEOPLE in copy().taken_over


def test_a_value_that_its_rule_cannot_read_costs_no_more_than_its_table(
    server: RunningPostgres, source: str, target: str, copy: Copy, notes: list[str]
) -> None:
    with server.connect(source) as connection:
        connection.execute("""INSERT INTO "Ünits" VALUES (1, '{"new": 1}')""")
        connection.execute("UPDATE \"Ünits\" SET what = '{}' WHERE what LIKE 'raw%'")
    document = ColumnSpec(said(Kind.DOCUMENT, Rule.KEEP), {"$.old": KEPT})
    units = replace(spec().tables[named("Ünits")], columns={"the key": ColumnSpec(KEPT), "what": document})
    wrong = replace(spec(), tables={**spec().tables, named("Ünits"): units})
    with pytest.raises(SpecError, match="Ünits"):
        copy(spec=wrong)
    assert "stays in database" in notes[-1]
    right = replace(units, columns={**units.columns, "what": replace(document, paths={"$.*": KEPT})})
    report = copy(spec=replace(wrong, tables={**wrong.tables, named("Ünits"): right}))
    assert PEOPLE in report.taken_over
    assert UNITS not in report.taken_over


@pytest.mark.parametrize(("code", "fresh", "left"), [("disk_full", False, 0), ("internal_error", False, 1), ("internal_error", True, 0)])
def test_a_full_disk_gets_its_room_back_and_who_wants_nothing_left_has_nothing(
    server: RunningPostgres, source: str, target: str, copy: Copy, code: str, fresh: bool, left: int
) -> None:
    refusal = f"""
    CREATE FUNCTION room(v text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
      IF current_database() LIKE '%liftlock%' THEN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; RETURN true; END $$;
    CREATE DOMAIN small AS text CHECK (room(VALUE)); ALTER TABLE "Ünits" ALTER what TYPE small"""
    with server.connect(source) as connection:
        connection.execute(refusal.encode())
    with pytest.raises(DatagenError, match="Ünits"):
        copy(fresh=fresh)
    assert len(beside(server, target)) == left


def test_a_subset_is_gone_on_with_where_it_takes_the_same_rows(server: RunningPostgres, source: str, target: str, copy: Copy) -> None:
    part = replace(spec(), k=1, subset=SubsetSpec((SubsetRoot(named("people"), percent=10),)))
    seen = list[str]()

    def stop(name: str, done: int, total: int) -> None:
        if done >= total:
            seen.append(name)
            if len(seen) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        anonymise(MaskRequest(server.url(source), server.url(target), part, KEY, workers=1), stop, lambda _: None)
    report = copy(spec=part)
    assert report.taken_over
    assert everything(server, target) == fresh(server, source, part)
