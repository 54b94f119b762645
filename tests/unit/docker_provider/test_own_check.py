"""A container's own health check, run before Docker runs it."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock_engine.providers.docker.own_check import check_command


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ()),
        ({"Healthcheck": None}, ()),
        ({"Healthcheck": {}}, ()),
        ({"Healthcheck": {"Test": []}}, ()),
        ({"Healthcheck": {"Test": ["NONE"]}}, ()),
        ({"Healthcheck": {"Test": ["CMD", "pg_isready", "-q"]}}, ("pg_isready", "-q")),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "curl -f x || exit 1"]}}, ("/bin/sh", "-c", "curl -f x || exit 1")),
        ({"Shell": ["/bin/bash", "-ec"], "Healthcheck": {"Test": ["CMD-SHELL", "true"]}}, ("/bin/bash", "-ec", "true")),
    ],
)
def test_the_command_is_the_one_that_docker_would_run(config: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert check_command({"Config": config}) == expected
