"""What the recorded programs need around them, and what is removed afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.cases import PROGRAMS, docker_says
from tests.conformance.hands import Hands, configured, join_hands
from tests.registries import registry_image, run_registry


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The recorded programs import each other by bare names, as they were recorded."""
    monkeypatch.syspath_prepend(str(PROGRAMS))
    yield
    for name in [name for name, module in sys.modules.items() if str(PROGRAMS) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


@pytest.fixture
def no_leftovers() -> Iterator[None]:
    """What a failed test leaves is removed: the recorded names begin with `ref-`."""
    yield
    for kind, listing in (("container", ("ps", "-a")), ("network", ("network", "ls")), ("volume", ("volume", "ls"))):
        shown = "{{.Names}}" if kind == "container" else "{{.Name}}"
        left = [name for name in docker_says(*listing, "--format", shown).split() if name.startswith("ref-")]
        if left:
            force = ["-f"] if kind != "network" else []
            subprocess.run(["docker", kind, "rm", *force, *left], capture_output=True, check=False, timeout=120)


@pytest.fixture
def docker(no_leftovers: None) -> Iterator[DockerProvider]:
    """The docker provider."""
    provider = DockerProvider()
    yield provider
    provider.close()


@pytest.fixture
def hands(tmp_path: Path, no_leftovers: None) -> Iterator[Hands]:
    """Both engines on one stack that has a configuration with a secret and no state."""
    with join_hands(tmp_path) as made:
        configured(made.embedded.engine)
        yield made


@pytest.fixture
def collected() -> Iterator[None]:
    """What the Automation API left open is found out here and not in some other test."""
    yield
    gc.collect()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a registry of the test's own; the program finds it in its environment."""
    image = registry_image()
    if image is None:
        pytest.skip("no registry image on this machine; make images builds it")
    with run_registry(image) as running:
        monkeypatch.setenv("REFERENCE_REGISTRY", running.host)
        yield running.host
    left = docker_says("images", "--format", "{{.Repository}}:{{.Tag}}", f"{running.host}/reference/box").split()
    if left:
        docker_says("rmi", *left)
