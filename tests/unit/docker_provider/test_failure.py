"""What a failure tells, and what it keeps to itself."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock_engine.disclosure import HEALTH_TITLE, MASK, WITHHELD
from liftlock_engine.providers.docker.failure import last_health_output, masked, taken_port, told
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


def test_a_secret_of_several_lines_is_masked_in_the_last_lines_whole_and_in_its_long_lines() -> None:
    inputs: dict[str, Any] = {"envs": ["TLS_KEY=-----BEGIN-----\nab\nMIIEvQIBADAN"]}
    message = told("container api", "it ended", EXITED, "key:\n-----BEGIN-----\nab\nMIIEvQIBADAN\nalone: MIIEvQIBADAN", inputs)
    assert message.endswith(f"  | key:\n  | {MASK}\n  | alone: {MASK}")


@pytest.mark.parametrize("log", ["login x1y failed", "prefix-x1y-suffix"])
def test_a_log_with_a_short_secret_is_withheld_whole(log: str) -> None:
    message = told("container api", "it ended", EXITED, f"fine\n{log}", {"envs": ["API_TOKEN=x1y"]})
    assert message == f"container api: it ended (exit code 3)\n{WITHHELD}"


@pytest.mark.parametrize("env", ["TOKEN_TTL=60", "AUTH=on", "SESSION_STORE="])
def test_a_plain_setting_beside_a_secret_name_leaves_the_log_readable(env: str) -> None:
    assert "on port 6000" in told("container api", "it ended", EXITED, "on port 6000", {"envs": [env]})


def test_the_output_of_a_health_check_is_masked_before_it_is_cut() -> None:
    secret = "s3cr3t-" * 4
    inspected = {"State": {**EXITED["State"], "Health": {"Log": [{"Output": "." * 290 + secret}]}}}
    message = told("container api", "its health check fails" + last_health_output(inspected), inspected, "", {"envs": [f"TOKEN={secret}"]})
    assert "s3cr" not in message
    assert message.partition(HEALTH_TITLE)[2].startswith(" ....")


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
