"""What merging takes, and what it refuses. On fakes; tests/integration/promotion does the same with real Git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ledger import Fact
from liftlock.core.ports import Identity, PullRequest, PullState
from liftlock.core.trailers import read_trailers
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.promotions import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.fakes.promotion import FakeForge
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import TO_STAGING, World, ready_world


def opened_world() -> World:
    world = ready_world()
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.OPENED
    return world


def facts(world: World) -> list[Fact]:
    return [record.entry.fact for record in world.ledger.records()]


def test_an_approved_promotion_is_merged_with_trailers_and_on_record() -> None:
    world = opened_world()
    wanted = world.release("dev")
    assert world.reviews.approve(1, GRACE).excluded is None
    report = world.reviews.merge(1, ADA)
    assert (report.outcome, report.release) == (MergeOutcome.MERGED, wanted.id)
    assert world.release("staging") == wanted
    trailers = read_trailers(world.origin.commits[world.origin.branches["main"]].message)
    assert trailers["Liftlock-Release"] == (wanted.id,)
    assert trailers["Approved-by"] == (str(GRACE),)
    assert "approvals=passed" in trailers["Liftlock-Gates"][0]
    approved, promoted = (record.entry for record in world.ledger.records()[-2:])
    assert (approved.fact, approved.actor, approved.release) == (Fact.APPROVED, str(GRACE), wanted.id)
    assert (promoted.fact, promoted.environment, promoted.details["pull"]) == (Fact.PROMOTED, "staging", 1)
    assert promoted.details["approvers"] == [str(GRACE)]


def test_merging_again_succeeds_and_writes_nothing() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    world.reviews.merge(1, ADA)
    before = world.writes
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.ALREADY_MERGED
    assert world.writes == before


def test_a_merge_that_was_interrupted_before_the_record_is_completed_by_the_next() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    world.reviews.merge(1, LINUS)
    del world.ledger.kept[-2:]
    world.reviews.merge(1, ADA)
    approved, promoted = (record.entry for record in world.ledger.records()[-2:])
    assert (approved.actor, promoted.actor) == (str(GRACE), str(LINUS))


@pytest.mark.parametrize(
    ("person", "because"),
    [
        (ADA, "opened the pull request"),
        (Identity("Not Ada", "Ada@Shop.example"), "opened the pull request"),
        (LINUS, "recorded an image of it for dev"),
    ],
)
def test_whoever_made_the_change_does_not_count(person: Identity, because: str) -> None:
    world = World()
    world.record(LINUS, api="v1")
    world.deploy("dev")
    world.promotions.open(TO_STAGING, ADA)
    assert world.reviews.approve(1, person).excluded == because
    assert world.reviews.merge(1, GRACE).outcome is MergeOutcome.BLOCKED
    assert world.release("staging").services == {}


def test_whoever_wrote_the_release_file_by_hand_does_not_count() -> None:
    world = ready_world()
    digest = world.registry.push("127.0.0.1:5000/shop/api", "v9").image.digest.text
    old = world.release("dev").services["api"].image.digest.text
    world.rewrite("releases/dev.yaml", old, digest, branch="main", by=GRACE)
    world.deploy("dev")
    world.promotions.open(TO_STAGING, ADA)
    assert world.reviews.approve(1, GRACE).excluded == "wrote an image of it into a release file"


def test_an_edited_digest_after_the_approval_is_refused_even_when_that_commit_is_approved_too() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    branch, digest = world.forge.pull(1).head, world.release("dev").services["api"].image.digest.text
    other = world.registry.push("127.0.0.1:5000/shop/api", "evil").image.digest.text
    world.rewrite("releases/staging.yaml", digest, other, branch=branch, by=LINUS)
    world.forge.review(1, reviewer=GRACE, approve=True, commit=world.forge.pull(1).commit)
    with pytest.raises(ConflictError, match="liftlock did not make"):
        world.reviews.merge(1, ADA)
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.LEFT_ALONE
    assert world.release("staging").services == {}


def test_a_forced_branch_with_one_commit_of_another_digest_is_refused() -> None:
    world = opened_world()
    pull = world.forge.pull(1)
    tree = world.origin.trees[pull.commit]
    path = next(path for path in tree if path.name == "staging.yaml")
    digest = world.release("dev").services["api"].image.digest.text
    parent = world.origin.commits[pull.commit].parents
    forced = world.origin.add(parent, {**tree, path: tree[path].replace(digest, "sha256:" + "0" * 64)}, "Promote", ADA)
    world.origin.branches[pull.head] = forced
    world.forge.review(1, reviewer=GRACE, approve=True, commit=forced)
    with pytest.raises(ConflictError, match="not what the branch was made for"):
        world.reviews.merge(1, ADA)


def test_a_commit_that_hides_another_file_is_refused() -> None:
    world = opened_world()
    pull = world.forge.pull(1)
    path = next(path for path in world.origin.trees[pull.commit] if path.name == "staging.yaml")
    tree = {**world.origin.trees[pull.commit], path.with_name("prod.yaml"): "services: {}\n"}
    world.origin.branches[pull.head] = world.origin.add(world.origin.commits[pull.commit].parents, tree, "Promote", ADA)
    world.forge.review(1, reviewer=GRACE, approve=True, commit=world.forge.pull(1).commit)
    with pytest.raises(ConflictError, match="other files"):
        world.reviews.merge(1, ADA)


def test_a_body_that_claims_another_plan_is_refused() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    pull = world.forge.pull(1)
    world.forge.update_pull(1, title=pull.title, body=pull.body.replace('"plan":"plan-', '"plan":"plan-0'))
    with pytest.raises(ConflictError, match="description does not say what it does"):
        world.reviews.merge(1, ADA)


def test_a_body_without_its_block_is_written_anew_and_approvals_stay() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    before = world.forge.pull(1)
    world.forge.update_pull(1, title="Mine", body="text")
    with pytest.raises(ConflictError, match="description does not say what it does"):
        world.reviews.merge(1, ADA)
    report = world.promotions.open(TO_STAGING, ADA)
    assert (report.outcome, world.forge.pull(1).commit) == (OpenOutcome.UPDATED, before.commit)
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED


def test_a_pull_request_of_somebody_is_no_promotion() -> None:
    world = opened_world()
    world.origin.branches["topic"] = world.origin.add((world.origin.branches["main"],), {}, "Mine", LINUS)
    world.forge.open_pull(title="Mine", body="text", head="topic", base="main", author=LINUS)
    with pytest.raises(UsageError, match="not a promotion"):
        world.reviews.merge(2, ADA)


def test_a_digest_that_was_lost_since_the_opening_blocks_the_merge() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    image = world.release("dev").services["api"].image
    world.registry.prune(image.repository, image.digest)
    report = world.reviews.merge(1, ADA)
    assert (report.outcome, [gate.key for gate in report.blockers]) == (MergeOutcome.BLOCKED, ["digests"])


def test_a_release_that_failed_since_the_opening_blocks_the_merge() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    world.deploy("dev", Fact.DEPLOY_FAILED)
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["verified:dev"]


def test_a_source_that_moved_on_takes_nothing_from_what_was_approved() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    wanted = world.release("dev")
    world.record(api="v2")
    world.deploy("dev")
    assert world.reviews.status(1).stale is None
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED
    assert world.release("staging").services == wanted.services


def test_a_release_that_the_source_never_had_makes_the_pull_request_stale() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    world.ledger.kept.clear()
    world.record(api="v2")
    world.deploy("dev")
    assert "does not have this release" in (world.reviews.status(1).stale or "")
    with pytest.raises(ConflictError, match="does not have this release"):
        world.reviews.merge(1, ADA)


def test_a_newer_promotion_of_one_of_its_services_replaces_it_while_nobody_has_approved_it() -> None:
    world = opened_world()
    world.record(api="v2")
    world.deploy("dev")
    world.promotions.open(replace(TO_STAGING, services=("api",)), LINUS)
    world.reviews.approve(2, GRACE)
    assert world.reviews.merge(2, ADA).outcome is MergeOutcome.MERGED
    assert world.forge.pull(1).state is PullState.CLOSED


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_promotions_of_different_services_merge_in_either_order_with_the_approvals_that_they_have(order: tuple[int, int]) -> None:
    world = ready_world()
    world.promotions.open(replace(TO_STAGING, services=("api",)), ADA)
    world.promotions.open(replace(TO_STAGING, services=("web",)), ADA)
    for number in (1, 2):
        world.reviews.approve(number, GRACE)
    first, second = order
    assert world.reviews.merge(first, ADA).outcome is MergeOutcome.MERGED
    service = {1: "api", 2: "web"}[second]
    adopted = world.promotions.open(replace(TO_STAGING, services=(service,)), ADA)
    assert (adopted.outcome, adopted.pull and adopted.pull.number) == (OpenOutcome.ADOPTED, second)
    assert world.reviews.merge(second, ADA).outcome is MergeOutcome.MERGED
    assert world.release("staging").services == world.release("dev").services
    approved = [record.entry.details["commit"] for record in world.ledger.records() if record.entry.fact is Fact.APPROVED]
    assert len(approved) == 2


def test_what_is_pushed_behind_a_branch_that_is_made_anew_is_not_merged() -> None:
    world = ready_world()
    for service in ("api", "web"):
        number = world.promotions.open(replace(TO_STAGING, services=(service,)), ADA).pull
        assert number is not None
        world.reviews.approve(number.number, GRACE)
    world.reviews.merge(1, ADA)

    class Raced(FakeForge):
        """Somebody pushes as soon as the branch was made anew."""

        def pull(self, number: int) -> PullRequest:
            found = super().pull(number)
            if found.state is PullState.OPEN and found.commit != approved.commit and self.origin.commits[found.commit].author != LINUS:
                world.rewrite("releases/staging.yaml", "web", "evil", branch=found.head, by=LINUS)
            return super().pull(number)

    approved = world.forge.pull(2)
    world.parts = replace(world.parts, forge=Raced(world.origin, world.clock, world.forge.pulls))
    with pytest.raises(ConflictError):
        PromotionReviews(world.project, world.parts).merge(2, ADA)
    assert "evil" not in world.origin.trees[world.origin.branches["main"]][PurePosixPath("releases/staging.yaml")]


def test_rules_that_change_while_somebody_waits_are_not_passed_by() -> None:
    world = opened_world()
    assert [gate.key for gate in world.reviews.merge(1, ADA).blockers] == ["approvals"]
    world.reviews.approve(1, GRACE)
    tip = world.origin.branches["main"]
    tree = {**world.origin.trees[tip], PurePosixPath("liftlock.yaml"): "# two approvals from now on"}
    world.origin.branches["main"] = world.origin.add((tip,), tree, "Stricter", GRACE)
    with pytest.raises(ConflictError, match=r"liftlock.yaml has changed meanwhile on main"):
        world.reviews.merge(1, ADA)


def test_making_it_anew_voids_the_approvals() -> None:
    world = opened_world()
    world.reviews.approve(1, GRACE)
    pull = world.forge.pull(1)
    world.forge.update_pull(1, title=pull.title, body="nothing hidden")
    tree = world.origin.trees[pull.commit]
    message = world.origin.commits[pull.commit].message.replace("Liftlock-Plan: plan-", "Liftlock-Plan: plan-0")
    world.origin.branches[pull.head] = world.origin.add(world.origin.commits[pull.commit].parents, tree, message, ADA)
    report = world.promotions.open(TO_STAGING, ADA)
    assert (report.outcome, report.pull and report.pull.number) == (OpenOutcome.UPDATED, 1)
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.BLOCKED


def test_a_closed_one_is_not_merged_and_can_be_opened_again() -> None:
    world = opened_world()
    assert world.reviews.close(1, ADA, "not now").state is PullState.CLOSED
    with pytest.raises(ConflictError, match="closed"):
        world.reviews.merge(1, ADA)
    report = world.promotions.open(TO_STAGING, ADA)
    assert (report.outcome, report.pull and report.pull.number) == (OpenOutcome.OPENED, 2)


def test_a_plan_that_is_not_the_reviewed_one_is_refused() -> None:
    world = ready_world()
    with pytest.raises(ConflictError, match="plan-of-yesterday"):
        world.promotions.open(TO_STAGING, ADA, reviewed="plan-of-yesterday")
    assert world.forge.writes == 0


def test_a_forge_that_fails_after_the_push_leaves_a_branch_that_the_next_run_uses() -> None:
    world = ready_world()
    plan = world.promotions.plan(TO_STAGING)
    world.promotions._proposals._push(world.promotions._proposal(plan, ADA), ADA, force=False)
    report = world.promotions.open(TO_STAGING, GRACE)
    assert (report.outcome, report.pull and report.pull.author) == (OpenOutcome.OPENED, GRACE)


def test_a_branch_that_is_replaced_between_listing_and_fetching_is_looked_at_again() -> None:
    world = opened_world()

    class Late(FakeForge):
        """Lists a head that nobody has any more, once."""

        asked = False

        def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
            found, first = super().list_pulls(state=state), not self.asked
            self.asked = True
            return [replace(pull, commit="f" * 40) for pull in found] if first else found

    late = Late(world.origin, world.clock, world.forge.pulls)
    promotions = type(world.promotions)(world.project, replace(world.parts, forge=late))
    assert promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.ADOPTED


def test_a_strangers_branch_of_that_name_is_not_overwritten() -> None:
    world = ready_world()
    branch = world.promotions.plan(TO_STAGING).branch
    stranger = world.origin.add((world.origin.branches["main"],), {}, "Mine", LINUS)
    world.origin.branches[branch] = stranger
    with pytest.raises(ConflictError, match="no open pull request"):
        world.promotions.open(TO_STAGING, ADA)
    assert world.origin.branches[branch] == stranger


def test_the_list_shows_open_promotions_only() -> None:
    world = opened_world()
    assert [(item.number, item.target) for item in world.reviews.open_promotions()] == [(1, "staging")]
    world.reviews.close(1, ADA, "no")
    assert world.reviews.open_promotions() == ()


def test_a_branch_that_somebody_set_back_to_the_base_is_no_promotion() -> None:
    world = opened_world()
    before = facts(world)
    world.origin.branches[world.forge.pull(1).head] = world.origin.branches["main"]
    with pytest.raises(ConflictError, match="changed no release"):
        world.reviews.merge(1, GRACE)
    assert facts(world) == before
