"""Branches with data: the first one leaves a golden copy, the next ones start from it, and a database goes back to it."""

from __future__ import annotations

import signal

import docker
import psycopg
import pytest

from tests.e2e.conftest import User, labelled, wait_for

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_branches_share_a_golden_copy_and_go_back_to_it(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    user.edit("environments/branch.yaml", "rows: 100000", "rows: 5000")

    first = user.ok("branch", "up", "--branch", "one", "--json").json()
    assert first["clones"] == {}
    (copy,) = user.ok("data", "snapshot", "list", "--json").json()["items"]
    assert (copy["rows"], copy["stale"], copy["used_by"]) == (first["rows"]["shop"], None, [])

    _killed_while_cloning(user)
    second = user.ok("branch", "up", "--branch", "two", "--json").json()
    assert (second["clones"], second["rows"]) == ({"shop": copy["name"]}, first["rows"])
    assert user.ok("drift", "two", "--json").json()["environments"][0]["clean"]
    (status,) = user.ok("env", "status", "two", "--json").json()["items"]
    assert [part["snapshot"] for part in status["parts"] if part["role"] == "database"] == [copy["name"]]
    assert _rows(user, "one") == _rows(user, "two")

    for branch in ("one", "two"):  # one: filled, so its server is started again; two: cloned, so PostgreSQL clones it in place
        before = _rows(user, branch)
        _delete_reviews(user, branch)
        report = user.ok("data", "snapshot", "restore", f"{branch}/shop", "--yes", "--json").json()
        assert report["snapshot"] == copy["name"]
        assert _rows(user, branch) == before
    assert user.ok("branch", "up", "--branch", "two", "--json").json()["rows"] == {"shop": 0}

    planned = user.ok("data", "snapshot", "prune", "--keep", "0", "--dry-run", "--json").json()
    assert (planned["removed"], planned["applied"]) == ([copy["name"]], False)
    user.ok("data", "snapshot", "prune", "--keep", "0", "--yes")
    assert user.ok("data", "snapshot", "list", "--json").json()["items"] == []
    user.ok("branch", "down", "--branch", "one")
    user.ok("branch", "down", "--branch", "two")
    assert labelled(user.project) == []


def test_a_branch_takes_anonymised_rows_only_from_a_golden_copy_and_none_at_all_if_asked(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")

    refused = user.run("branch", "up", "--branch", "x", "--data", "anonymised")
    assert refused.code == 4
    assert "liftlock data snapshot create shop --from" in refused.err
    assert user.objects() == []

    user.ok("branch", "up", "--branch", "x", "--data", "none")
    assert sum(_rows(user, "x").values()) == 0
    with psycopg.connect(_url(user, "x"), autocommit=True) as connection:  # stands for what `liftlock data anonymise` leaves
        connection.execute("INSERT INTO customers (email, full_name) VALUES ('a@example.com', 'A')")
        connection.execute("CREATE SCHEMA liftlock_data")
        connection.execute("CREATE TABLE liftlock_data.anonymised (key_id text, spec_digest text, tool text)")
        connection.execute("INSERT INTO liftlock_data.anonymised VALUES ('0123abcd', 'blake2b:00', 'liftlock 1')")
    user.extra["SOURCE"] = _url(user, "x")
    made = user.ok("data", "snapshot", "create", "shop", "--from", "env:SOURCE", "--name", "nightly", "--json").json()
    assert made["snapshot"]["origin"] == "anonymised"

    report = user.ok("branch", "up", "--branch", "y", "--data", "anonymised", "--json").json()
    assert report["clones"] == {"shop": "nightly"}
    assert _rows(user, "y")["customers"] == 1


def _killed_while_cloning(user: User) -> None:
    """Ends a run, and with it everything that it would still have done, when the container that copies is there."""
    running = user.start("branch", "up", "--branch", "two")
    client = docker.APIClient()
    chosen = {"label": [f"liftlock.project={user.project}", "liftlock.role=clone"]}
    wait_for(lambda: client.containers(all=True, filters=chosen) or running.poll() is not None)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    client.close()


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
