"""The real images, as `make images` names them, and a box to run them in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from machine.engine import probe
from machine.places import IMAGES_FILE
from tests.integration.machine.docker_box import DockerBox


@pytest.fixture(scope="session")
def images() -> dict[str, Any]:
    """References by digest; without them the test cannot run."""
    if not IMAGES_FILE.exists() or probe() is not None:
        pytest.skip("needs a Docker engine and the images: run make images")
    found: dict[str, Any] = json.loads(IMAGES_FILE.read_text())["images"]
    return found


@pytest.fixture
def box(images: dict[str, Any]) -> Iterator[DockerBox]:
    """An empty box, emptied again afterwards."""
    del images
    made = DockerBox()
    made.open()
    try:
        yield made
    finally:
        made.close()
