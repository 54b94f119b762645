"""A person at a desk: two databases, repositories, and the real commands as processes of their own, held up where a fault is to strike."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from liftlock_datagen.masking.keys import write_new_key
from tests.config_repository import FILES
from tests.postgres import PASSWORD, RunningPostgres
from tests.waiting import eventually

LIFTLOCK = Path(sys.executable).parent / "liftlock"
ROWS = 20000
# Rows are held up in the new database for as long as somebody, wherever on the server, has the lock {hold}: a fault strikes in the middle.
SCHEMA = """
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
INSERT INTO customers SELECT i, 'quagga' || i || '@mail.ch' FROM generate_series(1, {rows}) i;
"""
CLASSIFICATION = """
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


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said. No output ever holds the server's password, a row or a traceback."""

    code: int
    out: str
    err: str

    @property
    def has_a_way_out(self) -> bool:
        """Whether it is an error as people know them from all commands."""
        return "error: " in self.err and "hint: " in self.err


@dataclass
class Desk:
    """source, target: databases with rows of customers. folder: of the repository in which commands are started. hold: see SCHEMA."""

    server: RunningPostgres
    source: str
    target: str
    folder: Path
    hold: int
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(
        self, *words: str, root: Path | None = None, env: Mapping[str, str] | None = None, at: Path | None = None
    ) -> subprocess.Popen[str]:
        """`liftlock data WORDS`; one word is the name of a usual command. root: another checkout. env: more variables. at: its folder."""
        folder = repository(root or self.folder)
        places = {"SOURCE": self.server.url(self.source), "TARGET": self.server.url(self.target)}
        running = subprocess.Popen(
            [str(LIFTLOCK), "data", *(COMMANDS[words[0]] if len(words) == 1 else words), "--repo", str(folder)],
            env={**os.environ, **places, **(env or {})},
            cwd=at,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(running)
        return running

    def run(self, *words: str, root: Path | None = None, env: Mapping[str, str] | None = None) -> Ended:
        """The same, to its end."""
        return ended(self.start(*words, root=root, env=env))

    def ask(self, database: str, query: str) -> object:
        """The first value of the answer."""
        with self.server.connect(database) as connection:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

    def old_rows(self) -> object:
        """How many rows the target has that no command of ours made."""
        return self.ask(self.target, "SELECT count(*) FROM customers WHERE email LIKE 'quagga%'")

    @property
    def beside(self) -> list[str]:
        """What is built beside the target, or left there."""
        with self.server.connect() as connection:
            query = f"SELECT datname FROM pg_database WHERE datname LIKE '{self.target}\\_liftlock\\_%'"  # noqa: S608 - our own name
            return [str(row[0]) for row in connection.execute(query.encode()).fetchall()]

    @contextmanager
    def in_the_middle(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The command, started, while its rows are on their way into the new database; they go on at the block's end."""
        held = f"SELECT count(*) FROM pg_stat_activity WHERE datname LIKE '{self.target}\\_liftlock\\_%' AND wait_event = 'PgSleep'"  # noqa: S608 - our own name
        with self.server.connect() as holder:
            holder.execute("SELECT pg_advisory_lock(%s)", [self.hold])
            running = self.start(*words)
            eventually(lambda: running.poll() is not None or self.ask("liftlock", held) != 0)
            assert running.poll() is None, running.communicate()[1]
            yield running

    def end_sessions(self, names: str) -> None:
        """Of all databases whose names are so."""
        self.server.administer(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE '{names}'"  # noqa: S608 - our own name
        )

    def leave(self) -> None:
        """Ends what still runs, and removes what was left."""
        for running in self.started:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
        for name in self.beside:
            self.server.drop(name)


def repository(root: Path) -> Path:
    """A repository with a classification and a key, where there is none yet."""
    for name, text in {**FILES, "data/shop.yaml": CLASSIFICATION}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if not (root / name).exists():
            (root / name).write_text(text, encoding="utf-8")
    if not (root / "data.key").exists():
        write_new_key(root / "data.key")
    return root


def ended(running: subprocess.Popen[str]) -> Ended:
    """Waits for the command's end."""
    out, err = running.communicate(timeout=120)
    for said in (out, err):
        assert "Traceback" not in said, said
        assert PASSWORD not in said
        assert "quagga" not in said
    return Ended(running.returncode, out, err)


@contextmanager
def desk_on(server: RunningPostgres, folder: Path) -> Iterator[Desk]:
    """A desk of its own on the server."""
    hold = secrets.randbelow(2**31)
    schema = SCHEMA.format(hold=hold, rows=ROWS)
    with server.database(schema) as source, server.database(schema) as target:
        found = Desk(server, source, target, folder, hold)
        try:
            yield found
        finally:
            found.leave()
