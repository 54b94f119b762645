"""What the auditor sees of promotions through a real Gitea, however it merges: in a bare clone, from Git alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from liftlock.core.errors import ExitCode
from tests.git_repositories import commit_here, git
from tests.gitea_server import Gitea
from tests.integration.forges.gitea_people import Person, Team, a_team

pytestmark = pytest.mark.gitea


def auditor(team: Team, name: str) -> Person:
    """Somebody with a fresh bare clone that knows no forge."""
    folder = team.folder / name
    git(team.folder, "clone", "--quiet", "--bare", team.repository.url_of("root"), str(folder))
    git(folder, "remote", "remove", "origin")
    return Person(folder, "Auditor <auditor@shop.example>", "none")


def promote(team: Team) -> None:
    """Ada promotes, Grace approves and merges."""
    team.prove()
    ada, grace = team.person("ada"), team.person("grace")
    number = team.open(ada)
    grace.run(f"promote approve {number}")
    grace.run(f"promote merge {number}")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_promotion_is_clean_however_it_is_merged_and_a_commit_past_it_is_not(gitea: Gitea, tmp_path: Path, method: str) -> None:
    with a_team(gitea, tmp_path, f", merge: {method}") as team:
        promote(team)
        before = auditor(team, "before.git")
        report: dict[str, Any] = before.json("audit verify")
        assert (report["broken"], report["findings"]) == (None, [])
        row = json.loads(before.run("audit export --format json").out)["items"][-1]
        assert (row["kind"], row["environment"], row["authorised"]) == ("promote", "staging", True)
        assert row["approved_by"] == ["Grace <grace@shop.example>"]
        clone = team.person("ada").clone
        git(clone, "pull", "--quiet", "--ff-only", team.repository.url_of("root"), "main")
        made = commit_here(clone, {"releases/prod.yaml": "services: {}\n"}, "By hand")
        git(clone, "push", "--quiet", team.repository.url_of("root"), "HEAD:main")
        findings = auditor(team, "after.git").json("audit verify", expect=ExitCode.POLICY)["findings"]
        assert [(finding["kind"], finding["commit"]) for finding in findings] == [("unauthorised", made)]
