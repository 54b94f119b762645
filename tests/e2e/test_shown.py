"""What a user sees of a run, without a terminal and in one."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.conftest import LIFTLOCK, User
from tests.screen import Screen, run_in_terminal
from tests.waiting import eventually

pytestmark = pytest.mark.docker


def test_a_run_without_a_terminal_names_each_change_and_sums_them_up(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    first = user.ok("env", "up", "dev")
    assert first.err.startswith("==> dev: release rel-")
    assert {"network", "service-api", "service-web", "routes"} <= set(re.findall(r"^    ([\w-]+): created \(\d+\.\d s\)$", first.err, re.M))
    assert "\x1b" not in first.err
    assert re.match(r"dev: \d+ changed, 0 unchanged\n  created  ", first.out)
    assert re.search(r"dev: rel-\w+ healthy at http://dev\.\S+ \(\d+\.\d s, engine \w+ [\d.]+\)\n$", first.out)

    assert re.match(r"dev: no change \(\d+ unchanged\)\n", user.ok("env", "up", "dev").out)
    eventually(lambda: user.ok("env", "up", "dev").out.startswith("dev: no change since the last run"), seconds=240)

    removed = user.ok("env", "down", "dev", "--yes")
    assert re.match(r"dev: removed \d+ objects in \d+\.\d s\n  removed  ", removed.out)
    assert "    network: removed (" in removed.err


def test_a_failed_run_says_what_was_kept_what_was_not_begun_what_serves_and_what_to_type(resident: User) -> None:
    resident.ok("image", "record", "--env", "dev", "api=v3", "web=v3")
    outcome = resident.run("env", "up", "dev", "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert set(document["failures"]) == {"service-api", "service-web"}
    lines = document["message"].splitlines()
    assert "not begun, because it needs what failed: routes" in lines
    assert any(line.startswith("kept: replaced ") and line.endswith(" unchanged") for line in lines)
    assert any(line.startswith("still serving: http://dev.") for line in lines)
    assert document["hint"] == "mend the cause, then run: liftlock env up dev --json"
    resident.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    resident.ok("env", "up", "dev")


def test_a_terminal_keeps_what_happened_and_nothing_of_the_live_view(user: User) -> None:
    user.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
    code = f"import os; os.chdir({str(user.repo)!r}); os.execv({str(LIFTLOCK)!r}, ['liftlock', 'env', 'up', 'dev'])"
    env = {**user.environment(), "TERM": "xterm-256color"}
    status, printed = run_in_terminal(code, width=140, height=24, env=env, on_output=lambda *_: None)
    assert status == 0, printed
    assert "creating" in printed
    seen = Screen(140).feed(printed)
    assert seen.cursor_shown
    text = seen.text()
    assert text[0].startswith("==> dev: release rel-")
    strange = [line for line in text if not re.match(r"==> |    [\w-]+: created |dev: |  created  |           ", line)]
    assert strange == []
    assert not any("creating" in line or "at work" in line for line in text)
