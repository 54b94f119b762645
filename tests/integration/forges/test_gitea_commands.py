"""`liftlock promote` on a real Gitea, as people type it, and as it goes wrong. Exit codes and messages are part of the promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.core.errors import ExitCode
from tests.fakes.http_server import Fault, Said
from tests.git_repositories import ADA, git
from tests.gitea_server import BOT, Gitea, gitea_forge
from tests.integration.forges.gitea_people import Team, a_team
from tests.waiting import eventually

pytestmark = [pytest.mark.gitea, pytest.mark.timeout(900)]  # many commands, each a process of its own


@pytest.fixture
def team(gitea: Gitea, tmp_path: Path) -> Iterator[Team]:
    with a_team(gitea, tmp_path) as made:
        yield made


def pulls(team: Team) -> list[tuple[int, str]]:
    return [(pull.number, pull.state.value) for pull in gitea_forge(team.repository, ADA).list_pulls()]


def on_record(team: Team, fact: str) -> int:
    return [item["fact"] for item in team.person("ada").json("history --all-facts")["items"]].count(fact)


def test_the_whole_way_of_a_release(team: Team) -> None:
    team.repository.protect(
        required_approvals=1,
        enable_push=True,
        enable_push_whitelist=True,
        push_whitelist_usernames=["shop-ci"],
        enable_status_check=True,
        status_check_contexts=["liftlock/promotion"],
    )
    ada, grace = team.person("ada"), team.person("grace")
    team.prove()
    assert "verified:dev" in ada.run("promote plan --to staging --explain", expect=ExitCode.CHANGES).out
    assert "opened pull request #1" in ada.run("promote open --to staging").out
    assert "adopted pull request #1" in grace.run("promote open --to staging").out
    assert "no review of one's own" in ada.run("promote approve 1", expect=ExitCode.POLICY).err
    assert "approvals" in grace.run("promote merge 1", expect=ExitCode.BLOCKED).err
    assert "does not count" not in grace.run("promote approve 1").out
    assert "status" in grace.run("promote merge 1", expect=ExitCode.POLICY).err
    assert "ready" in grace.run("promote status 1 --set-status").out
    assert "merged pull request #1" in grace.run("promote merge 1").out
    assert "already merged" in grace.run("promote merge 1").out
    message = git(grace.clone, "log", "-1", "--format=%B%cn", "origin/main")
    assert "Approved-by: Grace <grace@shop.example>" in message
    assert "Liftlock-Plan: " in message
    assert message.endswith("Grace")
    assert "promoted" in ada.run("history").out
    for person in (ada, grace):
        assert person.token not in "".join(person.said)
        assert person.token not in (person.clone / ".git" / "config").read_text()


def test_it_is_the_tokens_account_that_approves_and_is_named(team: Team) -> None:
    team.prove()
    bot, grace = team.person("shop-ci"), team.person("grace")
    number = team.open(bot)
    said = grace.run(f"promote approve {number}", env={"LIFTLOCK_ACTOR": bot.actor}).out
    assert "Grace <grace@shop.example> approves" in said
    assert "does not count" not in said


def test_with_the_queue_gitea_merges_when_the_status_is_there_and_the_next_run_records_it(gitea: Gitea, tmp_path: Path) -> None:
    with a_team(gitea, tmp_path, ", queue: true, merge: squash") as team:
        team.repository.protect(
            enable_push=True,
            enable_push_whitelist=True,
            push_whitelist_usernames=["shop-ci"],
            enable_status_check=True,
            status_check_contexts=["liftlock/promotion"],
        )
        team.prove()
        bot, grace = team.person("shop-ci"), team.person("grace")
        number = team.open(bot)
        grace.run(f"promote approve {number}")
        assert bot.json(f"promote merge {number}")["outcome"] == "queued"
        assert pulls(team) == [(number, "open")]
        bot.run(f"promote status {number} --set-status")
        eventually(lambda: pulls(team) == [(number, "merged")])
        assert bot.json(f"promote merge {number}")["outcome"] == "already-merged"
        assert "Approved-by: Grace <grace@shop.example>" in git(bot.clone, "log", "-1", "--format=%B", "origin/main")
        assert on_record(team, "promoted") == 1


@pytest.mark.slow
def test_ten_that_open_the_same_at_once_get_one_pull_request(team: Team) -> None:
    team.prove()
    people = [team.person("ada", f"ada-{n}") for n in range(10)]
    running = [person.start("promote", "open", "--to", "staging") for person in people]
    told = [process.communicate(timeout=240) for process in running]
    assert [process.returncode for process in running] == [0] * 10, told
    assert [state for _, state in pulls(team)].count("open") == 1
    assert on_record(team, "promotion-opened") == 1


def test_a_forge_that_fails_after_the_push_is_gone_on_with_by_the_next_run(team: Team) -> None:
    team.prove()
    ada = team.person("ada")
    team.between.faults.append(Fault(r"POST .*/pulls$", Said(502), times=1))
    told = ada.run("promote open --to staging", expect=ExitCode.UNAVAILABLE)
    assert "it is not known whether it was done" in told.err
    assert pulls(team) == []
    assert "opened pull request #1" in ada.run("promote open --to staging").out
    assert pulls(team) == [(1, "open")]


def test_an_opened_pull_request_whose_answer_was_lost_is_adopted(team: Team) -> None:
    team.prove()
    ada = team.person("ada")
    team.between.faults.append(Fault(r"POST .*/pulls$", None, times=1, done=True))
    ada.run("promote open --to staging", expect=ExitCode.UNAVAILABLE)
    assert "adopted pull request #1" in ada.run("promote open --to staging").out
    assert pulls(team) == [(1, "open")]


def test_a_merge_whose_answer_was_lost_is_found_merged_and_recorded(team: Team) -> None:
    team.prove()
    ada, grace = team.person("ada"), team.person("grace")
    number = team.open(ada)
    grace.run(f"promote approve {number}")
    team.between.faults.append(Fault(r"POST .*/merge$", None, times=1, done=True))
    grace.run(f"promote merge {number}", expect=ExitCode.UNAVAILABLE)
    assert "already merged" in grace.run(f"promote merge {number}").out
    assert on_record(team, "promoted") == 1


def test_a_slow_forge_is_waited_for(team: Team) -> None:
    team.prove()
    team.between.faults.append(Fault(r"GET .*/pulls$", Said(503), times=2, slow=1))
    assert "opened pull request #1" in team.person("ada").run("promote open --to staging").out


def test_a_forge_that_is_down_is_infrastructure_and_nothing_is_left_half_done(team: Team) -> None:
    team.prove()
    team.between.faults.append(Fault(r".*", Said(503), times=100))
    told = team.person("ada").run("promote open --to staging", expect=ExitCode.UNAVAILABLE)
    assert "503" in told.err
    branches = team.repository.api("GET", "/branches")
    assert sorted(branch["name"] for branch in branches) == ["liftlock/ledger", "main"]


@pytest.mark.parametrize("forced", [False, True], ids=["a commit more", "another commit by force"])
def test_a_branch_that_was_changed_after_the_approval_is_not_merged_and_left_to_whoever_did_it(team: Team, forced: bool) -> None:
    team.prove()
    ada, grace = team.person("ada"), team.person("grace")
    number = team.open(ada)
    grace.run(f"promote approve {number}")
    work, branch = team.repository.clone(team.folder / "work", "ada"), str(grace.json(f"promote status {number}")["head"])
    git(work, "checkout", "--quiet", branch)
    path = work / "releases" / "staging.yaml"
    text = path.read_text()
    path.write_text(text.replace(text.partition("@sha256:")[2][:64], "f" * 64))
    git(work, "commit", "--quiet", "--all", *(("--amend", "--no-edit") if forced else ("--message", "Another digest")))
    git(work, "push", "--quiet", "--force", "origin", branch)
    assert "cannot be merged" in grace.run(f"promote merge {number}", expect=ExitCode.CONFLICT).err
    assert "liftlock does not touch it" in ada.run("promote open --to staging", expect=ExitCode.CONFLICT).err
    assert git(work, "ls-tree", "--name-only", "origin/main", "releases/").split() == ["releases/dev.yaml"]


def test_a_persons_change_under_the_bots_name_is_found_by_its_content(team: Team) -> None:
    """The commit names the bot as author and copies its message, but holds another digest."""
    team.prove()
    bot, grace = team.person("shop-ci"), team.person("grace")
    number = team.open(bot)
    work, branch = team.repository.clone(team.folder / "work", "ada"), str(grace.json(f"promote status {number}")["head"])
    git(work, "checkout", "--quiet", branch)
    path = work / "releases" / "staging.yaml"
    text = path.read_text()
    path.write_text(text.replace(text.partition("@sha256:")[2][:64], "e" * 64))
    git(work, "commit", "--quiet", "--all", "--amend", "--reuse-message", "HEAD", as_=BOT)
    git(work, "push", "--quiet", "--force", "origin", branch)
    grace.run(f"promote approve {number}")
    assert "is not what the branch was made for" in grace.run(f"promote merge {number}", expect=ExitCode.CONFLICT).err


def test_a_missing_wrong_or_narrow_token_is_said(team: Team, gitea: Gitea) -> None:
    team.prove()
    ada = team.person("ada")
    missing = ada.run("promote status", expect=ExitCode.CONFIG, env={"FORGE_TOKEN": ""})
    assert "forge.token: secret env:FORGE_TOKEN" in missing.err
    assert "write:repository" in missing.err
    wrong = ada.run("promote status", expect=ExitCode.USAGE, env={"FORGE_TOKEN": "0" * 40})
    assert "forge.token" in wrong.err
    narrow = ada.run("promote open --to staging", expect=ExitCode.USAGE, env={"FORGE_TOKEN": gitea.new_token("ada", "read:repository")})
    assert "forge.token" in narrow.err


def test_doctor_says_what_answers_and_what_the_token_may_do(team: Team, gitea: Gitea) -> None:
    ada = team.person("ada")
    items = ada.json("doctor", expect=ExitCode.FAILURE)["items"]  # the test's registry is none that doctor would take for one
    found = {item["part"]: item for item in items}["forge"]
    assert found["verdict"] == "ok"
    assert "Gitea 1.26.0, token may write" in found["found"]
    narrow = gitea.new_token("ada", "read:repository")
    assert "write:repository" in ada.run("doctor", expect=ExitCode.FAILURE, env={"FORGE_TOKEN": narrow}).out


def test_a_freeze_and_a_thaw_are_pull_requests_here_too(team: Team) -> None:
    team.prove()
    bot, grace = team.person("shop-ci"), team.person("grace")
    grace.run("freeze staging --reason incident --for 8h --merge")
    assert "incident" in bot.run("promote open --to staging", expect=ExitCode.POLICY).err
    thawed = int(bot.json("thaw staging --reason mended")["pull"]["number"])
    bot.run(f"promote merge {thawed}", expect=ExitCode.BLOCKED)
    grace.run(f"promote approve {thawed}")
    grace.run(f"promote merge {thawed}")
    assert "opened pull request #3" in bot.run("promote open --to staging").out


def test_a_rollback_is_one_reviewed_pull_request_here_too(team: Team) -> None:
    bot, grace = team.person("shop-ci"), team.person("grace")
    for tag in ("v1", "v2"):
        team.prove(tag)
        number = team.open(bot)
        grace.run(f"promote approve {number}")
        team.deployed("staging", str(bot.json(f"promote merge {number}")["release"]))
    back = int(bot.json("rollback staging --reason broken")["pull"]["number"])
    grace.run(f"promote approve {back}")
    grace.run(f"promote merge {back}")
    assert {state for _, state in pulls(team)} == {"merged"}
    assert "tag: v1" in git(grace.clone, "show", "origin/main:releases/staging.yaml")
    assert "broken" in git(grace.clone, "show", "origin/main:policy/vetoes.yaml")
