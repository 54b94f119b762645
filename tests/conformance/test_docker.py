"""The embedded engine does what the Pulumi CLI did, step by step, on a real Docker engine."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, StackName
from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.compare import disagreements
from tests.conformance.differences import DIFFERENCES, NOT_RUN
from tests.conformance.facts import Facts, normalised, recorded_facts, recorded_images, seen_facts
from tests.images import tiny_image

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PROGRAMS = Path(__file__).parent / "programs"
PASSPHRASE = "reference"
CASES = ("docker-create", "docker-update", "docker-components", "docker-replace-chain", "docker-options", "docker-failure")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The recorded programs import each other by bare names, as they were recorded."""
    monkeypatch.syspath_prepend(str(PROGRAMS))
    yield
    for name in [name for name, module in sys.modules.items() if str(PROGRAMS) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


@pytest.fixture
def docker() -> Iterator[DockerProvider]:
    """The docker provider; what a failed test leaves is removed: the recorded names begin with `ref-`."""
    provider = DockerProvider()
    yield provider
    provider.close()
    for kind, listing in (("container", ("ps", "-a")), ("network", ("network", "ls")), ("volume", ("volume", "ls"))):
        shown = "{{.Names}}" if kind == "container" else "{{.Name}}"
        names = subprocess.run(["docker", *listing, "--format", shown], capture_output=True, text=True, check=True, timeout=60)
        left = [name for name in names.stdout.split() if name.startswith("ref-")]
        if left:
            force = ["-f"] if kind != "network" else []
            subprocess.run(["docker", kind, "rm", *force, *left], capture_output=True, check=False, timeout=120)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("programs")
def test_embedded_engine_does_what_the_pulumi_cli_did(case: str, tmp_path: Path, docker: DockerProvider) -> None:
    recorded = recorded_facts(case)
    theirs = recorded_images(recorded)
    ours = {tiny_image(number): f"<image {number}>" for number in (1, 2)}
    engine = Engine(FileBackend(tmp_path), {"docker": docker}, lambda: PASSPHRASE)
    module = importlib.import_module(case.replace("-", "_"))
    wrong: list[str] = []
    for step in (step for step in module.steps() if (case, step["name"]) not in NOT_RUN):
        seen = _run(engine, case, step)
        expected, found = normalised(recorded[step["name"]], theirs), normalised(seen, ours)
        for difference in DIFFERENCES:
            expected, found = difference.recorded(expected), difference.seen(found)
        wrong += [f"{step['name']}: {line}" for line in disagreements(expected, found)]
    assert not wrong, "\n".join(wrong)


def _run(engine: Engine, case: str, step: dict[str, Any]) -> Facts:
    stack = StackName("reference", case)
    events: list[Event] = []
    config = {key: ConfigValue(value, secret) for key, (value, secret) in step["config"].items()} if "config" in step else None
    program = step["program"] if Operation(step["op"]).runs_program else None
    result = engine.run(Operation(step["op"]), stack, program, config=config, on_event=events.append)
    return seen_facts(step["name"], result, events, engine.backend.state_path(stack), PASSPHRASE)


def test_every_difference_gives_its_reason() -> None:
    assert all(difference.what.endswith(".") and difference.why.endswith(".") for difference in DIFFERENCES)
