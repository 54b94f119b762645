"""Which release is promoted, and when: soak, trains, holds, hotfixes, pipelines that part and meet. On the world as services see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from liftlock.core.errors import ConflictError, UnavailableError, UsageError
from liftlock.core.gates.result import GatePhase
from liftlock.core.ledger import Fact
from liftlock.core.policy import Freeze, Hold, Veto
from liftlock.core.ports import Check, CheckState, Identity, PullState
from liftlock.core.project import Gates, Judgement, Stage, Window
from liftlock.core.promotion_types import PlanOutcome, PromotionRequest
from liftlock.core.proposal import Adopt, Open
from liftlock.services.promotions import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.fakes.promotion import START
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import TO_PROD, TO_STAGING, World, make_project

HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=10)


def world_with(gates: Gates, *, pipeline: tuple[Stage, ...] | None = None) -> World:
    return World(make_project(pipeline=pipeline or (Stage("dev"), Stage("staging", ("dev",), gates))))


def release(world: World, environment: str = "dev", **tags: str) -> str:
    """Records and proves images in dev."""
    world.record(ADA, **tags)
    world.deploy(environment)
    return world.release(environment).id


def merge(world: World, number: int) -> None:
    world.reviews.approve(number, GRACE)
    assert world.reviews.merge(number, ADA).outcome is MergeOutcome.MERGED


# --- soak and candidates ---------------------------------------------------------------------------------------------------------------


def test_releases_every_ten_minutes_with_an_hour_of_soak_still_rise() -> None:
    world = world_with(Gates(soak=HOUR))
    risen: list[str] = []
    for number in range(1, 15):
        release(world, api=f"v{number}", web="w")
        plan = world.promotions.plan(TO_STAGING)
        if not plan.blockers:
            report = world.promotions.open(TO_STAGING, ADA)
            assert report.pull is not None
            assert world.reviews.merge(report.pull.number, ADA).outcome is MergeOutcome.MERGED
            risen.append(world.release("staging").services["api"].tag or "")
        world.clock.moment += MINUTES
    # Each of them an hour after it was proved, none twice, none left behind.
    assert risen == [f"v{number}" for number in range(1, 9)]


def test_the_plan_says_when_the_newest_release_clears_and_why_it_waits() -> None:
    world = world_with(Gates(soak=HOUR))
    old = release(world, api="v1")
    world.clock.moment += HOUR
    new = release(world, api="v2")
    plan = world.promotions.plan(TO_STAGING)
    assert [(one.release, one.chosen, [gate.key for gate in one.blockers]) for one in plan.considered] == [
        (new, False, ["soak:dev"]),
        (old, True, []),
    ]
    clears = plan.considered[0].clears_at
    assert clears is not None
    assert HOUR - MINUTES < clears - world.clock.moment <= HOUR


def test_nothing_is_promoted_that_is_older_than_what_the_target_has() -> None:
    world = world_with(Gates(verified=True))
    release(world, api="v1")
    release(world, api="v2")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.merge(1, ADA)
    world.record(ADA, api="v3")
    plan = world.promotions.plan(TO_STAGING)
    assert (plan.outcome, [one.release for one in plan.considered]) == (PlanOutcome.BLOCKED, [world.release("dev").id])


def test_what_could_be_merged_now_is_not_replaced_by_something_newer() -> None:
    world = world_with(Gates(approvals=1))
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    newer = release(world, api="v2")
    report = world.promotions.open(TO_STAGING, ADA)
    assert (report.outcome, report.plan.actions) == (OpenOutcome.ADOPTED, (Adopt(1),))
    assert newer in report.notes[0]
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.OPENED


def test_what_waits_only_for_its_window_keeps_its_approvals_too() -> None:
    later = Window(frozenset({5}), 0, 1440, "UTC")  # the clock starts on a Sunday
    world = world_with(Gates(approvals=1, windows=(later,)))
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    release(world, api="v2")
    assert world.promotions.open(TO_STAGING, ADA).plan.actions == (Adopt(1),)
    blocked = world.reviews.merge(1, ADA)
    assert ([gate.key for gate in blocked.blockers], blocked.blockers[0].policy) == (["window"], True)
    world.clock.moment = blocked.blockers[0].clears_at or START
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED


def test_the_registry_is_asked_only_when_nothing_cheaper_is_in_the_way() -> None:
    world = world_with(Gates(soak=HOUR))
    release(world, api="v1")
    world.registry.down = True
    assert [gate.key for gate in world.promotions.plan(TO_STAGING).blockers] == ["soak:dev"]
    explained = world.promotions.plan(TO_STAGING, explain=True)
    assert [gate.key for gate in explained.blockers] == ["soak:dev", "digests"]


def test_other_configuration_voids_what_was_proved() -> None:
    world = world_with(Gates())
    release(world, api="v1")
    world.configure("memory: 256\n")
    assert [gate.key for gate in world.promotions.plan(TO_STAGING).blockers] == ["verified:dev"]
    world.deploy("dev")
    assert world.promotions.plan(TO_STAGING).blockers == ()


# --- evidence --------------------------------------------------------------------------------------------------------------------------


def test_smoke_tests_judgements_and_checks_are_waited_for() -> None:
    from liftlock.core.evidence import EvidenceKind
    from liftlock.services.evidence import EvidenceRecords

    world = world_with(Gates(smoke=True, judgement=Judgement(by=("grace@shop.example",)), checks=("ci/smoke",)))
    release(world, api="v1")
    evidence = EvidenceRecords(world.project, world.ledger, world.clock, world.repository.fetch)
    assert [gate.key for gate in world.promotions.plan(TO_STAGING).blockers] == ["smoke:dev", "judgement:dev"]
    evidence.record(EvidenceKind.SMOKE_TEST, "dev", passed=True, actor=LINUS, url="https://ci.example/1")
    evidence.record(EvidenceKind.JUDGEMENT, "dev", passed=True, actor=LINUS)
    assert [gate.key for gate in world.promotions.plan(TO_STAGING).blockers] == ["judgement:dev"]
    evidence.record(EvidenceKind.JUDGEMENT, "dev", passed=True, actor=GRACE)
    world.promotions.open(TO_STAGING, ADA)
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["checks"]
    world.forge.set_status(world.forge.pull(1).commit, Check("ci/smoke", CheckState.PASSED))
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED
    assert [item.counts for item in evidence.listed("dev")] == [True, True, True]


def test_a_clock_that_jumps_makes_no_gate_pass() -> None:
    world = world_with(Gates(soak=HOUR))
    world.clock.moment += HOUR
    release(world, api="v1")
    world.clock.moment -= HOUR
    back = world.promotions.plan(TO_STAGING)
    assert [gate.key for gate in back.blockers] == ["verified:dev", "soak:dev"]
    assert "comes from the future; a clock is wrong" in back.blockers[0].reason
    assert back.blockers[0].clears_at is not None
    # A deployment whose own clock stands far back has not been healthy for longer than the record before it is old.
    world.clock.moment += HOUR
    world.record(ADA, api="v2")
    world.clock.moment -= 100 * HOUR
    world.deploy("dev")
    world.clock.moment += 100 * HOUR + MINUTES
    assert "soak:dev" in [gate.key for gate in world.promotions.plan(TO_STAGING).blockers]


def test_evidence_that_expired_since_the_opening_blocks_the_merge() -> None:
    from liftlock.core.evidence import EvidenceKind
    from liftlock.services.evidence import EvidenceRecords

    world = world_with(Gates(smoke=True))
    release(world, api="v1")
    evidence = EvidenceRecords(world.project, world.ledger, world.clock, world.repository.fetch)
    evidence.record(EvidenceKind.SMOKE_TEST, "dev", passed=True, actor=LINUS, expires_in=HOUR)
    world.promotions.open(TO_STAGING, ADA)
    world.clock.moment += HOUR
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["smoke:dev"]


# --- rules -----------------------------------------------------------------------------------------------------------------------------

HOLD = Hold("h1", "staging", "api", None, "migration runs", "ops@shop.example", None)


def test_a_held_service_is_left_out_of_an_unnamed_promotion_and_blocks_a_named_one() -> None:
    world = world_with(Gates())
    release(world, api="v1", web="v1")
    world.set_rules(HOLD)
    plan = world.promotions.plan(TO_STAGING)
    assert [change.service for change in plan.changes] == ["web"]
    assert "api is left out: held by h1" in plan.notes[0]
    named = world.promotions.plan(replace(TO_STAGING, services=("api",)))
    assert [(gate.key, gate.policy) for gate in named.blockers] == [("hold", True)]
    world.set_rules(replace(HOLD, service=None))
    assert [gate.key for gate in world.promotions.plan(TO_STAGING).blockers] == ["hold"]


def test_a_freeze_and_a_veto_after_the_opening_are_seen_at_the_merge() -> None:
    world = world_with(Gates())
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    digest = world.release("dev").services["api"].image.digest.text
    freeze = Freeze("f1", ("staging",), (), START, START + 9 * HOUR, "UTC", "audit", "ops@shop.example")
    world.set_rules(freeze, Veto("v1", None, digest, (), "leaks", "sec@shop.example", None))
    blocked = world.reviews.merge(1, ADA)
    assert [gate.key for gate in blocked.blockers] == ["veto", "freeze", "verified:dev"]
    world.set_rules()
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED


def test_a_vetoed_release_gives_way_to_the_one_before_it_only_when_that_is_proved_again() -> None:
    world = world_with(Gates())
    release(world, api="v1")
    bad = release(world, api="v2")
    world.set_rules(Veto("v1", bad, None, (), "slow", "ops@shop.example", None))
    plan = world.promotions.plan(TO_STAGING)
    assert plan.blockers != ()
    world.record(ADA, api="v1")
    world.deploy("dev")
    assert [change.new.tag for change in world.promotions.plan(TO_STAGING).changes] == ["v1"]


# --- trains, parting and meeting -------------------------------------------------------------------------------------------------------


def test_a_train_moves_exactly_what_the_source_has_or_nothing() -> None:
    world = world_with(Gates())
    release(world, api="v1", web="v1", worker="v1")
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.merge(1, ADA)
    tip = world.origin.branches["main"]
    tree = dict(world.origin.trees[tip])
    from liftlock.core.proposal import release_path

    path = release_path("dev")
    lines = [line for line in tree[path].splitlines(keepends=True) if "worker" not in line]
    world.origin.branches["main"] = world.origin.add((tip,), {**tree, path: "".join(lines)}, "No worker", GRACE)
    release(world, api="v2")
    train = replace(TO_STAGING, train=True)
    assert [gate.key for gate in world.promotions.plan(train).blockers] == ["combination"]
    world.set_rules(replace(HOLD, service="worker"))
    assert world.promotions.plan(train).blockers == ()
    report = world.promotions.open(train, ADA)
    assert report.pull is not None
    assert world.reviews.merge(report.pull.number, ADA).outcome is MergeOutcome.MERGED


def test_a_train_that_is_no_whole_any_more_is_not_merged() -> None:
    world = world_with(Gates())
    release(world, api="v1", web="v1")
    world.promotions.open(replace(TO_STAGING, train=True), ADA)
    world.record(ADA, worker="v1", api="v2")
    world.deploy("dev")
    world.promotions.open(replace(TO_STAGING, services=("worker",)), LINUS)
    assert world.reviews.merge(2, ADA).outcome is MergeOutcome.MERGED
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["combination"]


def test_a_pipeline_that_parts_and_meets_wants_the_same_release_on_all_parents_for_the_least_of_their_times() -> None:
    gates = Gates(soak=HOUR)
    fan = (Stage("dev"), Stage("qa", ("dev",)), Stage("perf", ("dev",)), Stage("prod", ("qa", "perf"), gates))
    world = World(make_project(pipeline=fan))
    release(world, api="v1")
    for request in world.promotions.requests("dev", (), ()):
        opened = world.promotions.open(request, ADA)
        assert opened.pull is not None
        world.reviews.merge(opened.pull.number, ADA)
    assert [request.target for request in world.promotions.requests("dev", (), ())] == ["qa", "perf"]
    world.deploy("qa")
    world.clock.moment += HOUR
    to_prod = PromotionRequest("qa", "prod")
    assert [gate.key for gate in world.promotions.plan(to_prod).blockers] == ["verified:perf", "soak:perf"]
    world.deploy("perf")
    assert [gate.key for gate in world.promotions.plan(to_prod).blockers] == ["soak:perf"]
    world.clock.moment += HOUR
    assert world.promotions.plan(to_prod).blockers == ()


def test_it_makes_no_difference_from_which_of_its_parents_a_promotion_is_asked_for() -> None:
    fan = (Stage("dev"), Stage("qa", ("dev",)), Stage("perf", ("dev",)), Stage("prod", ("qa", "perf"), Gates(approvals=1)))
    world = World(make_project(pipeline=fan))
    release(world, api="v1")
    for request in world.promotions.requests("dev", (), ()):
        opened = world.promotions.open(request, ADA)
        assert opened.pull is not None
        world.reviews.merge(opened.pull.number, ADA)
        world.deploy(request.target)
    assert world.promotions.open(PromotionRequest("qa", "prod"), ADA).outcome is OpenOutcome.OPENED
    before = world.writes
    assert world.promotions.open(PromotionRequest("perf", "prod"), LINUS).outcome is OpenOutcome.ADOPTED
    assert world.writes == before


def test_who_asks_for_no_train_takes_the_train_that_moves_the_same() -> None:
    world = world_with(Gates(approvals=1))
    release(world, api="v1", web="v1")
    assert world.promotions.open(replace(TO_STAGING, train=True), ADA).outcome is OpenOutcome.OPENED
    before = world.writes
    assert world.promotions.open(TO_STAGING, LINUS).outcome is OpenOutcome.ADOPTED
    assert world.promotions.open(replace(TO_STAGING, train=True), ADA).outcome is OpenOutcome.ADOPTED
    assert world.writes == before


def test_a_label_holds_one_pull_request() -> None:
    world = world_with(Gates())
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    world.forge.pulls[1] = replace(world.forge.pulls[1], labels=("liftlock/hold",))
    assert [(gate.key, gate.policy) for gate in world.reviews.merge(1, ADA).blockers] == [("label", True)]
    world.forge.pulls[1] = replace(world.forge.pulls[1], labels=())
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED


def test_who_made_ci_open_it_does_not_count_as_an_approver() -> None:
    bot = Identity("Bot", "bot@ci.example")
    world = world_with(Gates(approvals=1))
    world.record(LINUS, api="v1")
    world.deploy("dev")
    world.promotions.open(TO_STAGING, bot, requesters=(Identity("grace", "@grace", "grace"),))
    world.set_rules()
    assert world.reviews.approve(1, replace(GRACE, login="Grace")).excluded == "asked for the change"
    assert world.reviews.approve(1, ADA).excluded is None
    assert world.reviews.merge(1, bot).outcome is MergeOutcome.MERGED
    assert "Liftlock-Requested-by: @grace" in world.origin.commits[world.origin.branches["main"]].message


def test_without_a_target_or_a_source_there_is_nothing_to_promote() -> None:
    world = World()
    with pytest.raises(UsageError, match="where to"):
        world.promotions.requests(None, (), ())
    with pytest.raises(UsageError, match="no environment gets its releases from prod"):
        world.promotions.requests("prod", (), ())
    with pytest.raises(UsageError, match="--all"):
        world.promotions.requests(None, ("staging",), ("api",), train=True)


# --- hotfixes --------------------------------------------------------------------------------------------------------------------------


def hotfix_world() -> tuple[World, PromotionRequest]:
    world = world_with(Gates(approvals=0, soak=HOUR, smoke=True, judgement=Judgement()))
    world.record(ADA, api="v1")
    return world, replace(TO_STAGING, hotfix=world.promotions.hotfix("prod is down", 4 * HOUR, ADA))


def test_a_hotfix_goes_before_evidence_but_needs_a_second_person() -> None:
    world, request = hotfix_world()
    world.set_rules(HOLD)
    report = world.promotions.open(request, ADA)
    assert report.outcome is OpenOutcome.OPENED
    assert (report.pull and report.pull.title) == "Hotfix api v1 to staging"
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["approvals"]
    assert world.reviews.approve(1, ADA).excluded == "opened the pull request"
    merge(world, 1)
    promoted = world.ledger.records()[-1].entry
    assert (promoted.fact, promoted.details["kind"], promoted.details["reason"]) == (Fact.PROMOTED, "hotfix", "prod is down")
    assert promoted.details["requester"] == str(ADA)
    message = world.origin.commits[world.origin.branches["main"]].message
    assert "Liftlock-Parameter: reason=prod is down" in message
    assert f"Liftlock-Requested-by: {ADA}" in message


def test_asking_for_the_same_hotfix_again_adopts_it() -> None:
    world, request = hotfix_world()
    world.promotions.open(request, ADA)
    again = replace(TO_STAGING, hotfix=world.promotions.hotfix("prod  is down", 4 * HOUR, LINUS))
    report = world.promotions.open(again, LINUS)
    assert (report.outcome, report.plan.actions) == (OpenOutcome.ADOPTED, (Adopt(1),))


def test_an_expired_hotfix_is_not_merged() -> None:
    world, request = hotfix_world()
    world.promotions.open(request, ADA)
    world.reviews.approve(1, GRACE)
    world.clock.moment += 4 * HOUR
    blocked = world.reviews.merge(1, ADA)
    assert [(gate.key, gate.policy) for gate in blocked.blockers] == [("hotfix", True)]


def test_nothing_passes_a_veto_or_a_lost_digest_and_a_freeze_only_where_it_says_so() -> None:
    world, request = hotfix_world()
    image = world.release("dev").services["api"].image
    freeze = Freeze("f1", ("staging",), (), START, START + 9 * HOUR, "UTC", "audit", "ops@shop.example")
    world.set_rules(freeze)
    assert [gate.key for gate in world.promotions.plan(request).blockers] == ["freeze"]
    world.set_rules(replace(freeze, hotfix=True))
    assert world.promotions.plan(request).blockers == ()
    world.set_rules(Veto("v1", None, image.digest.text, (), "leaks", "sec@shop.example", None))
    assert [gate.key for gate in world.promotions.plan(request).blockers] == ["veto"]
    world.set_rules()
    world.registry.prune(image.repository, image.digest)
    assert [(gate.key, gate.phase) for gate in world.promotions.plan(request).blockers] == [("digests", GatePhase.FAILED)]


def test_a_body_or_commit_that_turns_a_promotion_into_a_hotfix_is_refused() -> None:
    world, request = hotfix_world()
    world.deploy("dev")
    world.clock.moment += HOUR
    normal = world_with(Gates(approvals=1))
    normal.record(ADA, api="v1")
    normal.deploy("dev")
    normal.promotions.open(TO_STAGING, ADA)
    normal.reviews.approve(1, GRACE)
    pull = normal.forge.pull(1)
    assert request.hotfix is not None
    said = '"kind":"hotfix","parameters":{"expires":"2999-01-01T00:00:00+00:00","reason":"x","requester":"x"}'
    body = pull.body.replace('"kind":"promote","parameters":{}', said)
    if body == pull.body:
        body = pull.body.replace('"kind":"promote"', '"kind":"hotfix"')
    normal.forge.update_pull(1, title=pull.title, body=body)
    with pytest.raises((ConflictError, UsageError)):
        normal.reviews.merge(1, ADA)


def test_a_source_that_moved_on_takes_no_hotfix_away() -> None:
    world, request = hotfix_world()
    world.promotions.open(request, ADA)
    world.record(ADA, api="v2")
    merge(world, 1)
    assert world.release("staging").services["api"].tag == "v1"


def test_a_hotfix_and_a_promotion_of_one_service_stand_side_by_side() -> None:
    world, request = hotfix_world()
    world.promotions.open(request, ADA)
    normal = World(make_project(approvals=1), world.origin, world.clock, world.registry, world.ledger)
    normal.forge.pulls.update(world.forge.pulls)
    normal.deploy("dev")
    plan = normal.promotions.plan(TO_STAGING)
    assert plan.actions == (Open(plan.branch),)
    assert normal.forge.pull(1).state is PullState.OPEN


# --- waiting ---------------------------------------------------------------------------------------------------------------------------


def test_waiting_opens_as_soon_as_the_soak_is_over_and_says_what_it_waits_for() -> None:
    from liftlock.services.waiting import Patience

    world = world_with(Gates(soak=HOUR))
    release(world, api="v1")
    said: list[str] = []

    def pause(seconds: float) -> None:
        world.clock.moment += timedelta(seconds=seconds)

    report = world.promotions.open_when_clear(TO_STAGING, ADA, Patience(2 * HOUR, pause, said.append))
    assert report.outcome is OpenOutcome.OPENED
    assert said[0].startswith("waiting for soak:dev (at the earliest ")
    assert len(world.forge.pulls) == 1


def test_waiting_ends_with_the_last_word_when_its_time_is_over_and_at_once_where_it_is_no_use() -> None:
    from liftlock.services.waiting import Patience

    world = world_with(Gates(approvals=1))
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    slept: list[float] = []

    def pause(seconds: float) -> None:
        slept.append(seconds)
        world.clock.moment += timedelta(seconds=seconds)

    patience = Patience(HOUR, pause, lambda _: None)
    report = world.reviews.merge_when_clear(1, ADA, patience)
    assert (report.outcome, [gate.key for gate in report.blockers]) == (MergeOutcome.BLOCKED, ["approvals"])
    assert sum(slept) <= HOUR.total_seconds()
    slept.clear()
    world.deploy("dev", Fact.DEPLOY_FAILED)
    assert world.reviews.merge_when_clear(1, ADA, patience).outcome is MergeOutcome.BLOCKED
    assert slept == []


def test_a_forge_that_falls_silent_while_one_waits_is_waited_for() -> None:
    from liftlock.services.waiting import Patience

    world = world_with(Gates(soak=HOUR))
    release(world, api="v1")
    said: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        world.clock.moment += timedelta(seconds=seconds)
        world.forge.down = len(pauses) in (2, 3)

    with pytest.raises(UnavailableError):
        world.forge.down = True
        world.promotions.open_when_clear(TO_STAGING, ADA, Patience(2 * HOUR, pause, said.append))
    world.forge.down = False
    report = world.promotions.open_when_clear(TO_STAGING, ADA, Patience(3 * HOUR, pause, said.append))
    assert report.outcome is OpenOutcome.OPENED
    assert any("the forge does not answer" in line for line in said)


@pytest.mark.parametrize(
    ("release_", "url", "said"),
    [
        ("rel-1", None, "no release"),
        (None, "ci.example/7", "no web address"),
        (None, "https://ada:token@ci.example/7", "holds credentials"),
    ],
)
def test_nothing_mistyped_and_no_credentials_get_into_the_ledger(release_: str | None, url: str | None, said: str) -> None:
    from liftlock.core.evidence import EvidenceKind
    from liftlock.services.evidence import EvidenceRecords

    world = world_with(Gates())
    release(world, api="v1")
    evidence = EvidenceRecords(world.project, world.ledger, world.clock, world.repository.fetch)
    before = world.writes
    with pytest.raises(UsageError, match=said) as found:
        evidence.record(EvidenceKind.SMOKE_TEST, "dev", passed=True, actor=ADA, release=release_, url=url)
    assert "token" not in str(found.value)
    assert world.writes == before


def test_prod_gets_what_staging_proved() -> None:
    world = World()
    release(world, api="v1")
    world.promotions.open(TO_STAGING, ADA)
    merge(world, 1)
    assert [gate.key for gate in world.promotions.plan(TO_PROD).blockers] == ["verified:staging"]
    world.deploy("staging")
    assert world.promotions.open(TO_PROD, ADA).outcome is OpenOutcome.OPENED
    merge(world, 2)
    assert world.release("prod").services == world.release("dev").services
