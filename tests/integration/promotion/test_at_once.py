"""Many at once on real Git: nothing is doubled, nothing is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from liftlock.adapters.forges.local import LocalForge
from liftlock.adapters.git_repository import GitRepository
from liftlock.adapters.ledger import GitLedger
from liftlock.adapters.pull_request_rendering import render_measure, render_pull_request
from liftlock.core.config.entries import Known
from liftlock.core.errors import ConflictError
from liftlock.core.ledger import Fact
from liftlock.core.moments import ALWAYS
from liftlock.core.policy import Freeze
from liftlock.core.policy_change import SetRule
from liftlock.core.ports import PullState
from liftlock.services.images import ImageParts, Images
from liftlock.services.measures import Measures
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.promotion_view import PromotionParts
from liftlock.services.promotions import OpenOutcome, Promotions
from liftlock.services.proposals import until_settled
from liftlock.services.review_results import MergeOutcome
from tests.fakes.promotion import FakeClock
from tests.git_repositories import ADA, GRACE, commit_here, git, make_clone, make_forge
from tests.promotion_world import REGISTRY, TO_STAGING, World, ready_world


def seed_forge(world: World, folder: Path) -> Path:
    """The fake world's main branch and ledger, as a real forge."""
    tree = world.origin.trees[world.origin.branches["main"]]
    forge = make_forge(folder, {str(path): text for path, text in tree.items()} | {"README": "x"})
    GitLedger(make_clone(forge, folder / "seed")).append([record.entry for record in world.ledger.records()])
    return forge


def parts_on(clone: Path, forge: Path, world: World) -> PromotionParts:
    repository = GitRepository(clone)
    return PromotionParts(
        repository,
        repository,
        LocalForge(str(forge), FakeClock()),
        GitLedger(clone),
        world.registry,
        FakeClock(world.clock.moment),
        render_pull_request,
        lambda _commit, environment: world.origin.fingerprint(world.origin.branches["main"], environment),
        world.parts.attestations,
    )


@pytest.mark.parametrize("shared", [True, False], ids=["one clone", "a clone each"])
def test_ten_open_at_once_and_there_is_one_pull_request(tmp_path: Path, shared: bool) -> None:
    world = ready_world()
    forge = seed_forge(world, tmp_path)
    clones = [make_clone(forge, tmp_path / f"c{n}") for n in range(1 if shared else 10)]
    services = [Promotions(world.project, parts_on(clones[n % len(clones)], forge, world)) for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        reports = list(pool.map(lambda promotions: promotions.open(TO_STAGING, ADA), services))
    assert Counter(report.outcome for report in reports) == {OpenOutcome.OPENED: 1, OpenOutcome.ADOPTED: 9}
    assert {report.pull.number for report in reports if report.pull} == {1}
    assert len(LocalForge(str(forge), FakeClock()).list_pulls()) == 1
    facts = [record.entry.fact for record in GitLedger(make_clone(forge, tmp_path / "reader")).records()]
    assert facts.count(Fact.PROMOTION_OPENED) == 1


def test_promotions_of_different_services_at_once_all_get_their_number(tmp_path: Path) -> None:
    world = ready_world(api="v1", web="v1", worker="v1")
    forge = seed_forge(world, tmp_path)
    names = ("api", "web", "worker")
    services = [(name, Promotions(world.project, parts_on(make_clone(forge, tmp_path / name), forge, world))) for name in names]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda pair: pair[1].open(replace(TO_STAGING, services=(pair[0],)), ADA), services))
    pulls = LocalForge(str(forge), FakeClock()).list_pulls(state=PullState.OPEN)
    assert [pull.number for pull in pulls] == [1, 2, 3]
    assert {pull.title for pull in pulls} == {f"Promote {name} v1 to staging" for name in names}


