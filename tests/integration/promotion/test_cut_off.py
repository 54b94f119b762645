"""Runs of the real command that are killed, and forges that fail or are tampered with: the next run finishes, or says what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.adapters.forges.local import LocalForge
from liftlock.adapters.ledger import GitLedger
from liftlock.core.errors import UnavailableError
from liftlock.core.ledger import Fact
from liftlock.core.ports import Identity, PullRequest, PullState
from liftlock.services.promotions import OpenOutcome, Promotions
from tests.fakes.promotion import FakeClock
from tests.git_repositories import ADA, GRACE, LINUS, commit_here, git, make_clone
from tests.integration.promotion.test_at_once import parts_on, seed_forge
from tests.integration.promotion.test_commands import User, prove, user
from tests.promotion_world import TO_STAGING, ready_world

__all__ = ["user"]
LIFTLOCK = Path(sys.executable).parent / "liftlock"


def kill_on(forge: Path, reference: str, pid_file: Path) -> Path:
    """A hook of the forge that kills the process in the file as soon as a reference that begins so has changed."""
    hook = forge / "hooks" / "reference-transaction"
    test = f'case "$ref" in {reference}*) kill -9 "$(cat {pid_file})";; esac'
    hook.write_text(f'#!/bin/sh\n[ "$1" = committed ] || exit 0\nwhile read -r old new ref; do {test}; done\n')
    hook.chmod(0o755)
    return hook


def run_to_its_end(user: User, pid_file: Path, *words: str) -> int:
    """The real command in a process of its own, whose id is in the file; its return code."""
    command = [str(LIFTLOCK), *words, "--repo", str(user.clone)]
    started = ["sh", "-c", f'echo $$ > "{pid_file}"; exec "$@"', "sh", *command]
    env = {**os.environ, "LIFTLOCK_ACTOR": str(ADA)}
    return subprocess.run(started, env=env, capture_output=True, timeout=120, check=False).returncode


def facts(user: User, fact: Fact) -> int:
    user.run("history")
    return [record.entry.fact for record in GitLedger(user.clone).records()].count(fact)


@pytest.mark.parametrize(
    "reference",
    ["refs/heads/liftlock/promote-", "refs/liftlock/pulls/1", "refs/heads/liftlock/ledger"],
    ids=["between push and open", "between open and record", "after the record"],
)
def test_a_killed_open_is_finished_by_the_next_and_nothing_is_doubled(user: User, tmp_path: Path, reference: str) -> None:
    prove(user)
    pid_file = tmp_path / "pid"
    hook = kill_on(user.forge, reference, pid_file)
    assert run_to_its_end(user, pid_file, "promote", "open", "--to", "staging") == -signal.SIGKILL
    hook.unlink()
    assert "pull request #1" in user.run("promote open --to staging")
    assert "adopted pull request #1" in user.run("promote open --to staging")
    assert len(LocalForge(str(user.forge), FakeClock()).list_pulls(state=PullState.OPEN)) == 1
    assert facts(user, Fact.PROMOTION_OPENED) == 1


def test_a_killed_merge_is_put_on_record_by_the_next(user: User, tmp_path: Path) -> None:
    prove(user)
    user.run("promote open --to staging")
    user.run("promote approve 1", as_=str(GRACE))
    pid_file = tmp_path / "pid"
    hook = kill_on(user.forge, "refs/heads/main", pid_file)
    assert run_to_its_end(user, pid_file, "promote", "merge", "1") == -signal.SIGKILL
    hook.unlink()
    user.run("promote status")
    assert "already merged" in user.run("promote merge 1")
    assert (facts(user, Fact.PROMOTED), facts(user, Fact.APPROVED)) == (1, 1)


class FailingForge(LocalForge):
    """Goes down when a pull request is opened."""

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        raise UnavailableError("the forge does not answer", hint="look at it")


def test_a_forge_that_fails_after_the_push_leaves_a_branch_that_the_next_run_adopts(tmp_path: Path) -> None:
    world = ready_world()
    forge = seed_forge(world, tmp_path)
    parts = parts_on(make_clone(forge, tmp_path / "one"), forge, world)
    broken = replace(parts, forge=FailingForge(str(forge), FakeClock()))
    with pytest.raises(UnavailableError):
        Promotions(world.project, broken).open(TO_STAGING, ADA)
    pushed = git(forge, "for-each-ref", "--format=%(objectname)", "refs/heads/liftlock/promote-*")
    report = Promotions(world.project, parts_on(make_clone(forge, tmp_path / "two"), forge, world)).open(TO_STAGING, GRACE)
    assert (report.outcome, report.pull and report.pull.commit) == (OpenOutcome.OPENED, pushed)


def test_a_force_push_to_the_branch_is_left_alone_and_never_merged(user: User) -> None:
    prove(user)
    user.run("promote open --to staging")
    user.run("promote approve 1", as_=str(GRACE))
    branch = git(user.forge, "for-each-ref", "--format=%(refname:short)", "refs/heads/liftlock/promote-*")
    theirs = make_clone(user.forge, user.clone.parent / "theirs")
    git(theirs, "checkout", "--quiet", "-b", "mine", "origin/main")
    text = git(user.forge, "show", f"{branch}:releases/staging.yaml")
    commit_here(theirs, {"releases/staging.yaml": text + "\n# checked\n"}, "Promote api v1 to staging", as_=LINUS)
    git(theirs, "push", "--quiet", "--force", "origin", f"mine:{branch}")
    head = git(user.forge, "rev-parse", branch)
    user.run("promote approve 1", as_=str(GRACE))
    assert "not what the branch was made for" in user.run("promote merge 1", expect=5)
    assert "does not touch it" in user.run("promote open --to staging", expect=5)
    assert git(user.forge, "rev-parse", branch) == head


def test_a_forged_ledger_record_stops_everything_that_leans_on_it(user: User) -> None:
    prove(user)
    clone = make_clone(user.forge, user.clone.parent / "forger")
    git(clone, "fetch", "--quiet", "origin", "liftlock/ledger")
    message = git(clone, "log", "-1", "--format=%B", "FETCH_HEAD").replace('"environment":"dev"', '"environment":"staging"')
    forged = git(clone, "commit-tree", "FETCH_HEAD^{tree}", "-p", "FETCH_HEAD", "-m", message)
    git(clone, "push", "--quiet", "origin", f"{forged}:refs/heads/liftlock/ledger")
    assert "is broken" in user.run("promote open --to staging", expect=3)
    assert git(user.forge, "for-each-ref", "refs/heads/liftlock/promote-*") == ""
