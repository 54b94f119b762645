"""`liftlock data snapshot create` struck in the middle: a clear end, no half-made copy, and nothing that the next run or prune leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.config_repository import FILES, REGISTRY, C
from tests.docker_gateway import Gateway
from tests.e2e.conftest import labelled, remove_labelled
from tests.integration.datagen.desk import Desk, Ended, ended, repository
from tests.postgres import RunningPostgres, postgres_image
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]

# Rows are held up in the new server until somebody there has the lock 1.
_HELD = """
CREATE OR REPLACE FUNCTION passes(id bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    WHILE current_database() LIKE 'shop%' AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objid = 1) LOOP
        PERFORM pg_catalog.pg_sleep(0.05);
    END LOOP;
    RETURN true;
END $$;
"""
_SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, passed boolean GENERATED ALWAYS AS (passes(id)) STORED);
INSERT INTO customers SELECT i, 'quagga' || i || '@mail.ch' FROM generate_series(1, 500) i;
"""
_CREATE = ("snapshot", "create", "shop", "--from", "env:SOURCE", "--anonymise", "--name", "nightly")


class Maker(Desk):
    """Makes golden copies in a project of its own."""

    project: str

    def server_of_the_copy(self) -> str:
        """The container's name; empty while there is none."""
        return next((name for name in labelled(self.project) if name.endswith("-build")), "")

    def ask_there(self, query: str) -> str:
        """As the superuser of the server in which the copy is made; empty where it does not answer."""
        name = self.server_of_the_copy()
        command = ["docker", "exec", "-u", "postgres", name, "psql", "-U", "postgres", "-d", "postgres", "-Atqc", query]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() if name else ""

    def let_go(self) -> None:
        """The rows go on."""
        command = ["docker", "exec", "-d", "-u", "postgres", self.server_of_the_copy(), "psql", "-U", "postgres", "-d", "postgres", "-qc"]
        subprocess.run([*command, "SELECT pg_advisory_lock(1), pg_sleep(600)"], check=True)

    def struck(self, strike: Callable[[subprocess.Popen[str]], object], **variables: str) -> Ended:
        """How the command ends that is struck while its rows are on their way."""
        running = self.start(*_CREATE, env=variables)
        held = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname LIKE 'shop%'"
        eventually(lambda: running.poll() is not None or self.ask_there(held) == "t")
        assert running.poll() is None, running.communicate()[1]
        strike(running)
        return ended(running)


@pytest.fixture
def maker(postgres: RunningPostgres, tmp_path: Path) -> Iterator[Maker]:
    project, image = f"t{uuid.uuid4().hex[:8]}", postgres_image() or ""
    declared = FILES["liftlock.yaml"].replace(f"{REGISTRY}/liftlock/postgres@{C}", image).replace("project: shop", f"project: {project}")
    (tmp_path / "liftlock.yaml").write_text(declared, encoding="utf-8")
    with postgres.database(_HELD + _SCHEMA) as source:
        found = Maker(postgres, source, source, repository(tmp_path), 0)
        found.project = project
        try:
            yield found
        finally:
            found.leave()
            remove_labelled(project)


def test_no_fault_leaves_a_copy_or_anything_that_the_next_command_does_not_clear_away(maker: Maker, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "docker.sock")

    def end_sessions(_: object) -> None:
        maker.end_sessions(maker.source)
        maker.let_go()

    def cut(_: object) -> None:
        gateway.cut()
        maker.let_go()

    ends = {
        "source": maker.struck(end_sessions),
        "interrupt": maker.struck(lambda running: os.killpg(running.pid, signal.SIGINT)),
        "docker": maker.struck(cut, DOCKER_HOST=gateway.url),
        "kill": maker.struck(lambda running: os.killpg(running.pid, signal.SIGKILL)),
    }

    assert {fault: end.code for fault, end in ends.items()} == {"source": 69, "interrupt": 130, "docker": 69, "kill": -9}, ends
    assert all(ends[fault].has_a_way_out for fault in ("source", "docker")), ends
    assert maker.server_of_the_copy()  # of the run that was killed
    listed = maker.run("snapshot", "list")
    assert (listed.code, "nightly" in listed.out) == (0, False)
    pruned = maker.run("snapshot", "prune", "--keep", "1", "--yes")
    assert "volumes and containers that killed runs left" in pruned.out
    assert labelled(maker.project) == []


def test_a_copy_for_which_there_is_no_room_says_so_and_the_next_one_is_made(maker: Maker, tmp_path: Path) -> None:
    small = Gateway(tmp_path / "docker.sock", disk="8m")
    struck = maker.run(*_CREATE, env={"DOCKER_HOST": small.url})
    assert struck.code == 1, struck.err
    assert "there is no room left where Docker keeps its volumes" in struck.err
    assert "liftlock data snapshot prune --keep 1 makes room" in struck.err
    assert labelled(maker.project) == []

    with maker.server.connect(maker.source) as connection:
        connection.execute(_HELD.replace("shop%", "nowhere").encode())
    made = maker.run(*_CREATE)
    assert made.code == 0, made.err
    assert "nightly: made, anonymised, 500 rows" in made.out
