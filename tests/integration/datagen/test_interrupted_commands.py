"""Ctrl-C in the middle of the real commands that read for long: their own exit code, no traceback, and nothing left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.integration.datagen.desk import CLASSIFICATION, Desk, desk_on, ended, repository
from tests.postgres import RunningPostgres
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

_SUBSET = "subset:\n  roots:\n    - {table: customers, percent: 10}\n"
COMMANDS = {
    "init": ("init", "shop", "--from", "env:SOURCE"),
    "plan": ("plan", "shop", "--from", "env:SOURCE"),
    "profile": ("profile", "env:SOURCE", "--spec", "shop", "-o", "shape.json"),
    "subset": ("subset", "env:SOURCE", "--spec", "shop"),
    "check": ("check", "--from", "env:SOURCE", "--to", "env:TARGET", "--spec", "shop", "--report", "certificate.html"),
}


@contextmanager
def locked(desk: Desk, *tables: str) -> Iterator[None]:
    """Nobody reads these tables of the source."""
    desk.server.administer("DO $$ BEGIN CREATE ROLE chief LOGIN SUPERUSER PASSWORD 'chief'; EXCEPTION WHEN duplicate_object THEN END $$")
    url = f"postgresql://chief:chief@127.0.0.1:{desk.server.port}/{desk.source}"
    with psycopg.connect(url) as holder:
        holder.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE".encode())
        yield


@pytest.fixture(scope="module")
def reader(postgres: RunningPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all that is only read."""
    with desk_on(postgres, tmp_path_factory.mktemp("reader")) as found:
        (repository(found.folder) / "data/shop.yaml").write_text(CLASSIFICATION + _SUBSET, encoding="utf-8")
        yield found


def files(folder: Path) -> dict[str, bytes]:
    """Those that people see, without what Git and liftlock keep for themselves."""
    return {
        str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file() and ".liftlock" not in file.parts
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_reads_ends_at_once_and_leaves_nothing(reader: Desk, command: str) -> None:
    desk = reader
    before = files(desk.folder)
    waits = f"SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT granted AND datname = '{desk.source}'"  # noqa: S608 - our own name
    with locked(desk, "customers", "pg_catalog.pg_statistic"):
        running = desk.start(*COMMANDS[command], at=desk.folder)
        eventually(lambda: running.poll() is not None or desk.ask("liftlock", waits) != 0)
        os.killpg(running.pid, signal.SIGINT)
        struck = ended(running)  # while the lock is held: it does not wait for the answer

    assert struck.code == 130, struck.err
    assert "liftlock: interrupted; " in struck.err
    assert files(desk.folder) == before
    sessions = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{desk.source}' AND application_name LIKE 'liftlock%'"  # noqa: S608 - our own name
    eventually(lambda: desk.ask("liftlock", sessions) == 0)


def test_the_processes_that_copy_never_hear_of_it(desk: Desk) -> None:
    """Also while they are still starting: a terminal sends the signal to all of them, and the command alone decides what is done."""
    running = desk.start("anonymise")
    eventually(lambda: running.poll() is not None or len(_children(running.pid)) >= 2)
    for child in _children(running.pid):
        os.kill(child, signal.SIGINT)
    done = ended(running)

    assert done.code == 0, done.err
    assert (desk.old_rows(), desk.beside) == (0, [])


def _children(pid: int) -> list[int]:
    """Its processes: one that looks after the others, and those that copy."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
