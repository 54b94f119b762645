"""Faults of the real commands, each in a process of its own: what they say, how they end, that the old rows serve, and the next run."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from liftlock_datagen.masking.keys import write_new_key
from tests.config_repository import FILES
from tests.postgres import PASSWORD, RunningPostgres
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

LIFTLOCK = Path(sys.executable).parent / "liftlock"
ROWS = 20000
# Rows are held up in the new database for as long as somebody, wherever on the server, has the lock {hold}: a fault strikes in the middle.
_SCHEMA = """
CREATE FUNCTION passes(id bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    WHILE id % 1000 = 0 AND EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objid = {hold}) LOOP
        PERFORM pg_catalog.pg_sleep(0.05);
    END LOOP;
    RETURN true;
END $$;
CREATE TABLE customers (
    id bigint PRIMARY KEY,
    email text NOT NULL UNIQUE,
    passed boolean GENERATED ALWAYS AS (passes(id)) STORED
);
INSERT INTO customers SELECT i, 'canary' || i || '@mail.ch' FROM generate_series(1, {rows}) i;
"""
_CLASSIFICATION = """
version: 1
key: file:data.key
tables:
  customers:
    columns:
      id: {kind: identifier, rule: keep}
      email: {kind: email, rule: pseudonym}
      passed: {kind: flag, rule: keep}
"""
COMMANDS = {
    "anonymise": ("anonymise", "--from", "env:SOURCE", "--to", "env:TARGET", "--spec", "shop", "--replace"),
    "generate": ("generate", "env:TARGET", "--rows", str(ROWS), "--yes"),
}


@dataclass
class Desk:
    """Two databases, and a repository in which commands are started."""

    server: RunningPostgres
    source: str
    target: str
    folder: Path
    hold: int
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, command: str) -> subprocess.Popen[str]:
        root = self.folder
        for name, text in {**FILES, "data/shop.yaml": _CLASSIFICATION}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        if not (root / "data.key").exists():
            write_new_key(root / "data.key")
        places = {"SOURCE": self.server.url(self.source), "TARGET": self.server.url(self.target)}
        running = subprocess.Popen(
            [str(LIFTLOCK), "data", *COMMANDS[command], "--repo", str(root)],
            env={**os.environ, **places},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(running)
        return running

    def ask(self, database: str, query: str) -> object:
        with self.server.connect(database) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

    @property
    def beside(self) -> list[str]:
        with self.server.connect() as connection:
            query = f"SELECT datname FROM pg_database WHERE datname LIKE '{self.target}\\_liftlock\\_%'"  # noqa: S608 - our own name
            return [str(row[0]) for row in connection.execute(query.encode()).fetchall()]

    @contextmanager
    def in_the_middle(self, command: str) -> Iterator[subprocess.Popen[str]]:
        """The command, started, while its rows are on their way into the new database; they go on at the block's end."""
        held = f"SELECT count(*) FROM pg_stat_activity WHERE datname LIKE '{self.target}\\_liftlock\\_%' AND wait_event = 'PgSleep'"  # noqa: S608 - our own name
        with self.server.connect() as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", [self.hold])
            running = self.start(command)
            eventually(lambda: running.poll() is not None or self.ask("liftlock", held) != 0)
            assert running.poll() is None, running.communicate()[1]
            yield running

    def end_sessions(self, names: str) -> None:
        self.server.administer(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE '{names}'"  # noqa: S608 - our own name
        )


@pytest.fixture
def desk(postgres: RunningPostgres, tmp_path: Path) -> Iterator[Desk]:
    hold = secrets.randbelow(2**31)
    schema = _SCHEMA.format(hold=hold, rows=ROWS)
    with postgres.database(schema) as source, postgres.database(schema) as target:
        found = Desk(postgres, source, target, tmp_path, hold)
        try:
            yield found
        finally:
            for running in found.started:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)
                running.communicate()
            for name in found.beside:
                postgres.drop(name)


@pytest.mark.parametrize(
    ("command", "fault", "code"),
    [
        ("anonymise", "source", 69),
        ("anonymise", "target", 69),
        ("anonymise", "kill", -9),
        ("generate", "target", 69),
        ("generate", "interrupt", 130),
    ],
)
def test_the_old_rows_serve_and_the_next_run_clears_up(desk: Desk, command: str, fault: str, code: int) -> None:
    with desk.in_the_middle(command) as running:
        match fault:
            case "source" | "target":
                desk.end_sessions(desk.source if fault == "source" else f"{desk.target}%")
            case _:
                os.killpg(running.pid, signal.SIGINT if fault == "interrupt" else signal.SIGKILL)
    _, said = running.communicate(timeout=120)
    assert running.returncode == code, said
    assert "Traceback" not in said
    assert PASSWORD not in said
    if fault in {"source", "target"}:
        assert "error: " in said
        assert "hint: " in said
    assert desk.ask(desk.target, "SELECT count(*) FROM customers WHERE email LIKE 'canary%'") == ROWS

    again = desk.start(command)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert desk.ask(desk.target, "SELECT count(*) FROM customers WHERE email LIKE 'canary%'") == 0
    assert desk.beside == []
