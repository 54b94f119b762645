"""Containers that Docker still calls starting, because the first interval of their health check is not over."""

from __future__ import annotations

import pytest

from liftlock.adapters.docker_runtime import DockerRuntime
from liftlock.core.ports import Health
from tests.integration.docker_provider.conftest import Yard

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(
    ("check", "health"),
    [
        (["CMD", "true"], Health.HEALTHY),
        (["CMD-SHELL", "test -e /nowhere"], Health.STARTING),
        (["CMD", "sleep", "600"], Health.STARTING),
        (["CMD", "no-such-program"], Health.STARTING),
        (["NONE"], Health.HEALTHY),
    ],
)
def test_its_own_check_tells_how_it_is(yard: Yard, check: list[str], health: Health) -> None:
    labels = {"liftlock.project": yard.token, "liftlock.environment": "dev", "liftlock.role": "service"} | {
        item["label"]: item["value"] for item in yard.labels
    }
    body = {
        "Image": yard.image,
        "Cmd": ["sleep", "1000"],
        "Labels": labels,
        "Healthcheck": {"Test": check, "Interval": 3600 * 10**9, "Timeout": 10**9},
    }
    yard.api.start(yard.raw(body, yard.name("just-up")))
    (part,) = DockerRuntime().parts(yard.token)
    assert part.health is health
