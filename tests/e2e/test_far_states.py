"""One environment with its state in a database, or in a bucket under a cloud key, by the command line; and what befalls it there."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import User, labelled, new_user
from tests.far_states import FarState, far_state
from tests.json_results import validated
from tests.pulumi_cli import pulumi_cli
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.pulumi, pytest.mark.slow]
LOCKS = ".pulumi/locks/"


@dataclass(frozen=True, slots=True)
class Far:
    """A user whose `liftlock.yaml` names a state elsewhere."""

    user: User
    state: FarState

    @property
    def locks(self) -> list[str]:
        return [name for name in self.state.held() if name.startswith(LOCKS)]


@pytest.fixture(scope="module", params=["postgres", "bucket"])
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("far")
    with far_state(request.param) as state:
        user = new_user(folder)
        user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
        place = Path(user.repo / "liftlock.yaml")
        engine = f'engine: {{backend: "env:SHOP_BACKEND", secrets_provider: "{state.keeper}"}}'
        place.write_text("\n".join(engine if line.startswith("engine:") else line for line in place.read_text().splitlines()) + "\n")
        path = f"{pulumi_cli().parent}{os.pathsep}{os.environ['PATH']}"
        user.extra = {"PATH": path, "PULUMI_HOME": str(folder / "home"), "SHOP_BACKEND": state.backend, **state.variables}
        try:
            yield Far(user, state)
        finally:
            user.leave()


def changed(outcome: str) -> list[str]:
    return [change["name"] for change in json.loads(outcome)["changes"] if change["operation"] != "same"]


def test_an_environment_lives_and_ends_with_its_state_far_away(far: Far) -> None:
    user = far.user
    assert user.run("env", "preview", "dev").code == 2
    user.ok("env", "up", "dev")
    assert far.locks == []
    assert changed(user.ok("env", "up", "dev", "--full", "--json").out) == []
    assert user.run("drift", "dev").code == 0
    shown = validated(user.ok("engine", "--json").out)
    assert (shown["declared"], shown["runs"], shown["backend"]) == ("auto", "pulumi", "env:SHOP_BACKEND")
    assert [stack["environment"] for stack in shown["stacks"]] == ["dev"]
    assert not (user.repo / ".liftlock" / "state" / ".pulumi").exists()
    user.ok("env", "down", "dev", "--yes")
    assert labelled(user.project) == []
    assert validated(user.ok("engine", "--json").out)["stacks"] == []


def test_who_interrupts_a_run_leaves_no_lock_and_the_next_goes_on(far: Far) -> None:
    run = far.user.start("env", "up", "dev")
    eventually(lambda: labelled(far.user.project, "dev"))
    assert len(far.locks) == 1
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert (run.returncode, far.locks) == (130, [])
    far.user.ok("env", "up", "dev")
    far.user.ok("env", "down", "dev", "--yes")
    assert labelled(far.user.project) == []


def test_a_living_owner_of_a_lock_is_named_and_a_dead_ones_is_taken_away(far: Far) -> None:
    user = far.user
    user.ok("env", "up", "dev")
    stack = f"{LOCKS}organization/{user.project}/dev"
    about = {"username": "ada", "hostname": os.uname().nodename, "timestamp": datetime.now(UTC).isoformat()}
    far.state.put(f"{stack}/one.json", json.dumps({"pid": os.getpid(), **about}).encode())
    held = user.run("env", "up", "dev", "--full")
    assert (held.code, f"process {os.getpid()}" in held.err) == (5, True)
    assert far.locks == [f"{stack}/one.json"]
    user.ok("env", "preview", "dev")
    dead = 2**22 + 1  # above the highest process id of Linux
    far.state.put(f"{stack}/one.json", json.dumps({"pid": dead, **about}).encode())
    assert "removed the lock of a run that is gone" in user.ok("env", "up", "dev", "--full").err
    assert far.locks == []
    user.ok("env", "down", "dev", "--yes")
