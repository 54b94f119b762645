"""What review has to say of an environment, on a real repository: the base branch counts, whatever a work tree says."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.adapters.config_files.loader import load_project
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import BlockedError
from liftlock.wiring.reviewed import deploy_rules, require_reviewed_state, reviewed_project
from tests.config_repository import FILES
from tests.git_repositories import commit_here, git, make_clone, make_forge

LAX = FILES["liftlock.yaml"].replace("verified: true", "verified: false")
VETO = "vetoes:\n- {id: bad, release: rel-0123456789abcdef, until: never, reason: it fails, owner: ada}\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_clone(make_forge(tmp_path, dict(FILES)), tmp_path / "clone")


def test_what_is_on_the_base_branch_is_reviewed_and_so_is_what_was(clone: Path) -> None:
    old = GitRepository(clone).head("main")
    commit_here(clone, {"README": "more"}, "More")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    require_reviewed_state(GitRepository(clone), "main", "prod")
    git(clone, "checkout", "--quiet", old)
    require_reviewed_state(GitRepository(clone), "main", "prod")


def test_what_nobody_reviewed_is_not_deployed(clone: Path) -> None:
    commit = commit_here(clone, {"README": "more"}, "More")
    with pytest.raises(BlockedError, match=f"prod is protected and {commit[:12]} is not on main"):
        require_reviewed_state(GitRepository(clone), "main", "prod")
    (clone / "README").write_text("edited", encoding="utf-8")
    with pytest.raises(BlockedError, match="prod is protected and this checkout has uncommitted changes"):
        require_reviewed_state(GitRepository(clone), "main", "prod")


def test_of_two_sets_of_rules_the_stricter_holds_and_the_vetoes_of_the_base_branch(clone: Path) -> None:
    commit_here(clone, {"policy/vetoes.yaml": VETO}, "Veto")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    commit_here(clone, {"liftlock.yaml": LAX, "policy/vetoes.yaml": "vetoes: []\n"}, "Be lax")
    here, base = load_project(clone), reviewed_project(clone, GitRepository(clone), "main")
    assert base is not None
    rules = deploy_rules(here, base, "staging")
    assert rules.stage is not None
    assert rules.stage.gates.verified
    assert [veto.id for veto in rules.vetoes] == ["bad"]
    alone = deploy_rules(here, None, "staging")
    assert alone.stage is not None
    assert not alone.stage.gates.verified
    assert not alone.vetoes


def test_a_base_branch_that_cannot_be_read_is_none(clone: Path) -> None:
    assert reviewed_project(clone, GitRepository(clone), "gone") is None
