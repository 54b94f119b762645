"""Tags become digests in the first environment's release, and nowhere else."""

from __future__ import annotations

import pytest

from liftlock.core.errors import LiftlockError, UsageError
from liftlock.core.ledger import Fact
from liftlock.services.images import Availability
from tests.git_repositories import GRACE
from tests.promotion_world import World, ready_world

API = "127.0.0.1:5000/shop/api"


def test_recording_commits_the_digest_with_its_tag_and_source_commit() -> None:
    world = World()
    world.registry.push(API, "v1", commit="abc")
    report = world.images.record("dev", {"api": "v1"}, GRACE)
    released = world.release("dev").services["api"]
    assert (released.tag, released.commit) == ("v1", "abc")
    entry = world.ledger.records()[-1].entry
    assert (entry.fact, entry.actor, entry.release) == (Fact.RECORDED, str(GRACE), report.release)
    assert entry.details["services"] == {"api": str(released.image)}
    assert entry.details["commit"] == report.commit


def test_recording_what_is_there_writes_nothing() -> None:
    world = ready_world()
    before = world.writes
    assert world.images.record("dev", {"api": "v1"}, GRACE).commit is None
    assert world.writes == before


def test_an_environment_with_an_upstream_is_not_recorded_into() -> None:
    with pytest.raises(UsageError, match="gets its releases from dev") as caught:
        ready_world().images.record("staging", {"api": "v1"}, GRACE)
    assert caught.value.hint == "run: liftlock promote open --from dev --to staging"


def test_an_unknown_tag_service_or_environment_is_named() -> None:
    world = ready_world()
    with pytest.raises(LiftlockError, match="no v7 of 127"):
        world.images.record("dev", {"api": "v7"}, GRACE)
    with pytest.raises(UsageError, match="no service 'apu'") as caught:
        world.images.record("dev", {"apu": "v1"}, GRACE)
    assert caught.value.hint == "did you mean api?"
    with pytest.raises(UsageError, match="not in the pipeline"):
        world.images.record("qa", {"api": "v1"}, GRACE)


@pytest.mark.parametrize("named", ["api:v1", f"{API}:v1"])
def test_a_service_or_a_repository_resolves(named: str) -> None:
    world = ready_world()
    found = world.images.resolve(named)
    assert (found.image, found.tag, found.commit) == (str(world.release("dev").services["api"].image), "v1", "c-api-v1")


def test_a_digest_resolves_to_itself_and_no_tag_means_latest() -> None:
    world = ready_world()
    image = str(world.release("dev").services["api"].image)
    assert world.images.resolve(image).image == image
    latest = world.registry.push(API, "latest").image
    assert world.images.resolve("api").image == str(latest)


def test_verify_tells_present_missing_and_unknown_apart() -> None:
    world = ready_world()
    image = world.release("dev").services["api"].image
    world.registry.prune(image.repository, image.digest)
    assert [item.availability for item in world.images.verify("dev")] == [Availability.MISSING, Availability.PRESENT]
    world.registry.down = True
    assert {item.availability for item in world.images.verify("dev")} == {Availability.UNKNOWN}
