"""`env up` on an environment that is as it should be: a look, and a run as soon as anything is otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.e2e.conftest import User
from tests.waiting import eventually

pytestmark = pytest.mark.docker


def up(user: User, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(user.ok("env", "up", "dev", "--json", *options).out)
    return found


def look(user: User) -> dict[str, Any]:
    """The report of a run that was a look, as soon each one is. Where a busy machine answers too late for a look, it is a full run."""
    reports: list[dict[str, Any]] = []

    def looks() -> bool:
        reports.append(up(user))
        return bool(reports[-1]["looked"])

    eventually(looks, seconds=240)
    return reports[-1]


def touched(report: dict[str, Any]) -> list[str]:
    return [change["name"] for change in report["changes"] if change["operation"] != "same"]


def by_name(report: dict[str, Any]) -> list[Any]:
    """Independent resources are dealt with in any order."""
    return sorted(report["changes"], key=lambda change: str(change["urn"]))


def container(user: User, service: str) -> Any:
    labels = [f"liftlock.project={user.project}", f"liftlock.service={service}", "liftlock.role=service"]
    client = docker.from_env()
    try:
        (found,) = client.containers.list(all=True, filters={"label": labels})
        return found
    finally:
        client.close()


def with_container(service: str, act: Callable[[Any], object]) -> Callable[[User], None]:
    def happen(user: User) -> None:
        found = container(user, service)
        try:
            act(found)
        finally:
            found.client.close()

    return happen


def in_the_state(user: User) -> None:
    (path,) = (user.repo / ".liftlock/state/.pulumi/stacks").rglob("dev.json")
    path.write_text(path.read_text() + "\n")


def in_the_configuration(user: User) -> None:
    path = user.repo / "environments/dev.yaml"
    path.write_text(path.read_text() + "# a comment\n")


HAPPENINGS: dict[str, tuple[Callable[[User], None], list[str]]] = {
    "less memory": (with_container("web", lambda it: it.update(mem_limit=100 << 20, memswap_limit=-1)), ["service-web"]),
    "stopped": (with_container("web", lambda it: it.stop(timeout=1)), ["service-web"]),
    "restarted": (with_container("web", lambda it: it.restart(timeout=1)), []),
    "gone": (with_container("api", lambda it: it.remove(force=True)), ["service-api"]),
    "the state's bytes": (in_the_state, []),
    "a comment": (in_the_configuration, []),
}


def test_a_run_without_change_is_a_look_until_anything_is_otherwise(resident: User) -> None:
    assert not up(resident)["looked"]
    looked = look(resident)
    full = up(resident, "--full")
    assert not full["looked"]
    assert {**looked, "looked": False, "seconds": 0, "changes": by_name(looked)} == {**full, "seconds": 0, "changes": by_name(full)}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_whatever_happens_is_seen_and_mended(resident: User, name: str) -> None:
    happen, expected = HAPPENINGS[name]
    look(resident)
    happen(resident)
    report = up(resident)
    assert not report["looked"]
    assert set(expected) <= set(touched(report))
    assert bool(expected) == bool(touched(report))


def test_one_that_is_down_is_made_again(resident: User, tmp_path: Path) -> None:
    up(resident)
    resident.ok("env", "down", "dev", "--yes")
    report = up(resident)
    assert not report["looked"]
    assert len(touched(report)) > 10
