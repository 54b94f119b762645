"""A thousand open pull requests: one promotion more touches the one that it replaces, and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.promotion_repository import Repository, add_pull_requests, git, make_repository, registry

LIFTLOCK = Path(sys.executable).parent / "liftlock"
SERVICE = "svc-00000"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def promote(made: Repository, *words: str) -> Any:
    environment: Mapping[str, str] = {**os.environ, "LIFTLOCK_ACTOR": "Ada <ada@big.example>"}
    done = subprocess.run(
        [str(LIFTLOCK), "promote", *words, "--json"],
        cwd=made.clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_promotion_among_a_thousand_open_ones_replaces_only_its_own(tmp_path: Path) -> None:
    with registry(1000) as host:
        made = make_repository(tmp_path, 1000, 100, host)
        add_pull_requests(made, "qa", 1000)
        before = set(git(made.forge, "for-each-ref", "--format=%(refname)", "refs/heads/liftlock/promote-qa-*").split())
        opened = promote(made, "open", "--to", "qa", "--service", SERVICE)
        assert opened["outcome"] == "opened"
        assert len(opened["closed"]) == 1
        after = set(git(made.forge, "for-each-ref", "--format=%(refname)", "refs/heads/liftlock/promote-qa-*").split())
        assert (len(before), len(after), len(before - after), len(after - before)) == (1000, 1000, 1, 1)
        again = promote(made, "open", "--to", "qa", "--service", SERVICE)
        assert (again["outcome"], again["pull"]["number"], again["closed"]) == ("adopted", opened["pull"]["number"], [])
