"""Evidence, hotfixes, trains, rules and waiting as a user types them; the exit code says who is in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liftlock.core.ledger import Fact
from tests.config_repository import FILES, REGISTRY
from tests.git_repositories import commit_here, git, make_clone, make_forge
from tests.integration.promotion.test_commands import GRACE, User, prove
from tests.json_results import validated
from tests.registries import serving_tags


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    tags = {f"shop/{service}:{tag}": f"{service}{tag}" for service in ("api", "web") for tag in ("v1", "v2")}
    with serving_tags(tags) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git")
        forge = make_forge(tmp_path, files)
        yield User(make_clone(forge, tmp_path / "clone"), forge, tags)


def push(user: User, files: dict[str, str]) -> None:
    commit_here(user.clone, files, "Change the rules")
    git(user.clone, "push", "--quiet", "origin", "main")


def with_gates(user: User, gates: str) -> None:
    text = (user.clone / "liftlock.yaml").read_text()
    push(user, {"liftlock.yaml": text.replace("gates: {verified: true, approvals: 1}", f"gates: {gates}", 1)})


@pytest.mark.slow
def test_evidence_is_recorded_listed_and_asked_for(user: User) -> None:
    with_gates(user, "{approvals: 0, smoke: true}")
    assert "nothing is on record as running in dev" in user.run("evidence record --env dev --kind smoke-test --passed", expect=64)
    prove(user)
    assert "no evidence is on record" in user.run("evidence list dev")
    assert "smoke:dev (pending)" in user.run("promote open --to staging", expect=4)
    validated(user.run("evidence record --env dev --kind smoke-test --failed --url https://ci.example/7 --json"))
    assert "smoke:dev (failed)" in user.run("promote open --to staging", expect=4)
    assert "recorded: ledger #" in user.run("evidence record --env dev --kind smoke-test --passed --expires-in 7d", as_=GRACE)
    listed = validated(user.run("evidence list dev --json"))["items"]
    assert [(item["evidence"]["passed"], item["counts"]) for item in listed] == [(True, True), (False, True)]
    assert "https://ci.example/7" in user.run("evidence list dev")
    assert "opened pull request #1" in user.run("promote open --to staging")
    for said in ("", " --passed --failed"):
        assert "say --passed or --failed" in user.run(f"evidence record --env dev --kind smoke-test{said}", expect=64)
    assert "no such evidence" in user.run("evidence record --env dev --kind guess --passed", expect=64)
    assert "not in the pipeline" in user.run("evidence list nowhere", expect=64)


@pytest.mark.slow
def test_a_rule_of_people_has_an_exit_code_of_its_own_and_a_hotfix_passes_where_it_may(user: User) -> None:
    prove(user)
    until = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    freeze = f"freezes:\n  - {{id: f1, environments: [staging], until: '{until}', zone: UTC, reason: audit, owner: ops@shop.example"
    push(user, {"policy/freezes.yaml": freeze + "}\n"})
    assert "staging is frozen by f1: audit" in user.run("promote open --to staging", expect=6)
    assert "policy/freezes.yaml: f1" in user.run("promote plan --to staging --explain", expect=6)
    asked = ["promote", "open", "--to", "staging", "--hotfix", "--reason", "prod is down", "--expires", "2h"]
    user.run(" ".join(asked[:5]) + " --reason x", expect=6)
    assert "a hotfix needs a reason" in user.run("promote open --to staging --hotfix", expect=64)
    assert "go with --hotfix" in user.run("promote open --to staging --reason x", expect=64)
    push(user, {"policy/freezes.yaml": freeze + ", hotfix: true}\n"})
    opened = user.json("promote open --to staging --hotfix --reason down --expires 2h")
    assert opened["outcome"] == "opened"
    assert "approvals (pending)" in user.run("promote merge 1", expect=4)
    user.run("promote approve 1", as_=GRACE)
    assert "merged pull request #1" in user.run("promote merge 1")
    assert "reason=down" in git(user.forge, "log", "-1", "--format=%B", "main")


@pytest.mark.slow
def test_a_train_and_several_targets(user: User) -> None:
    prove(user)
    assert validated(user.run("promote plan --from dev --all --json", expect=2))["outcome"] == "changes"
    both = validated(user.run("promote plan --to staging --to staging --json", expect=2))
    assert both["schema"] == "liftlock/promote-plan/v1"
    assert "promote where to" in user.run("promote plan", expect=64)
    assert "goes with no --service" in user.run("promote plan --to staging --all --service api", expect=64)
    assert "opened pull request #1" in user.run("promote open --from dev --all")
    assert "combination" in user.run("promote status 1")


@pytest.mark.slow
def test_waiting_ends_with_the_blockers_exit_code_and_says_what_it_waits_for(user: User) -> None:
    with_gates(user, "{approvals: 0, soak: 2s}")
    prove(user)
    assert "opened pull request #1" in user.run("promote open --to staging --wait --timeout 1m")
    assert "ready" in user.run("promote status 1 --wait --timeout 1s")
    user.deploy("dev", str(user.json("promote plan --to staging", expect=2)["source_release"]), Fact.DEPLOYED)
    assert "verified:dev" in user.run("promote merge 1 --wait --timeout 100ms", expect=4)
    for command in ("promote open --to staging", "promote status 1", "promote merge 1"):
        assert "add --wait" in user.run(f"{command} --timeout 1m", expect=64)


@pytest.mark.slow
def test_waiting_can_be_stopped_and_leaves_nothing_half_done(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    before = git(user.forge, "for-each-ref")
    command = [
        sys.executable,
        "-c",
        "from liftlock.main import run; run()",
        "promote",
        "merge",
        "1",
        "--wait",
        "--repo",
        str(user.clone),
        "--as",
        GRACE,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=dict(os.environ)) as process:
        assert process.stderr is not None
        assert "approvals" in next(line for line in process.stderr if "waiting for" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert git(user.forge, "for-each-ref") == before


@pytest.mark.slow
@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_promotions_of_services_on_neighbouring_lines_merge_in_either_order_with_the_approvals_that_they_have(
    user: User, order: tuple[int, int]
) -> None:
    prove(user)
    user.run("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    user.run("promote merge 1")
    prove(user, "v2")
    for number, service in ((2, "api"), (3, "web")):
        assert f"#{number}" in user.run(f"promote open --to staging --service {service}")
        user.run(f"promote approve {number}", as_=GRACE)
    for number in order:
        assert f"merged pull request #{number + 1}" in user.run(f"promote merge {number + 1}")
    lines = (user.clone / "releases" / "staging.yaml").read_text().splitlines()
    assert [line.split()[0] for line in lines if "tag: v2" in line] == ["api:", "web:"]
    assert "nothing to promote" in user.run("promote plan --to staging")
    assert git(user.forge, "for-each-ref", "refs/heads/liftlock/promote*") == ""
