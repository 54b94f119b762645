"""freeze, thaw, veto, hold, release, rollback and policy list as a user types them, on real Git and a local forge."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.adapters.ledger import GitLedger
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.release_file import parse_release
from tests.git_repositories import git
from tests.integration.promotion.test_commands import ADA, GRACE, User, prove, record, user
from tests.json_results import validated

__all__ = ["user"]
FREEZE = "freeze prod --until 2030-01-02T00:00 --zone Europe/Berlin --reason sale"


def released(user: User, environment: str) -> None:
    """What the environment declares now was deployed there and is healthy."""
    release = str(user.json(f"config show {environment}")["release"])
    declared = parse_release((user.clone / "releases" / f"{environment}.yaml").read_text(), environment).services
    details: dict[str, Json] = {"dirty": False, "services": {name: str(found.image) for name, found in declared.items()}}
    entries = [Entry(fact, environment, str(ADA), datetime.now(UTC), release, details) for fact in (Fact.DEPLOYED, Fact.VERIFIED)]
    GitLedger(user.clone).append(entries)


def test_a_freeze_from_its_command_to_its_end(user: User) -> None:
    assert "no freeze, veto or hold is declared" in user.run("policy list")
    said = user.run(FREEZE)
    assert "opened pull request #1: Freeze prod until 2030-01-02T00:00:00+01:00" in said
    assert "adopted pull request #1" in user.run(FREEZE)
    assert "policy of freezes" in user.run("promote status 1")
    assert "merged as" in user.run(f"{FREEZE} --merge")
    assert "nothing to do: policy/freezes.yaml says so already" in user.run(FREEZE)
    assert git(user.clone, "status", "--porcelain") == ""
    assert "no problems" in user.run("config validate")
    (rule,) = validated(user.run("policy list --json"))["items"]
    assert (rule["state"], rule["environments"], rule["until"]) == ("holds", ["prod"], "2030-01-01T23:00:00+00:00")

    said = user.run("thaw prod --reason over --merge", expect=4)
    assert "approvals (pending)" in said
    assert "does not count" in user.run("promote approve 2")
    user.run("promote approve 2", as_=GRACE)
    assert "merged pull request #2 of freezes" in user.run("promote merge 2")
    assert "no freeze, veto or hold is declared" in user.run("policy list")
    facts = [item.entry.fact for item in GitLedger(user.clone).records()]
    expected = [Fact.POLICY_PROPOSED, Fact.POLICY_CHANGED, Fact.POLICY_PROPOSED, Fact.APPROVED, Fact.POLICY_CHANGED]
    assert facts == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("freeze prd --for 8h --reason r", 'did you mean "prod"'),
        ("freeze prod --service apu --for 8h --reason r", 'unknown service "apu"; did you mean "api"'),
        ("hold prod --service apu --reason r", 'unknown service "apu"; did you mean "api"'),
        ("veto rel-0123456789abcdef --env prd --reason r", 'did you mean "prod"'),
        ("freeze --for 8h --reason r", "not said which environments"),
        ("freeze prod --reason r", "not said when it ends"),
        ("freeze prod --for 8h --until 2030-01-01T00:00Z --reason r", "both say when it ends"),
        ("veto v1 --reason r", "neither a release nor a digest"),
        ("hold prod --pin x@sha256:0 --reason r", "--pin is of one service"),
        ("rollback qa --reason r", "not in the pipeline"),
        ("rollback prod --reason r", "prod has no release yet"),
    ],
)
def test_what_makes_no_sense_is_said_with_the_way_out(user: User, command: str, expected: str) -> None:
    codes = {"rollback prod": 4}
    code = next((code for start, code in codes.items() if command.startswith(start)), 64)
    assert expected in user.run(command, expect=code)


def test_an_environment_that_is_frozen_with_all_others_is_not_said_to_be_free(user: User) -> None:
    user.run("freeze --all --for 8h --id outage --reason r --merge")
    assert "every environment is frozen by outage" in user.run("thaw prod --reason r", expect=64)
    assert "nothing to do: no freeze of year-end holds" in user.run("thaw year-end --reason r")
    user.run("freeze prod --for 8h --reason r --merge")
    report = user.json("thaw prod --reason r")
    assert (report["outcome"], report["notes"]) == ("opened", ["every environment stays frozen by outage"])
    assert "opened pull request" in user.run("thaw outage --reason r")


def test_json_of_every_command_names_its_schema(user: User) -> None:
    for command in ("hold staging --service api --reason r --merge", "veto rel-0123456789abcdef --reason r", "release staging --reason r"):
        assert validated(user.run(f"{command} --json"))["schema"] == "liftlock/policy-change/v1"


def test_a_rollback_from_its_command_to_the_hold_that_it_leaves(user: User) -> None:
    for tag in ("v1", "v2"):
        prove(user, tag)
        user.run("promote open --to staging")
        number = 1 if tag == "v1" else 2
        user.run(f"promote approve {number}", as_=GRACE)
        user.run(f"promote merge {number}")
        released(user, "staging")
    bad = str(user.json("config show staging")["release"])
    assert "opened pull request #3: Roll staging back" in user.run("rollback staging --reason broken")
    user.run("promote approve 3", as_=GRACE)
    assert "next: liftlock env up staging" in user.run("promote merge 3")
    assert "tag: v1" in (user.clone / "releases" / "staging.yaml").read_text()
    listed = user.run("policy list")
    assert bad in listed
    assert "rollback-staging" in listed
    assert "was rolled back already" in user.run("rollback staging --reason broken")
    assert "veto" in user.run("promote plan --to staging", expect=6)
    user.run("audit verify")


def test_a_merge_by_the_web_page_is_put_on_record_by_the_next_command(user: User, tmp_path: Path) -> None:
    record(user)
    user.run(FREEZE)
    head = git(user.forge, "for-each-ref", "--format=%(refname:short)", "refs/heads/liftlock/policy-*")
    git(user.clone, "fetch", "--quiet", "origin")
    git(user.clone, "merge", "--quiet", "--no-ff", "-m", "by hand", f"origin/{head}")
    git(user.clone, "push", "--quiet", "origin", "HEAD:main")
    user.run("promote status")
    user.run("promote status 1")
    facts = [item.entry.fact for item in GitLedger(user.clone).records()]
    assert facts.count(Fact.POLICY_CHANGED) == 1


def test_the_audit_knows_of_policy(user: User) -> None:
    prove(user)
    user.run(f"{FREEZE} --merge")
    user.run("thaw prod --reason over")
    user.run("promote approve 2", as_=GRACE)
    user.run("promote merge 2")
    user.run("audit verify")
