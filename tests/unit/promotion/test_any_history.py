"""Over random histories: what may never happen does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from liftlock.core.errors import LiftlockError
from liftlock.core.ledger import Fact
from liftlock.core.policy import Veto
from liftlock.core.ports import Identity, PullState
from liftlock.core.promotion_types import PromotionRequest
from liftlock.core.proposal import Adopt, LeaveAlone, ProposalKind, ReleaseEdit, branch_name
from liftlock.core.release import Release, ReleasedImage
from liftlock.services.promotions import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import SERVICES, TO_PROD, TO_STAGING, ready_world

PEOPLE = st.sampled_from([ADA, GRACE, LINUS])
REQUESTS = st.builds(
    lambda request, services: replace(request, services=services),
    st.sampled_from([TO_STAGING, TO_PROD]),
    st.none() | st.sets(st.sampled_from(SERVICES), min_size=1).map(lambda names: tuple(sorted(names))),
)
CHANGES = st.tuples(st.sampled_from(SERVICES), st.sampled_from(["v1", "v2", "v3", "v4"]), PEOPLE)
NUMBERS = st.integers(1, 6)


class Histories(RuleBasedStateMachine):
    """People record, configure, deploy, veto, open, approve, merge, close and meddle in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ready_world(api="v1", web="v1", worker="v1")
        self.memory = 0
        self.proved: dict[str, list[tuple[int, dict[str, str]]]] = {
            "dev": [(0, images(self.world.release("dev")))],
            "staging": [],
            "prod": [],
        }
        self.vetoed: set[str] = set()
        self.vetoed_releases: dict[str, dict[str, str]] = {}

    @rule(change=CHANGES)
    def record_one(self, change: tuple[str, str, Identity]) -> None:
        self.record(*change)

    def record(self, service: str, tag: str, person: Identity) -> None:
        self.world.record(person, **{service: tag})

    @rule(memory=st.sampled_from([128, 256]))
    def configure(self, memory: int) -> None:
        """What was proved under other configuration is no proof any more."""
        self.world.configure(f"memory: {memory}\n")
        self.memory = memory

    @rule(
        environment=st.sampled_from(["dev", "staging", "prod"]),
        outcome=st.sampled_from(["verified", "verified", "verified", "deployed", "failed"]),
    )
    def deploy(self, environment: str, outcome: str) -> None:
        facts = {"verified": (Fact.DEPLOYED, Fact.VERIFIED), "deployed": (Fact.DEPLOYED,), "failed": (Fact.DEPLOY_FAILED,)}[outcome]
        self.world.deploy(environment, *facts)
        if outcome == "verified":
            self.proved[environment].append((self.memory, images(self.world.release(environment))))
        elif outcome == "failed":
            self.proved[environment].clear()

    @rule(service=st.sampled_from(SERVICES), environment=st.sampled_from(["dev", "staging"]))
    def veto(self, service: str, environment: str) -> None:
        """A digest is found to be bad."""
        found = self.world.release(environment).services.get(service)
        if found is not None:
            self.vetoed.add(found.image.digest.text)
        self._set_vetoes()

    @rule(environment=st.sampled_from(["dev", "staging"]))
    def veto_release(self, environment: str) -> None:
        """A release that was deployed is found to be bad as a whole."""
        found = self.world.release(environment)
        if any(record.entry.fact is Fact.DEPLOYED and record.entry.release == found.id for record in self.world.ledger.records()):
            self.vetoed_releases[found.id] = images(found)
        self._set_vetoes()

    @rule()
    def forgive(self) -> None:
        self.vetoed.clear()
        self.vetoed_releases.clear()
        self._set_vetoes()

    def _set_vetoes(self) -> None:
        rules = [Veto(f"v{digest[7:15]}", None, digest, (), "bad", "sec@shop.example", None) for digest in sorted(self.vetoed)]
        rules += [Veto(name.replace("rel-", "r"), name, None, (), "bad", "sec@shop.example", None) for name in sorted(self.vetoed_releases)]
        self.world.set_rules(*rules)

    @rule(request=REQUESTS, person=PEOPLE)
    def open(self, request: PromotionRequest, person: Identity) -> None:
        try:
            report = self.world.promotions.open(request, person)
        except LiftlockError:
            return
        event(f"open: {report.outcome}")
        if report.outcome in (OpenOutcome.OPENED, OpenOutcome.UPDATED):
            self._was_proved(request.source, {name: str(new.image) for name, new in report.plan.new_images.items()})
        if report.outcome is not OpenOutcome.BLOCKED:
            before = self.world.writes
            again = self.world.promotions.open(request, person)
            assert self.world.writes == before
            assert all(isinstance(action, Adopt | LeaveAlone) for action in again.plan.actions)

    @rule(number=NUMBERS, person=PEOPLE)
    def approve(self, number: int, person: Identity) -> None:
        try:
            self.world.reviews.approve(number, person)
        except LiftlockError:
            return

    @rule(number=NUMBERS)
    def merge(self, number: int) -> None:
        try:
            before = self.world.forge.pull(number)
            target = "staging" if "staging" in before.head else "prod"
            source, had = {"staging": "dev", "prod": "staging"}[target], images(self.world.release(target))
            report = self.world.reviews.merge(number, ADA)
        except LiftlockError:
            return
        event(f"merge: {report.outcome}")
        if report.outcome is MergeOutcome.MERGED:
            new = {name: image for name, image in images(self.world.release(target)).items() if had.get(name) != image}
            self._was_proved(source, new)
            assert self.vetoed.isdisjoint(image.rpartition("@")[2] for image in new.values())
            after = images(self.world.release(target)).items()
            assert not any(bad and bad.items() <= after for bad in self.vetoed_releases.values())
            assert any(review.approved and review.commit == before.commit and review.reviewer != before.author for review in before.reviews)

    def _was_proved(self, source: str, new: dict[str, str]) -> None:
        """The source was healthy with these images together, under the configuration that it has now, and has not failed since."""
        assert any(memory == self.memory and new.items() <= proved.items() for memory, proved in self.proved[source])

    @rule(request=REQUESTS, author=PEOPLE, steps=st.integers(2, 4), changes=st.lists(CHANGES, max_size=2))
    def rise(self, request: PromotionRequest, author: Identity, steps: int, changes: list[tuple[str, str, Identity]]) -> None:
        """The usual way, broken off anywhere."""
        for service, tag, person in changes:
            self.record(service, tag, person)
        self.deploy(request.source, "verified")
        self.open(request, author)
        for number in [pull.number for pull in self.world.forge.list_pulls(state=PullState.OPEN)]:
            for person in (ADA, GRACE, LINUS):
                self.approve(number, person)
            if steps > 2:
                self.merge(number)
        if steps > 3:
            self.deploy(request.target, "verified")

    @rule(number=NUMBERS)
    def close(self, number: int) -> None:
        try:
            self.world.reviews.close(number, GRACE, "no")
        except LiftlockError:
            return

    @rule(number=NUMBERS, person=PEOPLE)
    def meddle(self, number: int, person: Identity) -> None:
        pull = self.world.forge.pulls.get(number)
        if pull is None or self.world.forge.pull(number).state is not PullState.OPEN:
            return
        path = f"releases/{'staging' if 'staging' in pull.head else 'prod'}.yaml"
        self.world.rewrite(path, "sha256:", "sha256:", branch=pull.head, by=person)

    @invariant()
    def one_open_pull_request_for_each_target_and_change(self) -> None:
        heads = Counter(pull.head for pull in self.world.forge.list_pulls(state=PullState.OPEN))
        assert all(count == 1 for count in heads.values())

    @invariant()
    def whatever_a_later_environment_has_was_in_the_one_before(self) -> None:
        seen = {str(image) for record in self.world.ledger.records() for image in _images(record.entry.details)}
        for environment in ("staging", "prod"):
            assert all(str(released.image) in seen for released in self.world.release(environment).services.values())


def images(release: Release) -> dict[str, str]:
    """service -> `repository@digest`."""
    return {name: str(image) for name, image in release.images.items()}


def _images(details: object) -> list[str]:
    services = details.get("services") if isinstance(details, dict) else None
    return list(services.values()) if isinstance(services, dict) else []


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)

IMAGE = ready_world().release("dev").services["api"].image


@given(st.dictionaries(st.text(max_size=12), st.none() | st.text(max_size=5), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_services_and_their_tags_change_no_name(services: dict[str, str | None], random: Random) -> None:
    one = {name: ReleasedImage(IMAGE, tag) for name, tag in services.items()}
    names = list(services)
    random.shuffle(names)
    two = {name: ReleasedImage(IMAGE, "other") for name in names}
    assert Release(one).id == Release(two).id
    names_of_both = {branch_name(ProposalKind.PROMOTE, "staging", [ReleaseEdit("staging", images)]) for images in (one, two)}
    assert len(names_of_both) == 1
