"""The commands as a user types them: real Git, a forge, a ledger and an HTTP registry. Exit codes and messages are part of the promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liftlock.adapters.ledger import GitLedger
from liftlock.core.errors import LiftlockError
from liftlock.core.ledger import Entry, Fact
from liftlock.main import app
from tests.config_repository import FILES, REGISTRY
from tests.git_repositories import commit_here, git, make_clone, make_forge
from tests.registries import serving_tags

ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"


@dataclass
class User:
    """Somebody at a terminal in the environments repository."""

    clone: Path
    forge: Path
    tags: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, command: str, *, expect: int = 0, as_: str = ADA) -> str:
        """What the command says on stdout, and of an error. Words are separated by blanks."""
        result = CliRunner().invoke(app, [*command.split(), "--repo", str(self.clone)], env={"LIFTLOCK_ACTOR": as_})
        if isinstance(result.exception, LiftlockError):
            code, said = int(result.exception.exit_code), f"{result.stdout}{result.exception.message}\n{result.exception.hint}"
        elif result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        else:
            code, said = result.exit_code, result.stdout
        assert code == expect, said
        return said

    def json(self, command: str, *, expect: int = 0) -> dict[str, object]:
        """What the command says as JSON, with its schema."""
        found: dict[str, object] = json.loads(self.run(f"{command} --json", expect=expect))
        return found

    def deploy(self, environment: str, release: str, *facts: Fact) -> None:
        entries = [Entry(fact, environment, ADA, datetime.now(UTC), release, {"dirty": False}) for fact in facts]
        GitLedger(self.clone).append(entries)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    tags = {f"shop/{service}:{tag}": f"{service}{tag}" for service in ("api", "web") for tag in ("v1", "v2")}
    with serving_tags(tags) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git")
        forge = make_forge(tmp_path, files)
        yield User(make_clone(forge, tmp_path / "clone"), forge, tags)


def record(user: User, tag: str = "v1") -> str:
    """Records the tag for dev; the release's name."""
    return str(user.json(f"image record --env dev --all {tag}")["release"])


def prove(user: User, tag: str = "v1") -> str:
    release = record(user, tag)
    user.deploy("dev", release, Fact.DEPLOYED, Fact.VERIFIED)
    return release


def test_the_whole_way_of_a_release(user: User) -> None:
    assert "nothing is on record yet" in user.run("history")
    release = record(user)
    assert "nothing to record" in user.run("image record --env dev api=v1 web=v1")
    assert "verified:dev (pending)" in user.run("promote open --from dev --to staging", expect=4)
    user.run("promote plan --to staging", expect=4)
    user.deploy("dev", release, Fact.DEPLOYED, Fact.VERIFIED)
    assert "pull request" in user.run("promote plan --to staging --explain", expect=2)
    said = user.run("promote open --from dev --to staging")
    assert "opened pull request #1" in said
    assert "next: somebody else approves it: liftlock promote approve 1\nthen: liftlock promote merge 1\n" in said
    assert "adopted pull request #1" in user.run("promote open --from dev --to staging", as_=GRACE)
    assert "does not count" in user.run("promote approve 1")
    assert "approvals (pending)" in user.run("promote merge 1", expect=4)
    assert "does not count" not in user.run("promote approve 1", as_=GRACE)
    assert "\nnext: liftlock promote merge 1\n" in user.run("promote open --from dev --to staging")
    assert "ready: liftlock promote merge 1" in user.run("promote status 1")
    assert "#1" in user.run("promote status")
    assert "merged pull request #1" in user.run("promote merge 1")
    assert "already merged" in user.run("promote merge 1")
    assert "nothing to promote" in user.run("promote plan --to staging")
    assert (user.clone / "releases" / "staging.yaml").read_text() == (user.clone / "releases" / "dev.yaml").read_text()
    assert git(user.clone, "status", "--porcelain") == ""
    in_staging = user.json("config show staging")["release"]
    assert in_staging != release  # the same images, under staging's own configuration
    told = user.run("history").splitlines()[1:]
    assert [next(word for word in line.split() if word.startswith("rel-")) for line in told] == [in_staging, release, release]


def test_json_of_every_command_names_its_schema(user: User) -> None:
    prove(user)
    assert user.json("image resolve api:v1")["schema"] == "liftlock/image-resolve/v1"
    assert user.json("image verify dev")["schema"] == "liftlock/image-verify/v1"
    plan = user.json("promote plan --to staging", expect=2)
    assert plan["actions"] == [{"branch": plan["branch"], "kind": "open"}]
    assert user.json("promote open --to staging")["outcome"] == "opened"
    assert user.json("promote status 1")["head"] == plan["branch"]
    assert user.json("promote status")["schema"] == "liftlock/promote-list/v1"
    assert user.json("promote close 1 --reason no")["state"] == "closed"
    assert user.json("history")["schema"] == "liftlock/history/v1"


