"""What a reviewer sees of a running environment in the pull request, and the way back from a mistake by one command."""

from __future__ import annotations

from typing import Any

import docker
import pytest

from tests.e2e.conftest import GRACE, User

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def promote(user: User, *words: str) -> Any:
    return user.ok("promote", "open", "--to", "staging", "--json", *words).json()["pull"]


def land(user: User, pull: Any) -> None:
    number = str(pull["number"])
    user.ok("promote", "approve", number, env={"LIFTLOCK_ACTOR": GRACE})
    user.ok("promote", "merge", number)
    user.ok("env", "up", "staging")


def test_a_reviewer_sees_preview_and_drift_and_a_mistake_goes_back_in_one_pull_request(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    user.ok("env", "up", "dev")
    land(user, promote(user))
    user.ok("image", "record", "--env", "dev", "web=v2")
    user.ok("env", "up", "dev")
    client = docker.from_env()
    web = next(client.containers.get(name) for name in user.objects("staging") if "-staging-web-" in name)
    web.update(mem_limit="123m", memswap_limit="246m")
    client.close()
    pull = promote(user, "--look")
    preview, _, drift = pull["body"].partition("Drift there now")
    assert "web" in preview.partition("would change:")[2]
    assert "memory" in drift
    land(user, pull)

    back = user.ok("rollback", "staging", "--reason", "the page is blank", "--json").json()
    assert back["outcome"] == "opened"
    again = user.ok("rollback", "staging", "--reason", "the page is blank", "--json").json()
    assert again["outcome"] == "adopted"
    land(user, back["pull"])
    assert "vetoed" in user.run("promote", "plan", "--to", "staging", "--service", "web").out
    assert user.ok("audit", "verify").code == 0
