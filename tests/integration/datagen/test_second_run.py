"""A second run whose source did not change writes nothing, on a real server; each kind of change is seen, and told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import connected
from liftlock_datagen.masking.facts import of_rows
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.report import MaskReport
from liftlock_datagen.masking.run import MaskRequest, SchemaFrom, anonymise
from liftlock_datagen.snapshots.restore import restore_template
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, SubsetRoot, SubsetSpec
from tests.integration.datagen.test_anonymise import KEPT, KEY, SCHEMA, beside, contents, named, rows, said, spec
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

READ = {TableName("public", name) for name in ("people", "customer_migration", "Ünits", "visits_2024", "visits_2025", "schema_migrations")}


class StoppedError(Exception):
    """The run was about to build something."""


@dataclass(frozen=True)
class Copies:
    """A source and a finished copy of it."""

    server: RunningPostgres
    source: str
    target: str

    def request(self, **changes: object) -> MaskRequest:
        request = MaskRequest(self.server.url(self.source), self.server.url(self.target), spec(), KEY, workers=1, replace=True)
        return replace(request, **changes)  # type: ignore[arg-type]

    def run(self, **changes: object) -> MaskReport:
        """A run that may write."""
        return anonymise(self.request(**changes), lambda *_: None, lambda _: None)

    def told(self, **changes: object) -> list[str]:
        """What a run says until it would build something: nothing is written. Empty where it would not."""
        notes: list[str] = []

        def note(text: str) -> None:
            notes.append(text)
            if text == "schema" or text.startswith("copying anew"):
                raise StoppedError

        try:
            report = anonymise(self.request(**changes), lambda *_: None, note)
        except StoppedError:
            return [text for text in notes if text.startswith("copying anew")] or ["nothing to compare with"]
        assert report.unchanged
        return []

    @contextmanager
    def clone(self) -> Iterator[str]:
        """A clone of the copy by the server itself, as a golden copy is."""
        name = f"{self.target}_clone"
        self.server.administer(f"CREATE DATABASE {name} TEMPLATE {self.target} OWNER liftlock")
        try:
            yield name
        finally:
            self.server.drop(name)

    def note_counters(self) -> None:
        """As if PostgreSQL had counted no write since the copy was made."""
        with connected(self.server.url(self.source)) as source, connected(self.server.url(self.target)) as target:
            for (kind, name), mark in of_rows(KEY, source, READ, {named("people_id_seq"): 2000}).items():
                target.execute("UPDATE liftlock_data.made SET mark = %s WHERE kind = %s AND name = %s", [mark, kind.value, name])

    def write(self, database: str, statement: str) -> None:
        with self.server.connect(database) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
def copies(server: RunningPostgres) -> Iterator[Copies]:
    """The tests of this module leave both as they are, but for the last ones."""
    with ExitStack() as stack:
        source = stack.enter_context(server.database(SCHEMA))
        target = stack.enter_context(server.database("CREATE TABLE old (what text)"))
        found = Copies(server, source, target)
        assert not found.run().unchanged
        yield found


def test_a_second_run_writes_nothing_and_touches_nobody(server: RunningPostgres, copies: Copies) -> None:
    place = "SELECT d.oid::text, (SELECT max(xmin::text::bigint) FROM people) FROM pg_database d WHERE datname = current_database()"
    before = rows(server, copies.target, place)
    seen: list[str] = []
    with server.connect(copies.target) as session:
        session.execute("SET application_name = 'shop'")
        report = anonymise(copies.request(), lambda name, *_: seen.append(name), lambda _: None)
        assert session.execute("SELECT count(*) FROM people").fetchall() == [(2000,)]
    assert report.unchanged
    assert rows(server, copies.target, place) == before
    names = ("people", "customer_migration", "Ünits", "visits", "schema_migrations")
    assert report.rows == {f"public.{name}": count for name, count in zip(names, (2000, 1, 300, 8000, 1), strict=True)}
    assert [(crowd.table, crowd.below) for crowd in report.crowds] == [("public.people", 0)]
    assert seen
    assert all(name.endswith("(is it unchanged?)") for name in seen)
    assert beside(server, copies.target) == []


def test_a_clone_of_the_copy_and_one_that_was_restored_are_the_copy_too(server: RunningPostgres, copies: Copies) -> None:
    with copies.clone() as clone:
        assert copies.told(target_url=server.url(clone)) == []
        server.administer(f"COMMENT ON DATABASE {clone} IS 'golden'")
        server.administer(f"ALTER DATABASE {clone} IS_TEMPLATE true")
        with server.database("CREATE TABLE other ()") as place:
            assert restore_template(server.url(place), template=clone, comment="golden", on_note=lambda _: None)
            server.administer(f"ALTER DATABASE {clone} IS_TEMPLATE false")
            assert copies.told(target_url=server.url(place)) == []


def test_other_requests_are_no_second_run(copies: Copies) -> None:
    units = replace(spec().tables[named("Ünits")], columns={"the key": ColumnSpec(KEPT), "what": ColumnSpec(said(Kind.FREE_TEXT))})
    other = replace(spec(), tables={**spec().tables, named("Ünits"): units})
    assert copies.told(key=PseudonymKey(bytes(range(1, 33)))) == ["copying anew: it was made with another key"]
    assert copies.told(spec=other) == ["copying anew: the classification changed"]
    assert copies.told(spec=replace(spec(), digest="blake2b:a reason more")) == ["copying anew: the classification changed"]
    assert copies.told(tool="liftlock 99") == ["copying anew: another version made it"]
    assert copies.told(schema=SchemaFrom.TARGET) == ["copying anew: it was made with other options"]
    assert copies.told(source_name="prod/shop") == ["copying anew: it is a copy of another source"]
    assert copies.told(fresh=True) == ["nothing to compare with"]
    assert copies.told() == []


# From what is looked at last to what is looked at first: each is told although those before it are there too.
_IN_THE_TARGET = (
    ("INSERT INTO audit VALUES ('mine')", "1 rows were written behind its marker, in public.audit"),
    ("INSERT INTO \"Ünits\" VALUES (1, 'mine')", "somebody wrote to public.Ünits in the target"),
    ("DELETE FROM visits WHERE at = (SELECT max(at) FROM visits)", "somebody wrote to public.visits_2025 in the target"),
    ("UPDATE people SET note = note WHERE id = (SELECT min(id) FROM people)", "somebody wrote to public.people in the target"),
    ("SELECT nextval('people_id_seq')", "a sequence of the target moved"),
    ("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "the target's schema was changed"),
)


def test_whatever_is_written_or_defined_in_the_target_is_seen(server: RunningPostgres, copies: Copies) -> None:
    with copies.clone() as clone:
        for statement, reason in _IN_THE_TARGET:
            copies.write(clone, statement)
            assert copies.told(target_url=server.url(clone)) == [f"copying anew: {reason}"]


def test_a_copy_that_says_nothing_of_how_it_was_made_is_made_anew(server: RunningPostgres, copies: Copies) -> None:
    with copies.clone() as clone:
        copies.write(clone, "DROP TABLE liftlock_data.made")
        assert copies.told(target_url=server.url(clone)) == ["nothing to compare with"]


def test_a_target_that_somebody_holds_locked_is_not_waited_for(server: RunningPostgres, copies: Copies) -> None:
    with copies.clone() as clone, server.connect(clone) as session, session.transaction():
        session.execute("LOCK TABLE people")
        (reason,) = copies.told(target_url=server.url(clone))
        assert reason.startswith("copying anew: the target could not be compared (")


# The largest table first: each is told although those before it changed too.
_IN_THE_SOURCE = (
    ("UPDATE people SET note = 'new' WHERE id = 1000", "public.people"),
    ("DELETE FROM visits WHERE at = (SELECT max(at) FROM visits)", "public.visits_2025"),
    ("INSERT INTO \"Ünits\" VALUES (1, 'new')", "public.Ünits"),
)


def test_whatever_changes_in_the_source_is_seen_by_counters_and_else_by_its_rows(server: RunningPostgres, copies: Copies) -> None:
    for statement, table in _IN_THE_SOURCE:
        copies.write(copies.source, statement)
        assert copies.told() == [f"copying anew: {table} was written to in the source"]
        copies.note_counters()
        assert copies.told() == [f"copying anew: {table} changed in the source"]
    copies.write(copies.source, "SELECT nextval('people_id_seq')")
    assert copies.told() == ["copying anew: a sequence of the source moved"]
    copies.write(copies.source, "ALTER TABLE audit ADD COLUMN more text")
    assert copies.told(spec=_with_more()) == ["copying anew: the classification changed"]
    copies.write(copies.source, "CREATE VIEW everybody AS SELECT * FROM people")
    assert not copies.run(spec=_with_more()).unchanged
    assert copies.told(spec=_with_more()) == []
    copies.write(copies.source, "CREATE OR REPLACE VIEW everybody AS SELECT * FROM people WHERE id > 0")
    assert copies.told(spec=_with_more()) == ["copying anew: the source's schema changed"]


def _with_more() -> DataSpec:
    audit = spec().tables[named("audit")]
    return replace(spec(), tables={**spec().tables, named("audit"): replace(audit, columns={**audit.columns, "more": ColumnSpec(KEPT)})})


def test_a_subset_into_the_schema_of_the_target_is_told_again(server: RunningPostgres) -> None:
    part = replace(spec(), k=1, subset=SubsetSpec((SubsetRoot(named("people"), percent=10),)))
    ahead = "ALTER TABLE people ADD COLUMN later text; DELETE FROM visits; DELETE FROM people; DELETE FROM audit;"
    with server.database(SCHEMA) as source, server.database(SCHEMA + ahead) as target:
        copies = Copies(server, source, target)
        asked = {"spec": part, "schema": SchemaFrom.TARGET}
        first = copies.run(**asked)
        before = contents(server, target)
        again = copies.run(**asked)
        assert again.unchanged
        assert again.rows == first.rows
        assert contents(server, target) == before
        assert copies.told(**asked, whole=True) == ["copying anew: it was made with other options"]
        copies.write(source, "DELETE FROM visits WHERE person = 1")
        copies.note_counters()
        taken = rows(server, target, "SELECT count(*) FROM visits")
        assert copies.told(**asked) in ([], ["copying anew: public.visits_2024 changed in the source"])
        assert rows(server, target, "SELECT count(*) FROM visits") == taken
