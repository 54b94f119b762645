"""Changes of policy in any order by anybody: one pull request for one change, one record for one merge, files that always read."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import PurePosixPath

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ledger import Fact
from liftlock.core.policy_change import LiftRules, PolicyRequest
from liftlock.core.policy_edit import rules_of
from liftlock.core.policy_requests import Grounds, hold_request, parse_end
from liftlock.core.ports import Identity, PullState
from liftlock.services.proposals import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import World
from tests.unit.promotion.test_measures import freeze, measures

PEOPLE = st.sampled_from([ADA, GRACE, LINUS])
PLACES = st.sampled_from(["staging", "prod"])


class PolicyHistories(RuleBasedStateMachine):
    """Freezes and holds come and go; some pull requests are approved and merged, some closed, and the clock goes on."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.loosening: set[int] = set()

    def ask(self, request: PolicyRequest, person: Identity) -> None:
        """Asks twice: the second time nothing is left to do."""
        try:
            first = measures(self.world).change_policy(request, [person])
        except (ConflictError, UsageError):
            return
        before = self.world.writes
        again = measures(self.world).change_policy(request, [person])
        assert again.outcome in (OpenOutcome.ADOPTED, OpenOutcome.NOTHING, OpenOutcome.LEFT_ALONE)
        assert (self.world.writes, again.pull) == (before, first.pull)
        if first.pull is not None and first.approvals:
            self.loosening.add(first.pull.number)

    @rule(person=PEOPLE, place=PLACES, hours=st.integers(1, 3))
    def freezes(self, person: Identity, place: str, hours: int) -> None:
        self.ask(freeze(self.world, place, length=f"{hours}h"), person)

    @rule(person=PEOPLE, place=PLACES, service=st.none() | st.just("api"))
    def holds(self, person: Identity, place: str, service: str | None) -> None:
        end = parse_end(None, None, None, self.world.clock.moment, default="never")
        self.ask(hold_request(place, service, None, end, Grounds("busy", "Ada")), person)

    @rule(person=PEOPLE, place=PLACES, kind=st.sampled_from(["freezes", "holds"]))
    def lifts(self, person: Identity, place: str, kind: str) -> None:
        self.ask(LiftRules(kind, place, "over"), person)

    @rule(person=PEOPLE, approver=PEOPLE, place=PLACES)
    def holds_and_lifts(self, person: Identity, approver: Identity, place: str) -> None:
        """A hold that is merged, and asked away again: only somebody else's word lets it go."""
        end = parse_end(None, None, None, self.world.clock.moment, default="never")
        try:
            measures(self.world).change_policy(hold_request(place, None, None, end, Grounds("busy", "Ada")), [person], merge=True)
            report = measures(self.world).change_policy(LiftRules("holds", place, "over"), [person])
        except (ConflictError, UsageError):
            return
        if report.pull is None or report.outcome is OpenOutcome.LEFT_ALONE:
            return
        self.world.reviews.approve(report.pull.number, approver)
        pull = self.world.forge.pull(report.pull.number)
        makers = {pull.author, self.world.origin.commits[pull.commit].author}
        others = {review.reviewer for review in pull.reviews if review.commit == pull.commit} - makers
        outcome = self.world.reviews.merge(report.pull.number, person).outcome
        assert outcome is (MergeOutcome.MERGED if others else MergeOutcome.BLOCKED)

    @rule(person=PEOPLE, approver=st.none() | PEOPLE, data=st.data())
    def merges(self, person: Identity, approver: Identity | None, data: st.DataObject) -> None:
        """Any that was ever opened, perhaps with an approval just before."""
        if not self.world.forge.pulls:
            return
        number = data.draw(st.sampled_from(sorted(self.world.forge.pulls)))
        pull = self.world.forge.pull(number)
        if approver is not None and pull.state is PullState.OPEN:
            self.world.reviews.approve(number, approver)
            pull = self.world.forge.pull(number)
        try:
            outcome = self.world.reviews.merge(number, person).outcome
        except ConflictError:
            return
        if outcome is MergeOutcome.MERGED and number in self.loosening:
            approvers = {review.reviewer for review in pull.reviews if review.approved and review.commit == pull.commit}
            assert approvers - {pull.author}

    @rule(person=PEOPLE, number=st.integers(1, 6))
    def closes(self, person: Identity, number: int) -> None:
        if number in self.world.forge.pulls and self.world.forge.pull(number).state is PullState.OPEN:
            self.world.reviews.close(number, person, "not now")

    @rule(minutes=st.integers(-30, 150))
    def time_goes_on_or_back(self, minutes: int) -> None:
        self.world.clock.moment += timedelta(minutes=minutes)

    @invariant()
    def one_open_pull_request_for_each_change(self) -> None:
        heads = [pull.head for pull in self.world.forge.list_pulls(state=PullState.OPEN)]
        assert len(heads) == len(set(heads))

    @invariant()
    def policy_always_reads_and_names_are_unique(self) -> None:
        tree = self.world.origin.trees[self.world.origin.branches["main"]]
        for kind in ("freezes", "holds"):
            names = [found.id for found in rules_of(kind, tree.get(PurePosixPath(f"policy/{kind}.yaml")))]
            assert len(names) == len(set(names))

    @invariant()
    def every_merge_is_on_record_once(self) -> None:
        merged = [pull.number for pull in self.world.forge.list_pulls(state=PullState.MERGED)]
        recorded = Counter(
            record.entry.details["pull"] for record in self.world.ledger.records() if record.entry.fact is Fact.POLICY_CHANGED
        )
        assert recorded == Counter(merged)


TestPolicyHistories = PolicyHistories.TestCase
TestPolicyHistories.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
