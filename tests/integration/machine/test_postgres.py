"""The database image is ready quickly, with the role, the password and the database that were asked for."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.machine.docker_box import DockerBox, Ended
from tests.waiting import eventually

pytestmark = pytest.mark.docker
USER, PASSWORD = 'Ada "O\'Hara"', 'it\'s $HOME \\ "quoted" `x` %s'


class Database:
    """A database container on a volume, which can be started again with other settings."""

    def __init__(self, box: DockerBox, image: str) -> None:
        self.box, self.image = box, image
        self.mount = ["--volume", f"{box.volume('data')}:/var/lib/postgresql/data"]
        self.name = ""

    def start(self, name: str, *, ready: bool = True, **env: str) -> float:
        started = time.monotonic()
        self.name = self.box.start(name, self.image, options=self.mount, env=env)
        if ready:
            eventually(lambda: self.run("pg_isready", "-q", "-h", "127.0.0.1").status == 0)
        return time.monotonic() - started

    def run(self, *command: str, **env: str) -> Ended:
        variables = [part for key, value in env.items() for part in ("--env", f"{key}={value}")]
        return self.box.docker("exec", *variables, self.name, *command, check=False)

    def ask(self, sql: str, *, user: str = USER, password: str = PASSWORD, database: str = "shop") -> Ended:
        return self.run("psql", "-h", "127.0.0.1", "-U", user, "-d", database, "-Atc", sql, PGPASSWORD=password)


@pytest.fixture
def database(box: DockerBox, images: dict[str, Any]) -> Database:
    return Database(box, images["postgres"])


def test_a_first_start_makes_role_and_database_whatever_they_are_called(database: Database) -> None:
    seconds = database.start("db", POSTGRES_USER=USER, POSTGRES_PASSWORD=PASSWORD, POSTGRES_DB="shop", PGFAST="1")
    assert seconds < 5  # 0.6 s on a quiet machine
    assert database.ask(
        "select current_user || '|' || current_database() || '|' || rolsuper from pg_roles where rolname = current_user"
    ).out == (f"{USER}|shop|false\n")
    assert database.ask("select 1", password="wrong").status != 0
    assert database.ask("show fsync").out == "off\n"
    assert PASSWORD not in (logs := database.box.docker("logs", database.name)).out + logs.err


def test_data_stays_and_a_changed_password_is_set_at_the_next_start(database: Database) -> None:
    database.start("db", POSTGRES_USER="shop", POSTGRES_PASSWORD="first")
    assert database.ask("create table kept as select 1 as n", user="shop", password="first").status == 0
    database.box.docker("kill", database.name)
    database.start("again", POSTGRES_USER="shop", POSTGRES_PASSWORD="second")
    assert database.ask("select n from kept", user="shop", password="second").out == "1\n"
    assert database.ask("select 1", user="shop", password="first").status != 0
    assert database.ask("show fsync", user="shop", password="second").out == "on\n"


def test_two_containers_never_serve_one_volume_at_once(database: Database) -> None:
    database.start("db", POSTGRES_PASSWORD="x")
    first = database.name
    database.start("second", ready=False, POSTGRES_PASSWORD="x")
    time.sleep(1)
    assert database.run("pg_isready", "-q").status != 0
    database.box.docker("stop", first)
    eventually(lambda: database.run("pg_isready", "-q").status == 0)


def test_a_stop_is_fast_although_a_client_is_connected(database: Database) -> None:
    database.start("db", POSTGRES_PASSWORD="x")
    database.box.docker("exec", "--detach", database.name, "psql", "-c", "select pg_sleep(60)")
    started = time.monotonic()
    database.box.docker("stop", "--time", "30", database.name)
    assert time.monotonic() - started < 25


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({}, "POSTGRES_PASSWORD is not set"),
        ({"POSTGRES_PASSWORD": "a\nb"}, "more than one line"),
        ({"POSTGRES_PASSWORD_FILE": "/no"}, "cannot be read"),
    ],
)
def test_a_missing_or_impossible_password_is_refused(box: DockerBox, images: dict[str, Any], env: dict[str, str], reason: str) -> None:
    ended = box.job(images["postgres"], env=env)
    assert ended.status == 64
    assert reason in ended.err
