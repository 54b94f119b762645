"""A database that is built beside another one: whole or not at all, and the old one serves until then."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from psycopg import sql

from liftlock_datagen.database.beside import built_beside, missing_right
from liftlock_datagen.database.leftovers import beside_name, drop_without_waiting, lock_of, marker
from liftlock_datagen.database.schema_copy import Section, copied_schema
from liftlock_datagen.errors import DatagenError
from tests.integration.datagen.shape import SHAPE
from tests.postgres import PASSWORD, RunningPostgres

pytestmark = pytest.mark.docker

OLD = "CREATE TABLE thing (what text); INSERT INTO thing VALUES ('old')"


@pytest.fixture
def target(server: RunningPostgres) -> Iterator[str]:
    with server.database(OLD) as name:
        yield name


def content(server: RunningPostgres, database: str) -> object:
    with server.connect(database) as connection:
        row = connection.execute("SELECT what FROM thing").fetchone()
        return row and row[0]


def fill(url: str, what: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE thing (what text)")
        connection.execute("INSERT INTO thing VALUES (%s)", [what])


def databases(server: RunningPostgres, like: str) -> list[object]:
    with server.connect("postgres") as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", [f"{like}%"])]


def about(server: RunningPostgres, database: str) -> object:
    query = """
    SELECT datdba, datacl::text, datconnlimit, encoding, datcollate, shobj_description(oid, 'pg_database'),
           ARRAY(SELECT (setrole, setconfig)::text FROM pg_db_role_setting WHERE setdatabase = d.oid ORDER BY setrole)
    FROM pg_database d WHERE datname = %s"""
    with server.connect("postgres") as connection:
        return connection.execute(query, [database]).fetchone()


def test_the_old_database_goes_behind_the_back_of_who_does_not_wait_for_it(server: RunningPostgres, target: str) -> None:
    with built_beside(server.url(target), drop_later=True) as beside:
        fill(beside.url, "new")

    assert content(server, target) == "new"
    ends = time.monotonic() + 60
    while databases(server, target) != [target]:
        assert time.monotonic() < ends, "the old database is still there"
        time.sleep(0.05)


def test_an_old_database_that_was_not_dropped_after_all_goes_with_the_next_run(server: RunningPostgres, target: str) -> None:
    """The server was killed, say, before it came to that."""
    with server.connect("postgres") as connection:
        connection.close()
        drop_without_waiting(connection, target)
    assert content(server, target) == "old"
    server.administer(f"CREATE DATABASE {target}_liftlock_0123abcd OWNER liftlock")
    server.administer(f"COMMENT ON DATABASE {target}_liftlock_0123abcd IS '{marker(target)}'")

    with built_beside(server.url(target)) as beside:
        fill(beside.url, "new")

    assert databases(server, target) == [target]


@pytest.mark.every_version
def test_the_new_database_takes_the_name_and_all_that_was_said_of_the_old_one(server: RunningPostgres, target: str) -> None:
    for statement in (
        "ALTER DATABASE {} SET search_path = \"$user\", 'We ird', public",
        "ALTER DATABASE {} SET work_mem = '5MB'",
        "ALTER ROLE liftlock IN DATABASE {} SET statement_timeout = '90s'",
        "COMMENT ON DATABASE {} IS 'the shop''s'",
        "REVOKE CONNECT ON DATABASE {} FROM PUBLIC",
        "ALTER DATABASE {} CONNECTION LIMIT 40",
    ):
        server.administer(statement.format(target))
    before = about(server, target)
    with built_beside(server.url(target)) as beside:
        fill(beside.url, "new")
        assert content(server, target) == "old"
    assert content(server, target) == "new"
    assert about(server, target) == before
    assert databases(server, target) == [target]


RIGHTS = """
SELECT c.relname, pg_get_userbyid(c.relowner), c.relacl::text,
       ARRAY(SELECT attacl::text FROM pg_attribute WHERE attrelid = c.oid ORDER BY attnum)
