"""What goes wrong on a real machine, and that it loses nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.docker_gateway import Gateway
from tests.e2e.conftest import User, disk_for_state
from tests.waiting import eventually

pytestmark = pytest.mark.docker


def test_an_environment_that_is_not_declared_is_named_with_its_nearest_neighbour(resident: User) -> None:
    outcome = resident.run("env", "up", "stagin")
    assert outcome.code == 64
    assert "stagin" in outcome.err
    assert "staging" in outcome.err


def test_a_service_that_is_not_declared_is_refused(resident: User) -> None:
    outcome = resident.run("image", "record", "--env", "dev", "apii=v1")
    assert outcome.code in {64, 78}
    assert "api" in outcome.err


def test_malformed_yaml_is_refused_with_its_place_and_changes_nothing(user: User) -> None:
    user.edit("environments/dev.yaml", "extends: base", "extends: [base")
    outcome = user.run("env", "up", "dev")
    assert outcome.code == 78
    assert "environments/dev.yaml:" in outcome.err
    assert user.objects() == []


def test_a_digest_that_the_registry_does_not_have_is_refused_before_anything_is_made(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    release = user.repo / "releases" / "dev.yaml"
    digest = next(word for word in release.read_text().replace('"', " ").split() if "@sha256:" in word).partition("@")[2]
    release.write_text(release.read_text().replace(digest, "sha256:" + "0" * 64))
    outcome = user.run("env", "up", "dev")
    assert outcome.code == 1
    assert "0" * 12 in outcome.err
    assert user.objects() == []


def test_a_registry_that_is_down_is_said_and_nothing_is_made(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    registry = json.loads((Path(__file__).parents[2] / ".machine" / "images.json").read_text())["registry"]
    for file in ("liftlock.yaml", "releases/dev.yaml"):
        path = user.repo / file
        path.write_text(path.read_text().replace(registry, nobody))
    outcome = user.run("env", "up", "dev")
    assert outcome.code == 69
    assert nobody in outcome.err
    assert "hint:" in outcome.err
    assert user.objects() == []


def test_a_docker_engine_that_does_not_answer_is_said(resident: User, tmp_path: Path) -> None:
    outcome = resident.run("env", "up", "dev", env={"DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"})
    assert outcome.code == 69
    assert "Docker" in outcome.err
    assert "hint:" in outcome.err


def test_drift_with_a_dead_docker_engine_is_incomplete_and_never_clean(resident: User, tmp_path: Path) -> None:
    outcome = resident.run("drift", "dev", env={"DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"})
    assert outcome.code == 3
    assert "no drift" not in outcome.out


def test_a_docker_engine_that_goes_away_in_the_middle_loses_nothing(user: User, tmp_path: Path) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    gateway = Gateway(tmp_path / "gateway.sock")
    running = user.start("env", "up", "dev", env={"DOCKER_HOST": gateway.url})
    eventually(lambda: any("db-" in name for name in user.objects()))
    gateway.cut()
    _, said = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "Docker" in said
    user.ok("env", "up", "dev")
    assert user.run("drift", "dev").code == 0
    assert no_orphans(user, "dev")


def test_a_port_in_use_is_said_with_the_way_out(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (user.repo / "environments" / "dev.yaml").write_text(f"extends: base\nport: {port}\n")
        outcome = user.run("env", "up", "dev")
    assert outcome.code == 5
    assert str(port) in outcome.err
    assert user.objects() == []


def test_of_two_runs_at_once_the_second_waits_for_the_first(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    runs = [user.start("env", "up", "dev") for _ in range(2)]
    said = [run.communicate(timeout=240)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert any("waiting for pid" in text for text in said)
    assert user.run("drift", "dev").code == 0
    assert no_orphans(user, "dev")


KILL_POINTS: list[Callable[[list[str]], bool]] = [
    bool,
    lambda names: any("db-" in name for name in names),
    lambda names: any("migrate" in name for name in names),
    lambda names: any("-web-" in name for name in names),
]


@pytest.mark.parametrize("reached", KILL_POINTS, ids=["first object", "database", "migration", "service"])
def test_a_kill_during_env_up_is_made_good_by_the_next_run(user: User, reached: Callable[[list[str]], bool]) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    running = user.start("env", "up", "dev")
    eventually(lambda: reached(user.objects()))
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    user.ok("env", "up", "dev")
    assert user.run("drift", "dev").code == 0
    assert no_orphans(user, "dev")
    user.ok("env", "down", "dev", "--yes")
    assert user.objects() == []


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_kill_during_branch_up_leaves_nothing_that_the_next_run_does_not_find(user: User, command: str) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    running = user.start("branch", "up", "--branch", "feature/x")
    eventually(lambda: any("-migrate-" in name or "-router" in name for name in user.objects()))
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    if command == "up":
        user.ok("branch", "up", "--branch", "feature/x")
        assert "feature/x" in user.ok("branch", "list").out
    user.ok("branch", "down", "--branch", "feature/x")
    assert user.objects() == []


def test_ctrl_c_ends_soon_with_its_own_code_and_loses_nothing(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    running = user.start("env", "up", "dev")
    eventually(lambda: any("db-" in name for name in user.objects()))
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert "interrupted" in said
    user.ok("env", "up", "dev")
    assert no_orphans(user, "dev")


@pytest.mark.parametrize("branch", ["feature/UPPER_case--" + "x" * 72, "-🚤"])
def test_any_branch_name_gets_an_environment(resident: User, branch: str) -> None:
    outcome = resident.ok("branch", "up", f"--branch={branch}")
    assert "http://" in outcome.out
    assert branch in resident.ok("branch", "list").out
    resident.ok("branch", "down", f"--branch={branch}")
    assert resident.ok("branch", "list").out.startswith("no branch")


@pytest.fixture
def small_disk(user: User) -> Iterator[Path]:
    """The state's folder on a disk of 256 KiB."""
    with disk_for_state(user, 256) as folder:
        yield folder


def test_a_full_disk_is_said_and_the_next_run_with_room_converges(user: User, small_disk: Path) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 236 * 1024)
    outcome = user.run("env", "up", "dev")
    assert outcome.code == 1, outcome.out + outcome.err
    assert "space" in outcome.err.lower()
    filler.unlink()
    user.ok("env", "up", "dev")
    assert user.run("drift", "dev").code == 0
    assert no_orphans(user, "dev")


def no_orphans(user: User, environment: str) -> bool:
    """Every object that carries the environment's labels is one that the state knows."""
    state = json.loads((user.repo / ".liftlock" / "state" / ".pulumi" / "stacks" / user.project / f"{environment}.json").read_text())
    known = {str(item.get("outputs", {}).get("name")) for item in state["checkpoint"]["latest"]["resources"]}
    found = set(user.objects(environment))
    assert found <= known, f"not in the state: {found - known}"
    assert not docker.from_env().containers.list(all=True, filters={"label": f"liftlock.project={user.project}", "status": "created"})
    return True