def test_only_the_planned_lines_differ_on_the_branch(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    user.run("promote merge 1")
    user.deploy("staging", prove(user, "v2"), Fact.DEPLOYED)
    branch = str(user.json("promote open --to staging --service api")["plan"]["branch"])  # type: ignore[index]
    changed = git(user.forge, "diff", "--numstat", "main", branch)
    assert changed.split() == ["1", "1", "releases/staging.yaml"]


def test_a_reviewed_plan_is_opened_only_while_it_is_the_plan(user: User) -> None:
    prove(user)
    digest = user.json("promote plan --to staging", expect=2)["digest"]
    prove(user, "v2")
    assert "by now" in user.run(f"promote open --to staging --plan-digest {digest}", expect=5)


def test_the_rules_are_those_of_the_base_branch_not_of_the_work_tree(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    settings = user.clone / "liftlock.yaml"
    settings.write_text(settings.read_text().replace("approvals: 1", "approvals: 0"))
    assert "approvals (pending)" in user.run("promote merge 1", expect=4)


def test_a_work_tree_chooses_no_other_branch_for_the_rules(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    settings = user.clone / "liftlock.yaml"
    text = settings.read_text()
    git(user.clone, "switch", "-q", "-c", "lax")
    commit_here(user.clone, {"liftlock.yaml": text.replace("approvals: 1", "approvals: 0")}, "No approvals")
    git(user.clone, "push", "-q", "origin", "lax")
    settings.write_text(text.replace("base: main", "base: lax"))
    assert "the base branch is lax in this work tree" in user.run("promote merge 1", expect=78)


def test_a_digest_that_the_registry_lost_is_seen_by_verify_and_blocks(user: User) -> None:
    prove(user)
    user.tags.pop("shop/api:v1")
    assert "missing" in user.run("image verify dev", expect=1)
    assert "the registry does not have" in user.run("promote open --to staging", expect=4)


def test_a_newer_promotion_closes_the_older_one(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    prove(user, "v2")
    assert "cannot be merged" in user.run("promote merge 1", expect=5)
    assert "closed pull request #1" in user.run("promote open --to staging")
    assert "closed without merging" in user.run("promote merge 1", expect=5)


def test_a_force_pushed_branch_is_left_alone_and_not_merged(user: User) -> None:
    prove(user)
    opened = user.json("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    branch = str(opened["plan"]["branch"])  # type: ignore[index]
    git(user.clone, "fetch", "--quiet", "origin")
    git(user.clone, "checkout", "--quiet", branch)
    file = user.clone / "releases" / "staging.yaml"
    commit_here(user.clone, {"releases/staging.yaml": file.read_text().replace("tag: v1", "tag: v9")}, "Sneak in")
    git(user.clone, "push", "--quiet", "--force", "origin", branch)
    git(user.clone, "checkout", "--quiet", "main")
    assert "commits that liftlock did not make (by Ada" in user.run("promote merge 1", expect=5)
    assert "liftlock does not touch it" in user.run("promote open --to staging", expect=5)
    user.run("promote close 1")
    assert "opened pull request #2" in user.run("promote open --to staging")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("promote open --to nowhere", 64, "not in the pipeline"),
        ("promote open --to dev", 64, "first environment"),
        ("promote merge 7", 64, "no pull request #7"),
        ("image record --env dev", 64, "no image was named"),
        ("image record --env dev api", 64, "which tag"),
        ("image record --env dev api=v1 api=v2", 64, "named twice"),
        ("image record --env dev api=v7", 1, "no v7"),
        ("image record --env staging api=v1", 64, "promote open --from dev --to staging"),
        ("image resolve nobody", 64, "no service"),
    ],
)
def test_a_mistake_is_named_with_its_exit_code(user: User, command: str, code: int, said: str) -> None:
    assert said in user.run(command, expect=code)


def test_a_registry_that_is_down_blocks_and_says_so(user: User) -> None:
    prove(user)
    files = [user.clone / "liftlock.yaml", user.clone / "releases" / "dev.yaml"]
    host = files[1].read_text().split('"')[1].split("/")[0]
    moved = {str(file.relative_to(user.clone)): file.read_text().replace(host, "127.0.0.1:1") for file in files}
    commit_here(user.clone, moved, "Elsewhere")
    git(user.clone, "push", "--quiet", "origin", "main")
    user.deploy("dev", str(user.json("promote plan --to staging", expect=4)["source_release"]), Fact.DEPLOYED, Fact.VERIFIED)
    assert "does not answer" in user.run("promote plan --to staging", expect=4)
    assert "unknown" in user.run("image verify dev", expect=3)


def test_a_forge_that_is_gone_is_said_to_be_gone(user: User) -> None:
    prove(user)
    user.forge.rename(user.forge.with_name("moved.git"))
    assert "cannot be used" in user.run("promote plan --to staging", expect=69)
    assert "cannot be used" in user.run("history", expect=69)
    assert "recorded" in user.run("history --offline")


def test_history_reads_a_bare_clone_after_everything_else_is_gone(user: User, tmp_path: Path) -> None:
    prove(user)
    git(tmp_path, "clone", "--quiet", "--bare", str(user.forge), "bare.git")
    bare = User(tmp_path / "bare.git", user.forge, {})
    assert "deployed, verified" in bare.run("history --env dev")
    assert "nothing is on record for this" in bare.run("history --env prod")
