"""Merges by every method and by other hands: on record once, with what was really merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from liftlock.core.errors import UnavailableError
from liftlock.core.ledger import Entry, Fact, Record, images_of
from liftlock.core.ports import Identity, PullRequest, PullState
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.review_results import MergeOutcome
from tests.fakes.promotion import FakeForge, FakeLedger
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import TO_STAGING, World, ready_world


class MethodForge(FakeForge):
    """Merges by squash or rebase: one commit on the base; rebase keeps the branch's own message and so loses ours."""

    method = "squash"

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        pull = self.pull(number)
        head, base = self.origin.commits[commit], self.origin.branches[pull.base]
        text = message if self.method == "squash" else head.message
        made = self.origin.add((base,), self._merged(base, commit), text, head.author)
        self.origin.branches[pull.base] = made
        del self.origin.branches[pull.head]
        return self._keep(replace(pull, state=PullState.MERGED, merge_commit=made, merged_by=by))


class ReadOnly(FakeLedger):
    """A ledger that this person may not push to."""

    def append(self, entries: Sequence[Entry], *, unless: Callable[[Sequence[Record]], bool] | None = None) -> Sequence[Record]:
        raise UnavailableError("the forge refused the push", hint="ask who administers it")


def opened(forge: type[FakeForge] = FakeForge) -> tuple[World, PromotionReviews]:
    """An approved promotion to staging on such a forge."""
    world = ready_world()
    world.forge = forge(world.origin, world.clock)
    world.parts = replace(world.parts, forge=world.forge)
    promotions = type(world.promotions)(world.project, world.parts)
    promotions.open(TO_STAGING, ADA)
    reviews = PromotionReviews(world.project, world.parts)
    reviews.approve(1, GRACE)
    return world, reviews


def promoted(world: World) -> Entry:
    """The one record of the merge."""
    (found,) = [record.entry for record in world.ledger.records() if record.entry.fact is Fact.PROMOTED]
    return found


@pytest.mark.parametrize("method", ["squash", "rebase"])
def test_every_method_is_on_record_with_gates_approvers_and_requester(method: str) -> None:
    world, reviews = opened(type("Forge", (MethodForge,), {"method": method}))
    assert reviews.merge(1, LINUS).outcome is MergeOutcome.MERGED
    entry = promoted(world)
    assert (entry.actor, entry.release) == (str(LINUS), world.release("staging").id)
    assert entry.details["approvers"] == [str(GRACE)]
    assert "approvals=passed" in str(entry.details["gates"])
    assert (entry.details["requested_by"], entry.details["source"]) == ([str(ADA)], "dev")
    assert images_of(entry).keys() == {"api", "web"}
    assert reviews.merge(1, ADA).outcome is MergeOutcome.ALREADY_MERGED
    assert promoted(world) == entry


@pytest.mark.parametrize("body", ["as it was", "edited after the merge"])
def test_a_merge_by_the_web_page_is_on_record_by_what_git_has(body: str) -> None:
    world, reviews = opened()
    pull = world.forge.pull(1)
    world.forge.merge(1, message=f"Merge pull request #1 from {pull.head}", by=LINUS, commit=pull.commit)
    if body != "as it was":
        kept = world.forge.pulls[1]
        world.forge.pulls[1] = replace(kept, body=kept.body.replace('"source":"dev"', '"source":"prod"'))
    assert reviews.open_promotions() == ()
    entry = promoted(world)
    assert (entry.actor, entry.details["approvers"], entry.details["source"]) == (str(LINUS), [str(GRACE)], "dev")
    assert entry.details["gates"] == "none on record"
    assert reviews.status(1).state is PullState.MERGED
    assert promoted(world) == entry


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_a_branch_says_of_approvals_and_gates_is_not_put_on_record(*, by_hand: bool) -> None:
    world, reviews = opened(type("Forge", (MethodForge,), {"method": "rebase"}))
    pull = world.forge.pull(1)
    head = world.origin.commits[pull.commit]
    forged = replace(head, message=f"{head.message}\nLiftlock-Gates: everything=passed\nApproved-by: {LINUS}")
    world.origin.commits[pull.commit] = forged
    if by_hand:
        world.forge.merge(1, message="", by=ADA, commit=pull.commit)
        reviews.open_promotions()
    else:
        reviews.merge(1, ADA)
    entry = promoted(world)
    assert entry.details["approvers"] == [str(GRACE)]
    assert ("approvals=passed" if not by_hand else "none on record") in str(entry.details["gates"])
    assert "everything" not in str(entry.details["gates"])
    approved = [record.entry.actor for record in world.ledger.records() if record.entry.fact is Fact.APPROVED]
    assert approved == [str(GRACE)]


def test_who_may_not_write_the_ledger_still_sees_the_status() -> None:
    world, _ = opened()
    pull = world.forge.pull(1)
    world.forge.merge(1, message="by hand", by=LINUS, commit=pull.commit)
    reader = PromotionReviews(world.project, replace(world.parts, ledger=ReadOnly(world.ledger.kept)))
    assert "could not be put on record" in (reader.status(1).stale or "")
    assert reader.open_promotions() == ()


def test_a_pull_request_closed_by_hand_is_no_merge() -> None:
    world, reviews = opened()
    world.forge.close(1, reason="no", by=LINUS)
    assert reviews.open_promotions() == ()
    assert [record for record in world.ledger.records() if record.entry.fact is Fact.PROMOTED] == []