FROM pg_class c WHERE c.relname IN ('thing', 'seen', 'thing_id_seq')
UNION ALL SELECT proname, pg_get_userbyid(proowner), proacl::text, NULL FROM pg_proc WHERE proname = 'one'
UNION ALL SELECT nspname, pg_get_userbyid(nspowner), nspacl::text, NULL FROM pg_namespace WHERE nspname = 'Mine'
UNION ALL SELECT 'defaults', pg_get_userbyid(defaclrole), defaclacl::text, NULL FROM pg_default_acl ORDER BY 1
"""


def rights(connection: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """In no order: PostgreSQL writes them in that of their giving."""
    rows = connection.execute(RIGHTS.encode()).fetchall()
    return [(name, owner, sorted(str(given).strip("{}").split(",")), columns) for name, owner, given, columns in rows]


OBJECTS = """
CREATE TABLE thing (id serial, what text); CREATE VIEW seen AS SELECT * FROM thing;
CREATE FUNCTION one(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA "Mine";
"""


def who_may(server: RunningPostgres, database: str) -> object:
    """The rights on the database, those that were never said too."""
    query = """
    SELECT array_agg((grantee, privilege_type, is_grantable)::text ORDER BY grantee, privilege_type)
    FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = %s"""
    with server.connect("postgres") as connection:
        return connection.execute(query, [database]).fetchone()


@pytest.mark.parametrize("said", ["", "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", "GRANT CREATE ON DATABASE {} TO PUBLIC"])
def test_nobody_else_may_look_into_a_database_before_it_is_whole(server: RunningPostgres, target: str, said: str) -> None:
    if said:
        server.administer(said.format(target))
    before = who_may(server, target)
    with built_beside(server.url(target)) as beside:
        fill(beside.url, "new")
        assert "(0,CONNECT,f)" not in str(who_may(server, beside.name))
        assert "(0,TEMPORARY,f)" not in str(who_may(server, beside.name))
    assert content(server, target) == "new"
    assert who_may(server, target) == before


@pytest.mark.every_version
def test_applications_keep_their_rights_and_what_they_own(server: RunningPostgres) -> None:
    server.administer('CREATE ROLE "an app"; GRANT "an app" TO liftlock; CREATE ROLE reader')
    try:
        with server.database(OBJECTS) as target:
            server.administer(f'GRANT CREATE ON DATABASE {target} TO "an app"')
            with server.connect(target) as connection:
                for statement in (
                    'GRANT ALL ON SCHEMA public, "Mine" TO "an app"',
                    'ALTER TABLE thing OWNER TO "an app"',
                    'ALTER SCHEMA "Mine" OWNER TO "an app"',
                    "GRANT SELECT, UPDATE ON seen TO reader WITH GRANT OPTION",
                    "GRANT SELECT (what) ON thing TO reader",
                    "REVOKE EXECUTE ON FUNCTION one FROM PUBLIC",
                    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
                ):
                    connection.execute(statement.encode())
                before = connection.execute(RIGHTS).fetchall()
            notes = list[str]()
            building = built_beside(server.url(target), on_note=notes.append)
            with building as beside, psycopg.connect(beside.url, autocommit=True) as connection:
                connection.execute(OBJECTS.encode())
            with server.connect(target) as connection:
                assert connection.execute(RIGHTS).fetchall() == before
            assert not [note for note in notes if "rights" in note]
    finally:
        server.administer('DROP ROLE IF EXISTS "an app"; DROP ROLE IF EXISTS reader')


@pytest.mark.every_version
def test_a_clone_of_a_template_gets_the_rights_of_the_old_database(server: RunningPostgres) -> None:
    with server.database(OBJECTS) as template, server.database(OBJECTS) as target:
        with server.connect(target) as connection:
            for statement in (
                "GRANT SELECT ON seen TO PUBLIC",
                "GRANT UPDATE (what) ON thing TO PUBLIC",
                "REVOKE EXECUTE ON FUNCTION one FROM PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
            ):
                connection.execute(statement.encode())
            before = rights(connection)
        with built_beside(server.url(target), template=template, drop_later=True):
            pass
        with server.connect(target) as connection:
            assert rights(connection) == before


def test_a_template_that_is_not_there_leaves_everything_as_it_was(server: RunningPostgres, target: str) -> None:
    with pytest.raises(DatagenError), built_beside(server.url(target), template=f"{target}_nowhere"):
        pass
    assert content(server, target) == "old"
    assert databases(server, target) == [target]


def test_a_setting_that_the_role_may_not_make_is_told_and_holds_nothing_up(server: RunningPostgres, target: str) -> None:
    server.administer(f"ALTER DATABASE {target} SET app.token = 'hush'")
    notes = list[str]()
    with built_beside(server.url(target), on_note=notes.append) as beside:
        fill(beside.url, "new")
    assert content(server, target) == "new"
    assert any("app.token" in note for note in notes)
    assert "hush" not in " ".join(notes)


@pytest.mark.every_version
def test_sessions_that_come_back_at_once_are_ended_and_meet_the_new_database(server: RunningPostgres, target: str) -> None:
    notes, stop, seen = list[str](), threading.Event(), set[object]()

    def come_back() -> None:
        while not stop.is_set():
            try:
                seen.add(content(server, target))
            except psycopg.Error:
                continue

    people = [threading.Thread(target=come_back) for _ in range(3)]
    with server.connect(target) as idle:
        for person in people:
            person.start()
        try:
            with built_beside(server.url(target), on_note=notes.append) as beside:
                fill(beside.url, "new")
        finally:
            stop.set()
            for person in people:
                person.join()
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")
    assert content(server, target) == "new"
    assert seen <= {"old", "new"}
    assert "ending the sessions" in notes[0]


def test_a_failure_leaves_the_old_database_and_nothing_else(server: RunningPostgres, target: str) -> None:
    with pytest.raises(ZeroDivisionError), built_beside(server.url(target)) as beside:
        fill(beside.url, "new")
        raise ZeroDivisionError
    assert content(server, target) == "old"
    assert databases(server, target) == [target]


@pytest.mark.every_version
def test_a_failure_leaves_nothing_although_sessions_of_the_new_database_come_back_at_once(server: RunningPostgres, target: str) -> None:
    stop, came = threading.Event(), threading.Barrier(4)

    def come_back(url: str) -> None:
        with psycopg.connect(url):
            came.wait(30)
        while not stop.is_set():
            with suppress(psycopg.Error), psycopg.connect(url) as connection:
                connection.execute("SELECT pg_sleep(60)")

    people = list[threading.Thread]()
    try:
        with pytest.raises(ZeroDivisionError), built_beside(server.url(target)) as beside:
            people = [threading.Thread(target=come_back, args=[beside.url]) for _ in range(3)]
            for person in people:
                person.start()
            came.wait(30)
            raise ZeroDivisionError
        assert databases(server, target) == [target]
    finally:
        stop.set()
        for person in people:
            person.join()


def test_what_a_killed_run_left_is_removed_but_not_what_lives_or_is_not_ours(server: RunningPostgres, target: str) -> None:
    dead, alive, stranger = (beside_name(target) for _ in range(3))
    with server.connect("postgres") as connection:
        for name in (dead, alive, stranger):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        for name in (dead, alive):
            text = sql.Literal(marker(target))
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), text))
        connection.execute("SELECT pg_advisory_lock(%s, %s)", lock_of(alive))
        with built_beside(server.url(target)) as beside:
            fill(beside.url, "new")
        assert databases(server, target) == sorted([target, alive, stranger])
        for name in (alive, stranger):
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.mark.every_version
def test_a_run_that_is_killed_leaves_the_old_data_and_the_next_one_cleans_up(server: RunningPostgres, target: str) -> None:
    begun = (
        "import sys; from liftlock_datagen.database.beside import built_beside\n"
        "with built_beside(sys.argv[1]): print('begun', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", begun, server.url(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        run.kill()
    assert content(server, target) == "old"
    assert len(databases(server, target)) == 2
    notes = list[str]()
    with built_beside(server.url(target), on_note=notes.append) as beside:
        fill(beside.url, "new")
    assert content(server, target) == "new"
    assert databases(server, target) == [target]
    assert notes[0].startswith("removed database")


def test_a_database_that_was_not_there_comes_into_being(server: RunningPostgres, target: str) -> None:
    new = f"{target}_new"
    with built_beside(server.url(new)) as beside:
        assert not beside.exists
        fill(beside.url, "new")
    try:
        assert content(server, new) == "new"
        assert "(0,CONNECT,f)" in str(who_may(server, new))
    finally:
        server.drop(new)


def test_two_runs_for_one_target_are_refused(server: RunningPostgres, target: str) -> None:
    with built_beside(server.url(target)) as beside:
        with pytest.raises(DatagenError, match="another run"), built_beside(server.url(target), patience=0.2):
            pass
        fill(beside.url, "new")
    assert content(server, target) == "new"


def test_a_role_without_rights_is_told_what_to_ask_for(server: RunningPostgres, target: str) -> None:
    server.administer("ALTER ROLE liftlock NOCREATEDB")
    try:
        with pytest.raises(DatagenError, match="may not create databases") as refused, built_beside(server.url(target)):
            pass
        assert "ALTER ROLE" in str(refused.value)
        assert PASSWORD not in str(refused.value)
        missing = missing_right(server.url(target))
        assert missing is not None
        assert missing[1] == 'an administrator runs: ALTER ROLE "liftlock" CREATEDB'
    finally:
        server.administer("ALTER ROLE liftlock CREATEDB")
    assert missing_right(server.url(target)) is None


@pytest.mark.every_version(since=13)
def test_a_copied_schema_is_the_same_schema(server: RunningPostgres, odd_schema: str) -> None:
    with server.database(odd_schema) as source, server.database("") as target:
        with copied_schema(server.url(source)) as copy:
            copy.make(server.url(target), Section.BEFORE_ROWS)
            copy.make(server.url(target), Section.BEHIND_ROWS, jobs=2)
        with server.connect(source) as one, server.connect(target) as other:
            expected = one.execute(SHAPE).fetchall()
            assert other.execute(SHAPE).fetchall() == expected
            assert len(expected) > 50


def test_a_schema_that_cannot_be_made_is_an_error_without_the_password(server: RunningPostgres, target: str) -> None:
    with server.database(OLD) as source, copied_schema(server.url(source)) as copy:
        with pytest.raises(DatagenError, match="already exists") as refused:
            copy.make(server.url(target), Section.BEFORE_ROWS)
        assert PASSWORD not in str(refused.value)
