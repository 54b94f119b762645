"""Changes of policy and rollbacks on fakes: one pull request each, judged from its branch, on record when it is merged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import pytest

from liftlock.adapters.pull_request_rendering import render_measure
from liftlock.core.config.entries import Known
from liftlock.core.errors import BlockedError, ConflictError, PolicyError, UsageError
from liftlock.core.ledger import Fact
from liftlock.core.policy import Freeze, Hold, Veto
from liftlock.core.policy_change import LiftRules, SetRule
from liftlock.core.policy_edit import rules_of
from liftlock.core.policy_list import RuleState
from liftlock.core.policy_requests import End, Grounds, freeze_request, hold_request, parse_end, veto_request
from liftlock.core.ports import Identity, PullState
from liftlock.core.proposal import ProposalKind
from liftlock.core.rollback import RollbackRequest
from liftlock.core.trailers import read_trailers
from liftlock.services.measures import MeasureReport, Measures
from liftlock.services.proposals import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import SERVICES, TO_PROD, TO_STAGING, World, make_project, ready_world

GROUNDS = Grounds("year-end sale", "Ada")


def measures(world: World) -> Measures:
    return Measures(world.project, world.parts, Known(("dev", "staging", "prod"), SERVICES), render_measure)


def end(world: World, **given: str) -> End:
    return parse_end(given.get("until"), given.get("length"), given.get("zone"), world.clock.moment, default="never")


def freeze(world: World, *environments: str, **given: str) -> SetRule:
    return freeze_request(environments, (), None, end(world, **(given or {"until": "2027-01-01T00:00Z"})), GROUNDS, hotfix=False)


def set_rule(world: World, request: SetRule, actor: Identity = ADA, *, merge: bool = True) -> MeasureReport:
    return measures(world).change_policy(request, [actor], merge=merge)


def lift(world: World, kind: str, named: str, *, merge: bool = False) -> MeasureReport:
    return measures(world).change_policy(LiftRules(kind, named, "over"), [ADA], merge=merge)


def rules(world: World, kind: str) -> list[str]:
    text = world.origin.trees[world.origin.branches["main"]].get(PurePosixPath(f"policy/{kind}.yaml"))
    return [rule.id for rule in rules_of(kind, text)]


def prod_world() -> World:
    """v1 was healthy in prod, v2 came after it and is there now."""
    world = World(project=make_project(approvals=0))
    for tag in ("v1", "v2"):
        world.record(ADA, api=tag, web=tag)
        world.deploy("dev")
        for request in (TO_STAGING, TO_PROD):
            report = world.promotions.open(request, ADA)
            assert report.pull is not None
            assert world.reviews.merge(report.pull.number, ADA).outcome is MergeOutcome.MERGED
            world.deploy(request.target)
    return world


# --- setting rules -----------------------------------------------------------------------------------------------------------------------


def test_a_freeze_is_one_pull_request_and_needs_no_approval() -> None:
    world = World()
    report = set_rule(world, freeze(world, "prod"), merge=False)
    assert (report.outcome, report.pull and report.pull.title) == (OpenOutcome.OPENED, "Freeze prod until 2027-01-01T00:00:00Z")
    assert set_rule(world, freeze(world, "prod"), merge=False).outcome is OpenOutcome.ADOPTED
    merged = set_rule(world, freeze(world, "prod")).merged
    assert merged is not None
    assert merged.outcome is MergeOutcome.MERGED
    assert len(rules(world, "freezes")) == 1
    again = set_rule(world, freeze(world, "prod"))
    assert (again.outcome, again.pull, len(world.forge.pulls)) == (OpenOutcome.NOTHING, None, 1)
    assert "says so already" in again.notes[0]


def test_a_length_of_time_asked_for_again_later_means_the_freeze_that_is_there() -> None:
    world = World()
    first = set_rule(world, freeze(world, "prod", length="8h"), merge=False)
    world.clock.moment += timedelta(minutes=7)
    again = set_rule(world, freeze(world, "prod", length="8h"), merge=False)
    assert (again.outcome, again.pull and again.pull.number) == (OpenOutcome.ADOPTED, first.pull and first.pull.number)
    set_rule(world, freeze(world, "prod", length="8h"))
    assert set_rule(world, freeze(world, "prod", length="8h")).outcome is OpenOutcome.NOTHING
    world.clock.moment += timedelta(hours=9)
    assert set_rule(world, freeze(world, "prod", length="8h")).merged is not None
    assert len(rules(world, "freezes")) == 1


def test_two_freezes_at_once_are_both_merged_each_made_anew_on_the_other() -> None:
    world = World()
    set_rule(world, freeze(world, "prod"), merge=False)
    set_rule(world, freeze(world, "staging"), merge=False)
    set_rule(world, freeze(world, "prod"))
    with pytest.raises(ConflictError, match=r"policy/freezes.yaml has changed since"):
        world.reviews.merge(2, ADA)
    report = set_rule(world, freeze(world, "staging"))
    assert (report.outcome, report.pull and report.pull.number) == (OpenOutcome.UPDATED, 2)
    assert [name.split("-")[0] for name in rules(world, "freezes")] == ["prod", "staging"]


def test_another_rule_of_a_name_is_refused_and_a_name_that_is_there_is_no_change() -> None:
    world = World()
    hold = hold_request("prod", None, None, end(world), GROUNDS)
    set_rule(world, hold)
    assert set_rule(world, replace(hold, rule=replace(hold.rule, reason="another", owner="Grace"))).outcome is OpenOutcome.NOTHING
    with pytest.raises(ConflictError, match="another entry with the id prod"):
        set_rule(world, hold_request("prod", "api", None, end(world), replace(GROUNDS, name="prod")))


def test_names_that_nothing_declares_are_refused_before_anything_is_written() -> None:
    world = World()
    before = world.writes
    with pytest.raises(UsageError, match='unknown environment "prd"; did you mean "prod"'):
        set_rule(world, freeze(world, "prd"))
    with pytest.raises(UsageError, match="neither a release nor a digest"):
        veto_request("v1", None, end(world), GROUNDS)
    assert world.writes == before


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "not said when it ends"),
        ({"until": "2027-01-01T00:00Z", "length": "8h"}, "both say"),
        ({"until": "2020-01-01T00:00Z"}, "over already"),
        ({"until": "2027-01-01T00:00"}, "the time has no zone"),
        ({"until": "2027-01-01T00:00", "zone": "Mars/Base"}, "no IANA time zone"),
        ({"length": "8"}, "a duration is a number with its unit"),
        ({"until": "never"}, "a time is a date"),
    ],
)
def test_an_end_that_makes_no_sense_is_refused(given: dict[str, str], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        parse_end(given.get("until"), given.get("length"), given.get("zone"), World().clock.moment)


def test_a_merged_rule_is_on_record_with_what_it_says_and_who_asked() -> None:
    world = World()
    report = set_rule(world, veto_request("rel-0123456789abcdef", "prod", end(world), GROUNDS))
    entry = world.ledger.records()[-1].entry
    assert (entry.fact, entry.environment, entry.actor) == (Fact.POLICY_CHANGED, "prod", str(ADA))
    assert (entry.details["kind"], entry.details["pull"], entry.details["requested_by"]) == ("policy", 1, [str(ADA)])
    assert entry.details["reason"] == "year-end sale"
    trailers = read_trailers(world.origin.commits[world.origin.branches["main"]].message)
    assert (trailers["Liftlock-Proposal"], trailers["Liftlock-Target"]) == (("policy",), ("vetoes",))
    assert report.merged is not None
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.ALREADY_MERGED
    assert world.ledger.records()[-1].entry == entry


def test_the_list_says_what_holds_what_comes_and_what_has_ended() -> None:
    world = World()
    assert measures(world).rules() == ()
    start = datetime.fromisoformat("2026-12-20T00:00:00+00:00")
    set_rule(world, freeze_request(["prod"], (), start, end(world, until="2027-01-01T00:00Z"), GROUNDS, hotfix=True))
    set_rule(world, freeze(world, "staging", length="1h"))
    set_rule(world, hold_request("dev", "api", None, end(world), GROUNDS))
    world.clock.moment += timedelta(hours=2)
    assert [(rule.state, rule.environments) for rule in measures(world).rules()] == [
        (RuleState.HOLDS, ("dev",)),
        (RuleState.TO_COME, ("prod",)),
        (RuleState.ENDED, ("staging",)),
    ]


# --- lifting rules -----------------------------------------------------------------------------------------------------------------------


def test_what_loosens_needs_a_second_person() -> None:
    world = World()
    set_rule(world, freeze(world, "prod"))
    report = lift(world, "freezes", "prod", merge=True)
    assert (report.approvals, [gate.key for gate in report.blockers], report.merged) == (1, ["approvals"], None)
    assert world.reviews.approve(2, ADA).excluded == "opened the pull request"
    assert world.reviews.merge(2, ADA).outcome is MergeOutcome.BLOCKED
    world.reviews.approve(2, GRACE)
    assert world.reviews.merge(2, ADA).outcome is MergeOutcome.MERGED
    assert rules(world, "freezes") == []
    assert [record.entry.fact for record in world.ledger.records()[-2:]] == [Fact.APPROVED, Fact.POLICY_CHANGED]
    assert lift(world, "freezes", "prod").outcome is OpenOutcome.NOTHING


def test_who_made_ci_lift_a_rule_cannot_approve_it() -> None:
    world = World()
    set_rule(world, freeze(world, "prod"))
    measures(world).change_policy(LiftRules("freezes", "prod", "over"), [ADA, LINUS])
    assert world.reviews.approve(2, LINUS).excluded == "asked for the change"


def test_thawing_one_of_several_environments_keeps_the_others_frozen() -> None:
    world = World(project=replace(make_project(), policy=replace(make_project().policy, loosen=0)))
    set_rule(world, freeze(world, "staging", "prod"))
    assert lift(world, "freezes", "prod", merge=True).merged is not None
    text = world.origin.trees[world.origin.branches["main"]][PurePosixPath("policy/freezes.yaml")]
    (kept,) = rules_of("freezes", text)
    assert isinstance(kept, Freeze)
    assert kept.environments == ("staging",)


def test_a_rule_that_has_ended_is_taken_out_without_approval() -> None:
    world = World()
    set_rule(world, freeze(world, "prod", length="1h"))
    world.clock.moment += timedelta(hours=2)
    (name,) = rules(world, "freezes")
    assert lift(world, "freezes", name, merge=True).merged is not None
    assert rules(world, "freezes") == []


def test_a_name_that_is_nearly_one_is_not_taken_for_nothing() -> None:
    world = World()
    set_rule(world, hold_request("prod", None, None, end(world), replace(GROUNDS, name="load-test")))
    with pytest.raises(UsageError) as caught:
        lift(world, "holds", "lod-test")
    assert caught.value.hint is not None
    assert 'did you mean "load-test"' in caught.value.hint


def test_a_thaw_whose_branch_was_changed_to_another_freeze_is_refused() -> None:
    world = World()
    set_rule(world, freeze(world, "prod"))
    set_rule(world, freeze(world, "staging"))
    report = lift(world, "freezes", "staging")
    assert report.pull is not None
    branch = report.pull.head
    tip = world.origin.commits[world.origin.branches[branch]]
    path = PurePosixPath("policy/freezes.yaml")
    forged = world.origin.add(tip.parents, {**world.origin.trees[tip.commit], path: "freezes: []\n"}, tip.message, ADA)
    world.origin.branches[branch] = forged
    world.forge.review(3, reviewer=GRACE, approve=True, commit=forged)
    with pytest.raises(ConflictError, match="not what the branch was made for"):
        world.reviews.merge(3, ADA)
    assert lift(world, "freezes", "staging").outcome is OpenOutcome.LEFT_ALONE


def test_a_bots_commit_that_a_person_rewrote_is_a_persons() -> None:
    world = World()
    report = set_rule(world, freeze(world, "prod"), merge=False)
    assert report.pull is not None
    tip = world.origin.commits[report.pull.commit]
    made = world.origin.add(tip.parents, world.origin.trees[tip.commit], tip.message, ADA)
    world.origin.commits[made] = replace(world.origin.commits[made], committer=LINUS)
    world.origin.branches[report.pull.head] = made
    with pytest.raises(ConflictError, match="made by somebody else"):
        world.reviews.merge(1, ADA)


def test_a_rule_given_another_reason_after_the_approval_is_refused() -> None:
    world = World()
    set_rule(world, freeze(world, "prod"))
    report = lift(world, "freezes", "prod")
    assert report.pull is not None
    world.reviews.approve(2, GRACE)
    tip = world.origin.commits[report.pull.commit]
    message = tip.message.replace("reason=over", "reason=never mind")
    world.origin.branches[report.pull.head] = world.origin.add(tip.parents, world.origin.trees[tip.commit], message, ADA)
    with pytest.raises(ConflictError, match="description does not say"):
        world.reviews.merge(2, ADA)


# --- rollback ----------------------------------------------------------------------------------------------------------------------------


def roll_back(world: World, *, merge: bool = False, to: str | None = None, service: str | None = None) -> MeasureReport:
    request = RollbackRequest("prod", "prices are wrong", str(ADA), to, service)
    return measures(world).roll_back(request, [ADA], merge=merge)


def tags(world: World, environment: str) -> dict[str, str | None]:
    return {name: released.tag for name, released in world.release(environment).services.items()}


def test_a_rollback_goes_to_the_last_healthy_release_vetoes_the_present_one_and_sets_a_hold() -> None:
    world = prod_world()
    bad = world.release("prod").id
    report = roll_back(world, merge=True)
    assert report.merged is not None
    assert tags(world, "prod") == {"api": "v1", "web": "v1"}
    assert (rules(world, "vetoes"), rules(world, "holds")) == ([bad], ["rollback-prod"])
    entry = world.ledger.records()[-1].entry
    assert (entry.fact, entry.environment, entry.release) == (Fact.PROMOTED, "prod", world.release("prod").id)
    assert (entry.details["kind"], entry.details["left"], entry.details["reason"]) == ("rollback", bad, "prices are wrong")


def test_the_release_that_was_left_cannot_come_back() -> None:
    world = prod_world()
    roll_back(world, merge=True)
    world.deploy("prod")
    plan = world.promotions.plan(TO_PROD)
    assert {gate.key for gate in plan.blockers} >= {"veto", "hold"}


def test_a_second_rollback_is_the_same_one_and_after_the_merge_no_further_one() -> None:
    world = prod_world()
    first, again = roll_back(world), roll_back(world)
    assert (first.outcome, again.outcome) == (OpenOutcome.OPENED, OpenOutcome.ADOPTED)
    roll_back(world, merge=True)
    later = roll_back(world, merge=True)
    assert (later.outcome, tags(world, "prod")) == (OpenOutcome.NOTHING, {"api": "v1", "web": "v1"})
    assert "was rolled back already" in later.notes[0]


def test_one_service_goes_back_and_its_digest_is_vetoed() -> None:
    world = prod_world()
    bad = world.release("prod").services["api"].image.digest.text
    roll_back(world, merge=True, service="api")
    assert tags(world, "prod") == {"api": "v1", "web": "v2"}
    text = world.origin.trees[world.origin.branches["main"]][PurePosixPath("policy/vetoes.yaml")]
    (veto,) = rules_of("vetoes", text)
    assert isinstance(veto, Veto)
    assert (veto.digest, rules(world, "holds")) == (bad, ["rollback-prod-api"])


def test_a_rollback_to_an_image_that_is_gone_is_a_hard_error() -> None:
    world = prod_world()
    old = world.registry.tags["127.0.0.1:5000/shop/api", "v1"].image
    world.registry.prune(old.repository, old.digest)
    before = world.writes
    with pytest.raises(BlockedError, match="the registry does not have it"):
        roll_back(world)
    assert world.writes == before


def test_an_image_that_is_lost_after_the_opening_blocks_the_merge() -> None:
    world = prod_world()
    roll_back(world)
    number = max(world.forge.pulls)
    old = world.registry.tags["127.0.0.1:5000/shop/api", "v1"].image
    world.registry.prune(old.repository, old.digest)
    assert [gate.key for gate in world.reviews.merge(number, ADA).blockers] == ["digests"]


def test_a_rollback_asks_for_the_approvals_of_its_stage() -> None:
    world = prod_world()
    world.project = make_project(approvals=1)
    world = replace(world)
    report = roll_back(world, merge=True)
    assert ([gate.key for gate in report.blockers], report.approvals) == (["approvals"], 1)


@pytest.mark.parametrize(
    ("to", "error", "expected"),
    [("rel-0000000000000000", UsageError, "prod never ran"), (None, BlockedError, "prod has no release yet")],
)
def test_there_must_be_something_to_go_back_to(to: str | None, error: type[Exception], expected: str) -> None:
    world = prod_world() if to else ready_world()
    if to is None:
        world.promotions.open(TO_STAGING, ADA)
    with pytest.raises(error, match=expected):
        roll_back(world, to=to)


def test_the_first_release_of_an_environment_has_none_before_it() -> None:
    with pytest.raises(BlockedError, match=r"no release before .* was proved healthy in dev"):
        measures(ready_world()).roll_back(RollbackRequest("dev", "broken", "Ada", None, None), [ADA])


def test_a_release_that_is_vetoed_is_no_place_to_go_back_to() -> None:
    world = prod_world()
    first = next(r.entry.release for r in world.ledger.records() if r.entry.fact is Fact.DEPLOYED and r.entry.environment == "prod")
    assert first is not None
    set_rule(world, veto_request(first, None, end(world), GROUNDS))
    with pytest.raises(PolicyError, match="is vetoed by"):
        roll_back(world, to=first)
    with pytest.raises(BlockedError, match="no release before"):
        roll_back(world)


def test_a_rollback_closes_the_promotions_that_it_replaces() -> None:
    world = prod_world()
    world.record(ADA, api="v3")
    world.deploy("dev")
    number = world.promotions.open(TO_STAGING, ADA).pull
    assert number is not None
    world.reviews.merge(number.number, ADA)
    world.deploy("staging")
    opened = world.promotions.open(TO_PROD, ADA).pull
    assert opened is not None
    report = roll_back(world)
    assert report.closed == (opened.number,)
    assert world.forge.pull(opened.number).state is PullState.CLOSED


def test_status_shows_a_measure_with_its_gates() -> None:
    world = prod_world()
    report = roll_back(world)
    assert report.pull is not None
    status = world.reviews.status(report.pull.number)
    assert (status.kind, status.mergeable, [change.service for change in status.changes]) == (ProposalKind.ROLLBACK, True, ["api", "web"])
    assert [type(getattr(rule, "rule", None)) for rule in status.rules] == [Hold, Veto]


# --- roll-forward ------------------------------------------------------------------------------------------------------------------------


def mended_world() -> World:
    """prod was rolled back to v1; v3 is mended and was healthy in staging."""
    world = prod_world()
    roll_back(world, merge=True)
    world.deploy("prod")
    world.record(ADA, api="v3", web="v3")
    world.deploy("dev")
    report = world.promotions.open(TO_STAGING, ADA)
    assert report.pull is not None
    world.reviews.merge(report.pull.number, ADA)
    world.deploy("staging")
    return world


def test_a_roll_forward_lifts_the_hold_with_its_merge_and_needs_a_second_person() -> None:
    world = mended_world()
    assert world.promotions.open(TO_PROD, ADA).outcome is OpenOutcome.BLOCKED
    request = world.promotions.rollforward(TO_PROD)
    report = world.promotions.open(request, ADA)
    assert (report.outcome, report.pull and report.pull.title) == (OpenOutcome.OPENED, "Roll forward api v3, web v3 to prod")
    assert world.promotions.open(request, ADA).outcome is OpenOutcome.ADOPTED
    assert report.pull is not None
    number = report.pull.number
    assert [gate.key for gate in world.reviews.merge(number, ADA).blockers] == ["approvals"]
    world.reviews.approve(number, GRACE)
    assert world.reviews.merge(number, ADA).outcome is MergeOutcome.MERGED
    assert (tags(world, "prod"), rules(world, "holds")) == ({"api": "v3", "web": "v3"}, [])
    assert len(rules(world, "vetoes")) == 1
    entry = world.ledger.records()[-1].entry
    assert (entry.fact, entry.details["kind"]) == (Fact.PROMOTED, "rollforward")
    assert entry.details["rules"] == [{"remove": {"kind": "holds", "id": "rollback-prod"}}]


def test_a_roll_forward_does_not_pass_a_hold_of_somebody_else() -> None:
    world = mended_world()
    set_rule(world, hold_request("prod", None, None, end(world), GROUNDS))
    assert "hold" in [gate.key for gate in world.promotions.plan(world.promotions.rollforward(TO_PROD)).blockers]


def test_without_a_rollback_there_is_nothing_to_roll_forward_from() -> None:
    with pytest.raises(UsageError, match="no rollback holds prod"):
        prod_world().promotions.rollforward(TO_PROD)
