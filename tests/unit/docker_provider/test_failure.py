"""What a failure tells, and what it keeps to itself."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock_engine.providers.docker.failure import MASK, masked, taken_port, told
from liftlock_engine.providers.docker.ownership import could_be_ours, is_ours

EXITED: dict[str, Any] = {"State": {"Running": False, "ExitCode": 3, "OOMKilled": False, "Error": ""}}


def test_a_failure_names_the_container_the_reason_the_exit_code_and_the_last_lines() -> None:
    log = "\n".join(f"line {number}" for number in range(30))
    message = told("container api (resource 'api')", "it ended right after its start", EXITED, log, {})
    assert message.startswith("container api (resource 'api'): it ended right after its start (exit code 3)")
    assert "line 29" in message
    assert "line 19" not in message


@pytest.mark.parametrize(
    ("env", "log", "expected"),
    [
        ("DB_PASSWORD=abc", "login abc failed", f"login {MASK} failed"),
        ("API_TOKEN=x1", "bad token x1", f"bad token {MASK}"),
        ("MOTTO=quite a long motto", "it is quite a long motto", f"it is {MASK}"),
        ("MODE=prod", "mode prod", "mode prod"),
        ("DATABASE_URL=postgres://shop:pw1@db/shop", "password pw1 is wrong", f"password {MASK} is wrong"),
        ("TLS_KEY=first line\nsecond", "second", MASK),
    ],
)
def test_values_that_may_be_secret_are_masked(env: str, log: str, expected: str) -> None:
    assert masked(log, {"envs": [env]}) == expected


@pytest.mark.parametrize(
    ("said", "port"),
    [
        ("Bind for 127.0.0.1:18080 failed: port is already allocated", "127.0.0.1:18080"),
        ("listen tcp4 0.0.0.0:80: bind: address already in use", "0.0.0.0:80"),
        ("exec: not found", None),
    ],
)
def test_a_taken_port_is_recognised(said: str, port: str | None) -> None:
    assert taken_port(said) == port


def test_only_equal_ownership_labels_make_an_object_ours() -> None:
    inputs: dict[str, Any] = {"labels": [{"label": "owner", "value": "me"}, {"label": "env", "value": "dev"}]}
    assert is_ours(("owner", "env"), {"owner": "me", "env": "dev", "more": "x"}, inputs)
    assert not is_ours(("owner", "env"), {"owner": "me", "env": "prod"}, inputs)
    assert not is_ours(("owner", "absent"), {"owner": "me", "env": "dev"}, inputs)
    assert not is_ours((), {"owner": "me", "env": "dev"}, inputs)
    assert could_be_ours((), {"owner": "me", "env": "dev"}, inputs)
    assert not could_be_ours((), {"owner": "me"}, inputs)
