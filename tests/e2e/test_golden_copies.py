"""Branches with data: the first one leaves a golden copy, the next ones start from it, and a database goes back to it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docker
import psycopg
import pytest

from liftlock.adapters.snapshots.building import administer
from liftlock.core.branch import branch_environment
from liftlock_datagen.database.connect import connected
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.facts import Origin
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from tests.e2e.conftest import User, new_user
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Branches:
    """A project with two branches that have data: `one` was filled and left a golden copy, `two` was cloned from it."""

    user: User
    first: dict[str, Any]
    second: dict[str, Any]
    copy: dict[str, Any]


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branches]:
    user = new_user(tmp_path_factory.mktemp("branches"))
    try:
        user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
        user.edit("environments/branch.yaml", "rows: 100000", "rows: 5000")
        first = user.ok("branch", "up", "--branch", "one", "--json").json()
        (copy,) = user.ok("data", "snapshot", "list", "--json").json()["items"]
        _killed_while_cloning(user)
        second = user.ok("branch", "up", "--branch", "two", "--json").json()
        yield Branches(user, first, second, copy)
    finally:
        user.leave()


def test_the_next_branch_is_a_clone_even_where_a_run_was_killed_over_it(branches: Branches) -> None:
    user, name = branches.user, branches.copy["name"]

    assert branches.first["clones"] == {}
    assert (branches.copy["rows"], branches.copy["stale"], branches.copy["used_by"]) == (branches.first["rows"]["shop"], None, [])
    assert (branches.second["clones"], branches.second["rows"]) == ({"shop": name}, branches.first["rows"])
    assert user.ok("drift", "two", "--json").json()["environments"][0]["clean"]
    (status,) = user.ok("env", "status", "two", "--json").json()["items"]
    assert [part["snapshot"] for part in status["parts"] if part["role"] == "database"] == [name]
    assert _rows(user, "one") == _rows(user, "two")
    headers, line = user.ok("data", "snapshot", "list").out.splitlines()
    assert (headers.split()[:2], line.split()[:2]) == (["NAME", "DATABASE"], [name, "shop"])
    planned = user.ok("data", "snapshot", "prune", "--keep", "0", "--dry-run", "--json").json()
    assert (name in planned["removed"], planned["applied"]) == (True, False)


@pytest.mark.parametrize(("branch", "in_place"), [("one", False), ("two", True)])
def test_a_database_goes_back_to_its_golden_copy(branches: Branches, branch: str, in_place: bool) -> None:
    """A branch that was filled has no pristine copy inside, so its server is started again; after that it is a clone like others."""
    user = branches.user
    before = _rows(user, branch)
    _delete_reviews(user, branch)

    report = user.ok("data", "snapshot", "restore", f"{branch}/shop", "--yes", "--json").json()

    assert (report["snapshot"], report["in_place"]) == (branches.copy["name"], in_place)
    assert _rows(user, branch) == before


def test_a_branch_takes_anonymised_rows_only_from_a_golden_copy(branches: Branches) -> None:
    user = branches.user
    refused = user.run("branch", "up", "--branch", "x", "--data", "anonymised")
    assert refused.code == 4
    assert "liftlock data snapshot create shop --from" in refused.err

    with connected(_url(user, "one")) as connection:
        address = {"SOURCE": _url(user, "one")}
        create = ["data", "snapshot", "create", "one/shop", "--from", "env:SOURCE", "--name", "nightly", "--json"]
        try:
            mark_anonymised(connection, Anonymised("0123abcd", "blake2b:00", "liftlock 1"))  # as `liftlock data anonymise` leaves it
            connection.execute("UPDATE reviews SET rating = rating WHERE id = (SELECT min(id) FROM reviews)")
            refused = user.run(*create, env=address)
            mark_anonymised(connection, Anonymised("0123abcd", "blake2b:00", "liftlock 1"))
            made = user.ok(*create, env=address).json()
        finally:
            connection.execute("DROP TABLE liftlock_data.anonymised")
    assert (refused.code, made["snapshot"]["origin"]) == (6, "anonymised")
    assert "1 rows were written behind its marker, in public.reviews" in refused.err

    report = user.ok("branch", "up", "--branch", "feature/y", "--data", "anonymised", "--json").json()
    assert report["clones"] == {"shop": "nightly"}
    assert _rows(user, "feature/y") == _rows(user, "one")
    refused = user.run("branch", "up", "--branch", "feature/y", "--data", "synthetic")
    assert refused.code == 6
    assert f"liftlock data generate {report['environment']}/shop --yes; to keep it: say --data none" in refused.err
    with PostgresEngine().held(_url(user, "feature/y")) as held:
        assert held.facts.origin is Origin.ANONYMISED


def test_a_role_that_may_make_no_database_is_let(branches: Branches) -> None:
    """The server of an older image of ours: its role has no right to build beside."""
    user = branches.user
    client = docker.from_env().api
    try:
        chosen = {
            "label": [f"liftlock.project={user.project}", f"liftlock.environment={branch_environment('one')}", "liftlock.role=database"]
        }
        (server,) = client.containers(filters=chosen)
        administer(client, server["Id"], ['ALTER ROLE "shop" NOCREATEDB;'])
    finally:
        client.close()
    with psycopg.connect(_url(user, "one")) as connection:
        assert connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)

    user.ok("data", "generate", "one/shop", "--rows", "1000", "--yes")

    with psycopg.connect(_url(user, "one")) as connection:
        assert connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)


def _killed_while_cloning(user: User) -> None:
    """Ends a run, and with it everything that it would still have done, when the container that copies is there."""
    client = docker.from_env().api
    try:
        for _ in range(5):
            if _killed_over_its_clone(user, client):
                return
            user.ok("branch", "down", "--branch", "two")  # the copy was whole before the signal came
        raise AssertionError("no run was ended while it copied")
    finally:
        client.close()


def _killed_over_its_clone(user: User, client: docker.APIClient) -> bool:
    running = user.start("branch", "up", "--branch", "two")
    chosen = {"label": [f"liftlock.project={user.project}", "liftlock.role=clone"]}
    eventually(lambda: client.containers(all=True, filters=chosen) or running.poll() is not None, seconds=240)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    return bool(client.containers(all=True, filters=chosen))


def _url(user: User, branch: str) -> str:
    from liftlock.wiring.data import data_places, data_workspace

    return data_places(data_workspace(user.repo, branch)).resolve(f"{branch}/shop").url


def _rows(user: User, branch: str) -> dict[str, int]:
    with psycopg.connect(_url(user, branch)) as connection:
        names = ("customers", "orders", "reviews")
        return {name: int((connection.execute(f"SELECT count(*) FROM {name}").fetchone() or [0])[0]) for name in names}  # noqa: S608


def _delete_reviews(user: User, branch: str) -> None:
    with psycopg.connect(_url(user, branch), autocommit=True) as connection:
        connection.execute("DELETE FROM reviews")
