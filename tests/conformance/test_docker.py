"""The embedded engine does what the Pulumi CLI did, step by step, on a real Docker engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, StackName
from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.cases import CASES, PASSPHRASE, wrong_steps
from tests.conformance.differences import EMBEDDED, differences_of
from tests.conformance.facts import Facts, seen_facts

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("programs")
def test_embedded_engine_does_what_the_pulumi_cli_did(case: str, tmp_path: Path, docker: DockerProvider, request: Any) -> None:
    address = request.getfixturevalue("registry") if case == "docker-images" else ""
    engine = Engine(FileBackend(tmp_path), {"docker": docker}, lambda: PASSPHRASE)
    wrong = wrong_steps(case, lambda step: _run(engine, case, step), differences_of(EMBEDDED), registry=address)
    assert not wrong, "\n".join(wrong)


def _run(engine: Engine, case: str, step: dict[str, Any]) -> Facts:
    stack = StackName("reference", case)
    events: list[Event] = []
    config = {key: ConfigValue(value, secret) for key, (value, secret) in step["config"].items()} if "config" in step else None
    program = step["program"] if Operation(step["op"]).runs_program else None
    result = engine.run(Operation(step["op"]), stack, program, config=config, on_event=events.append)
    return seen_facts(step["name"], result, events, engine.backend.state_path(stack), PASSPHRASE)
