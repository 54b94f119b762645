"""The real commands where others are in the way: sessions and locks that stay, a second run, and a role that lacks rights."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
import pytest

from tests.integration.datagen.desk import COMMANDS, ROWS, Desk, ended
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]

_CHIEF = "DO $$ BEGIN CREATE ROLE chief LOGIN SUPERUSER PASSWORD 'chief'; EXCEPTION WHEN duplicate_object THEN END $$"


def connect_as(desk: Desk, role: str, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(f"postgresql://{role}:{role}@127.0.0.1:{desk.server.port}/{database}", application_name="psql")


@pytest.mark.parametrize("command", ["anonymise", "generate"])
def test_a_session_that_cannot_be_ended_keeps_its_database(desk: Desk, command: str) -> None:
    desk.server.administer(_CHIEF)
    with desk.in_the_middle(command) as running:
        stubborn = connect_as(desk, "chief", desk.target)
        pid = stubborn.info.backend_pid
    with stubborn:
        struck = ended(running)
        assert stubborn.execute("SELECT 1").fetchone() == (1,)
    assert struck.code == 1, struck.err
    assert f"process {pid} of role chief, psql in database {desk.target}" in struck.err
    assert struck.has_a_way_out
    assert (desk.old_rows(), desk.beside) == (ROWS, [])


def test_a_lock_that_stays_is_named_with_who_holds_it(desk: Desk) -> None:
    with desk.in_the_middle("generate") as running:
        holder = desk.server.connect("postgres")
        holder.autocommit, pid = False, holder.info.backend_pid
        holder.execute(f"COMMENT ON DATABASE {desk.target} IS 'in a transaction that stays open'".encode())
    with holder:
        struck = ended(running)
    assert struck.code == 1, struck.err
    assert "another session holds a lock on it" in struck.err
    assert f"process {pid} of role liftlock" in struck.err
    assert struck.has_a_way_out
    assert (desk.old_rows(), desk.beside) == (ROWS, [])

    again = desk.run("generate")
    assert (again.code, desk.old_rows(), desk.beside) == (0, 0, []), again.err


def test_of_two_runs_from_two_checkouts_the_second_says_who_is_at_work(desk: Desk) -> None:
    with desk.in_the_middle("anonymise") as running:
        second = desk.run("anonymise", root=desk.folder / "other")
    assert second.code == 5, second.err
    assert f"another run is building {desk.target} at this moment (process " in second.err
    assert second.has_a_way_out
    first = ended(running)
    assert (first.code, desk.old_rows(), desk.beside) == (0, 0, []), first.err


def test_the_second_run_goes_on_when_the_first_is_killed(desk: Desk) -> None:
    with desk.in_the_middle("generate") as first:
        second = desk.start("generate", root=desk.folder / "other")
        assert second.stderr is not None
        waiting = next(line for line in second.stderr if "another run is building" in line or "error: " in line)
        assert "waiting up to 10 s for it to end" in waiting
        os.killpg(first.pid, signal.SIGKILL)
        eventually(lambda: desk.ask("liftlock", _LOCKS) == 1)  # the second one has its place; the test itself holds the rows up
    assert ended(second).code == 0
    assert (desk.old_rows(), desk.beside) == (0, [])


_LOCKS = "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"


@contextmanager
def poor(desk: Desk, *rights: str) -> Iterator[Mapping[str, str]]:
    """Both places for a role that may connect and has these rights in source and target."""
    desk.server.administer("CREATE ROLE poor LOGIN PASSWORD 'poor'")
    url = f"postgresql://poor:poor@127.0.0.1:{desk.server.port}"
    try:
        for statement in rights:
            for database in (desk.source, desk.target):
                with desk.server.connect(database) as connection:
                    connection.execute(statement.encode())
        yield {"SOURCE": f"{url}/{desk.source}", "TARGET": f"{url}/{desk.target}"}
    finally:
        for database in (desk.source, desk.target):
            with desk.server.connect(database) as connection:
                connection.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM poor")
        desk.server.administer("DROP ROLE poor")


def test_a_role_that_may_not_read_is_told_what_to_ask_for(desk: Desk) -> None:
    with poor(desk) as places:
        said = [desk.run(command, env=places) for command in COMMANDS]
    for struck in said:
        assert struck.code == 1, struck.err
        assert "may not read public.customers" in struck.err
        assert 'an administrator runs there: GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "poor"' in struck.err
        assert ":poor" not in struck.err
    assert desk.old_rows() == ROWS


def test_a_role_that_may_read_but_not_replace_is_told_what_to_ask_for(desk: Desk) -> None:
    with poor(desk, "GRANT SELECT ON customers TO poor") as places:
        first = [desk.run(command, env=places) for command in COMMANDS]
        desk.server.administer("ALTER ROLE poor CREATEDB")
        then = [desk.run(command, env=places) for command in COMMANDS]
    for struck, way_out in [
        *((one, 'ALTER ROLE "poor" CREATEDB') for one in first),
        *((one, 'GRANT "liftlock" TO "poor"') for one in then),
    ]:
        assert struck.code == 1, struck.err
        assert f"an administrator runs: {way_out}" in struck.err
    assert (desk.old_rows(), desk.beside) == (ROWS, [])
