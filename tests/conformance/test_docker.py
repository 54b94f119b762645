"""The embedded engine does what the Pulumi CLI did, step by step, on a real Docker engine."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, StackName
from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.compare import disagreements
from tests.conformance.differences import DIFFERENCES, with_race
from tests.conformance.facts import RECORDED, Facts, normalised, recorded_facts, recorded_images, seen_facts
from tests.images import tiny_image
from tests.registries import registry_image, run_registry

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PROGRAMS = Path(__file__).parent / "programs"
PASSPHRASE = "reference"
CASES = tuple(sorted(path.stem for path in RECORDED.glob("docker-*.json")))
DOCKER_HOST = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


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
        left = [name for name in _docker(*listing, "--format", shown).split() if name.startswith("ref-")]
        if left:
            force = ["-f"] if kind != "network" else []
            subprocess.run(["docker", kind, "rm", *force, *left], capture_output=True, check=False, timeout=120)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a registry of the test's own; the program finds it in its environment."""
    image = registry_image()
    if image is None:
        pytest.skip("no registry image on this machine; make images builds it")
    with run_registry(image) as running:
        monkeypatch.setenv("REFERENCE_REGISTRY", running.host)
        yield running.host
    left = _docker("images", "--format", "{{.Repository}}:{{.Tag}}", f"{running.host}/reference/box").split()
    if left:
        _docker("rmi", *left)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("programs")
def test_embedded_engine_does_what_the_pulumi_cli_did(case: str, tmp_path: Path, docker: DockerProvider, request: Any) -> None:
    address = request.getfixturevalue("registry") if case == "docker-images" else ""
    recorded = recorded_facts(case)
    theirs = recorded_images(case, recorded)
    engine = Engine(FileBackend(tmp_path), {"docker": docker}, lambda: PASSPHRASE)
    module = importlib.import_module(case.replace("-", "_"))
    wrong: list[str] = []
    for step in module.steps():
        if "outside" in step:
            step["outside"](None)
            continue
        seen = _run(engine, case, step)
        expected, found = normalised(recorded.pop(step["name"]), theirs), normalised(seen, _our_names(address))
        for difference in DIFFERENCES:
            expected, found = difference.recorded(expected), difference.seen(found)
        wrong += [f"{step['name']}: {line}" for line in disagreements(with_race(case, expected, found), found)]
    assert not wrong, "\n".join(wrong)
    assert not recorded, "every recorded step was done"


def _our_names(registry: str) -> dict[str, str]:
    """What differs on each machine -> the name in the recording."""
    names = {tiny_image(number): f"<image {number}>" for number in (1, 2)} | {DOCKER_HOST: "unix:///var/run/docker.sock"}
    if not registry:
        return names
    for number in (1, 2):
        digests = _docker(
            "image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", f"{registry}/reference/box:{number}"
        ).split()
        names |= {name.split("@")[1]: f"<digest {number}>" for name in digests if name.startswith(f"{registry}/reference/box@")}
    return names | {registry: "<registry>"}


def _docker(*args: str) -> str:
    return subprocess.run(["docker", *args], capture_output=True, text=True, check=True, timeout=120).stdout


def _run(engine: Engine, case: str, step: dict[str, Any]) -> Facts:
    stack = StackName("reference", case)
    events: list[Event] = []
    config = {key: ConfigValue(value, secret) for key, (value, secret) in step["config"].items()} if "config" in step else None
    program = step["program"] if Operation(step["op"]).runs_program else None
    result = engine.run(Operation(step["op"]), stack, program, config=config, on_event=events.append)
    return seen_facts(step["name"], result, events, engine.backend.state_path(stack), PASSPHRASE)
