"""Where the engine and the runtime are tested, on fakes and once on Docker for all of these tests; and a real registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.places import PLACES, SECRETS, FakePlace, Place, has_images
from tests.fakes.environments import QuietProgress
from tests.registries import RunningRegistry, registry_image, run_registry


@pytest.fixture(
    scope="session",
    params=[
        "fake",
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("pulumi", marks=[pytest.mark.docker, pytest.mark.pulumi]),
        pytest.param("pulumi far away", marks=[pytest.mark.docker, pytest.mark.pulumi, pytest.mark.slow]),
    ],
)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place whose dev is up; each test leaves it so."""
    if request.param == "fake":
        fake = FakePlace()
        fake.engine.up("dev", fake.healthy, SECRETS, progress=QuietProgress())
        yield fake
        return
    if not has_images():
        pytest.skip("needs the project's images: run make images")
    real = PLACES[request.param](tmp_path_factory.mktemp("state"))
    try:
        made = real.engine.up("dev", real.healthy, SECRETS, progress=QuietProgress())
        assert made.succeeded, made.failures
        yield real
    finally:
        real.close()


@pytest.fixture(scope="module")
def running() -> Iterator[RunningRegistry]:
    """A registry of its own for the tests of one module."""
    image = registry_image()
    if image is None:
        pytest.skip("no registry image on this machine; make images builds it")
    with run_registry(image) as found:
        yield found
