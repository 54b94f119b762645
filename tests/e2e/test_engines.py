"""One environment under two engines, by the command line alone; and a Pulumi CLI that never outlives who started it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import User, disk_for_state, labelled, new_user
from tests.json_results import validated
from tests.pulumi_cli import pulumi_cli
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.pulumi, pytest.mark.slow]


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user who has the real CLI on PATH, behind a script that writes down each start of it."""
    folder = tmp_path_factory.mktemp("engines")
    found = new_user(folder)
    calls = folder / "calls"
    script = folder / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "$*" >> {calls}\nexec {pulumi_cli()} "$@"\n')
    script.chmod(0o755)
    found.extra = {"PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls)}
    try:
        found.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
        yield found
    finally:
        found.leave()


def use(user: User, kind: str) -> None:
    path = user.repo / "liftlock.yaml"
    lines = [f"engine: {{kind: {kind}}}" if line.startswith("engine:") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")


def calls(user: User) -> list[str]:
    """What the CLI was asked since the last time."""
    path = Path(user.extra["CALLS"])
    found = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.removeprefix("--non-interactive ").split(" --")[0] for line in found]


def running(user: User) -> list[int]:
    """The CLI's and its plugins' processes of this user."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, place = (folder / "cmdline").read_bytes().decode(errors="replace"), str((folder / "cwd").readlink())
        except OSError:
            continue
        if place.startswith(str(user.repo)) and "pulumi" in command and "liftlock\0" not in command:
            found.append(int(folder.name))
    return found


def changed(outcome: str) -> list[str]:
    return [change["name"] for change in json.loads(outcome)["changes"] if change["operation"] != "same"]


def test_either_engine_takes_over_from_the_other(owner: User) -> None:
    use(owner, "pulumi")
    made = owner.ok("env", "up", "dev", "--json")
    assert json.loads(made.out)["engine"].startswith("pulumi 3.")
    calls(owner)
    assert changed(owner.ok("env", "up", "dev", "--json").out) == []
    assert calls(owner) == ["up"]
    shown = validated(owner.ok("engine", "--json").out)
    assert (shown["runs"], shown["problem"], [stack["environment"] for stack in shown["stacks"]]) == ("pulumi", None, ["dev"])

    use(owner, "embedded")
    owner.ok("env", "preview", "dev")
    owner.ok("drift", "dev")
    owner.edit("liftlock.yaml", "LOG_LEVEL: info, API", "LOG_LEVEL: debug, API")
    after = owner.ok("env", "up", "dev", "--json")
    assert json.loads(after.out)["engine"].startswith("embedded ")
    assert "service-web" in changed(after.out)
    assert calls(owner) == []

    use(owner, "pulumi")
    owner.ok("env", "preview", "dev")
    owner.ok("drift", "dev")
    again = owner.ok("env", "up", "dev", "--json")
    assert (json.loads(again.out)["engine"][:8], changed(again.out)) == ("pulumi 3", [])
    owner.ok("env", "down", "dev", "--yes")
    assert labelled(owner.project) == []
    assert not (owner.repo / ".liftlock" / "state" / "Pulumi.dev.yaml").exists()
    assert validated(owner.ok("engine", "--json").out)["stacks"] == []
    assert running(owner) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_ends_takes_the_cli_with_it_and_the_next_goes_on(owner: User, how: signal.Signals) -> None:
    use(owner, "pulumi")
    run = owner.start("env", "up", "dev")
    eventually(lambda: labelled(owner.project, "dev"))
    run.send_signal(how)
    run.wait(60)
    assert run.returncode in {130, -signal.SIGKILL}
    eventually(lambda: running(owner) == [])
    assert validated(owner.ok("engine", "--json").out)["stacks"][0]["lock"] is None
    owner.ok("env", "up", "dev")
    assert changed(owner.ok("env", "up", "dev", "--json").out) == []
    owner.ok("env", "down", "dev", "--yes")
    assert labelled(owner.project) == []


def leave_unfinished(user: User, name: str) -> None:
    """The state as a CLI leaves it that was killed while it made this resource, and before it could say what came of it."""
    path = user.repo / ".liftlock" / "state" / ".pulumi" / "stacks" / user.project / "dev.json"
    document = json.loads(path.read_text())
    latest = document["checkpoint"]["latest"]
    (resource,) = (item for item in latest["resources"] if item["custom"] and item["urn"].endswith(f"::{name}"))
    latest["pending_operations"] = [{"resource": resource, "type": "creating"}]
    path.write_text(json.dumps(document))


def test_what_a_killed_cli_left_unfinished_is_told_once_and_settled(owner: User) -> None:
    use(owner, "pulumi")
    owner.ok("env", "up", "dev")
    leave_unfinished(owner, "service-web")
    again = owner.ok("env", "up", "dev", "--full", "--json")
    assert "an earlier run was cut off while it worked on service-web" in again.err
    assert changed(again.out) == []
    assert "cut off" not in owner.ok("env", "up", "dev", "--full").err
    owner.ok("env", "down", "dev", "--yes")


def test_the_lock_of_a_cli_that_was_killed_is_taken_away_after_proof(owner: User) -> None:
    use(owner, "pulumi")
    run = owner.start("env", "up", "dev")
    eventually(lambda: labelled(owner.project, "dev"))
    for process in [run.pid, *running(owner)]:
        os.kill(process, signal.SIGKILL)
    run.wait(60)
    eventually(lambda: running(owner) == [])
    assert "process" in validated(owner.ok("engine", "--json").out)["stacks"][0]["lock"]
    assert "removed the lock of a run that is gone" in owner.ok("env", "up", "dev").err
    assert "cut off" not in owner.ok("env", "up", "dev", "--full").err
    owner.ok("env", "down", "dev", "--yes")
    assert labelled(owner.project) == []


def test_a_full_disk_is_said_also_where_the_cli_writes_and_the_next_run_with_room_goes_on(owner: User) -> None:
    use(owner, "pulumi")
    with disk_for_state(owner, 2048) as disk:
        owner.ok("env", "up", "dev")
        left = os.statvfs(disk)
        filler = disk / "filler"
        filler.write_bytes(b"x" * (left.f_bavail * left.f_frsize - 8192))
        outcome = owner.run("env", "up", "dev", "--full")
        assert outcome.code == 1
        assert "no space left on device" in outcome.err.lower()
        filler.unlink()
        owner.ok("env", "up", "dev")
        assert owner.run("drift", "dev").code == 0
        owner.ok("env", "down", "dev", "--yes")
    assert labelled(owner.project) == []