def test_merging_at_once_is_recorded_once(tmp_path: Path) -> None:
    world = ready_world()
    forge = seed_forge(world, tmp_path)
    clones = [make_clone(forge, tmp_path / f"c{n}") for n in range(4)]
    Promotions(world.project, parts_on(clones[0], forge, world)).open(TO_STAGING, ADA)
    PromotionReviews(world.project, parts_on(clones[0], forge, world)).approve(1, GRACE)

    def merge(clone: Path) -> MergeOutcome:
        return until_settled(lambda: PromotionReviews(world.project, parts_on(clone, forge, world)).merge(1, ADA).outcome)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(merge, clones))
    assert set(outcomes) <= {MergeOutcome.MERGED, MergeOutcome.ALREADY_MERGED}
    facts = [record.entry.fact for record in GitLedger(make_clone(forge, tmp_path / "reader")).records()]
    assert (facts.count(Fact.PROMOTED), facts.count(Fact.APPROVED)) == (1, 1)


def test_ten_freezes_at_once_are_one_pull_request(tmp_path: Path) -> None:
    world = World()
    forge = seed_forge(world, tmp_path)
    rule = Freeze("sale", ("prod",), (), ALWAYS, world.clock.moment + timedelta(days=9), "UTC", "sale", "Ada")

    def freeze(number: int) -> OpenOutcome:
        parts = parts_on(make_clone(forge, tmp_path / f"c{number}"), forge, world)
        measures = Measures(world.project, parts, Known(("prod",), ()), render_measure)
        return measures.change_policy(SetRule(rule), [ADA]).outcome

    with ThreadPoolExecutor(10) as pool:
        outcomes = Counter(pool.map(freeze, range(10)))
    assert outcomes == {OpenOutcome.OPENED: 1, OpenOutcome.ADOPTED: 9}
    assert len(LocalForge(str(forge), FakeClock()).list_pulls()) == 1
    facts = [record.entry.fact for record in GitLedger(make_clone(forge, tmp_path / "reader")).records()]
    assert facts.count(Fact.POLICY_PROPOSED) == 1


def test_reviews_at_once_are_all_kept(tmp_path: Path) -> None:
    forge, pull = _one_pull(tmp_path)
    people = [replace(GRACE, email=f"p{n}@shop.example") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda person: LocalForge(str(forge), FakeClock()).review(1, reviewer=person, approve=True, commit=pull), people))
    assert {review.reviewer for review in LocalForge(str(forge), FakeClock()).pull(1).reviews} == set(people)


def test_of_merging_and_closing_at_once_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    forge, commit = _one_pull(tmp_path)
    local = LocalForge(str(forge), FakeClock())

    def attempt(merge: bool) -> bool:
        try:
            if merge:
                local.merge(1, message="m", by=ADA, commit=commit)
            else:
                local.close(1, reason="r", by=GRACE)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(attempt, [True, False]))
    assert sorted(won) == [False, True]
    assert local.pull(1).state is (PullState.MERGED if won[0] else PullState.CLOSED)


def test_recording_at_once_keeps_every_service(tmp_path: Path) -> None:
    world = World()
    forge = seed_forge(world, tmp_path)
    names = ("api", "web", "worker")
    for name in names:
        world.registry.push(f"{REGISTRY}/shop/{name}", "v1")

    def record(name: str) -> None:
        parts = parts_on(make_clone(forge, tmp_path / name), forge, world)
        ports = ImageParts(
            parts.repository, parts.checkout, parts.ledger, parts.registry, parts.clock, parts.fingerprint, parts.attestations
        )
        Images(world.project, ports).record("dev", {name: "v1"}, ADA)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(record, names))
    text = git(forge, "show", "main:releases/dev.yaml")
    assert all(f"{name}: {{image:" in text for name in names)
    assert len(GitLedger(make_clone(forge, tmp_path / "reader")).records()) == 3


def _one_pull(folder: Path) -> tuple[Path, str]:
    forge = make_forge(folder, {"a": "b"})
    clone = make_clone(forge, folder / "clone")
    git(clone, "checkout", "--quiet", "-b", "topic")
    commit = commit_here(clone, {"a": "c"}, "Change")
    git(clone, "push", "--quiet", "origin", "topic")
    LocalForge(str(forge), FakeClock()).open_pull(title="t", body="b", head="topic", base="main", author=ADA)
    return forge, commit
