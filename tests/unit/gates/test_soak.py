"""How long what was healthy: continuous, starved by nobody, broken by everything that breaks it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.gates.result import GatePhase
from liftlock.core.gates.upstream import soak_gate
from liftlock.core.ledger import Entry, Fact, Record
from liftlock.core.soak import Occupancy, occupancy
from tests.ledger_records import after, deployed, evidence, fact, failed, proved, records, verified


def since(found: Occupancy) -> dict[str, float]:
    """release -> minutes after the start."""
    return {proof.release: (proof.since - after(0)).total_seconds() / 60 for proof in found.proofs}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((), {}),
        ((deployed("dev", "r1"),), {}),
        (proved("dev", "r1"), {"r1": 0}),
        ((*proved("dev", "r1"), *proved("dev", "r2", 10)), {"r1": 0, "r2": 10}),
        ((*proved("dev", "r1"), *proved("dev", "r1", 10)), {"r1": 0}),
        ((*proved("dev", "r1"), *proved("dev", "r2", 10), *proved("dev", "r1", 20)), {"r1": 0}),
        ((*proved("dev", "r1"), failed("dev", "r2", 10)), {}),
        ((*proved("dev", "r1"), failed("dev", "r2", 10), *proved("dev", "r1", 20)), {"r1": 20}),
        ((*proved("dev", "r1"), failed("dev", "r2", 10), *proved("dev", "r3", 20)), {"r3": 20}),
        ((*proved("dev", "r1"), fact(Fact.DESTROYED, "dev", None, 10), *proved("dev", "r1", 20)), {"r1": 20}),
        ((*proved("dev", "r1"), deployed("dev", "r2", 10)), {}),
        ((*proved("dev", "r1"), deployed("dev", "r2", 10), *proved("dev", "r3", 20)), {"r3": 20}),
        ((*proved("dev", "r1"), deployed("dev", "r2", 10), verified("dev", "r1", 20)), {}),
        ((*proved("dev", "r1"), deployed("dev", "r2", 5, dirty=True), verified("dev", "r2", 5), *proved("dev", "r1", 9)), {"r1": 9}),
        ((*proved("dev", "r1"), evidence("health", "dev", "r1", 10, ok=False)), {}),
        ((*proved("dev", "r1"), evidence("health", "dev", "r1", 10, ok=False), evidence("health", "dev", "r1", 20)), {"r1": 20}),
        ((deployed("dev", "r1"), evidence("health", "dev", "r1", 10)), {}),
        ((*proved("dev", "r1"), evidence("health", "dev", "r0", 10, ok=False)), {"r1": 0}),
        ((*proved("dev", "r1"), failed("prod", "r1", 10)), {"r1": 0}),
    ],
)
def test_the_time_of_a_release_goes_on_with_newer_ones_and_ends_with_every_doubt(
    entries: tuple[Entry, ...], expected: dict[str, float]
) -> None:
    assert since(occupancy("dev", records(*entries), after(60))) == expected


def test_a_record_from_the_future_proves_nothing_and_is_named() -> None:
    found = occupancy("dev", records(*proved("dev", "r1", 30)), after(10))
    assert found.proofs == ()
    assert [record.entry.at for record in found.ignored] == [after(30)]
    assert since(occupancy("dev", records(*proved("dev", "r1", 30)), after(31))) == {"r1": 30}


def test_a_record_that_is_older_than_the_one_before_it_makes_no_time_longer() -> None:
    chain = records(*proved("dev", "r0", 50), *proved("dev", "r1", 0))
    assert since(occupancy("dev", chain, after(60)))["r1"] == 50


def test_a_vetoed_release_breaks_what_was_before_it() -> None:
    chain = records(*proved("dev", "r1"), *proved("dev", "r2", 10), *proved("dev", "r3", 20))

    def vetoed(record: Record) -> bool:
        return record.entry.release == "r2"

    assert since(occupancy("dev", chain, after(60), vetoed=vetoed)) == {"r3": 20}


def gate(entries: tuple[Entry, ...], minutes: float) -> tuple[GatePhase, float | None]:
    now = after(minutes)
    found = soak_gate(occupancy("dev", records(*entries), now), "r1", lambda p: p.release == "r1", least=timedelta(hours=1), now=now)
    return found.phase, (found.clears_at - after(0)).total_seconds() / 60 if found.clears_at else None


def test_the_soak_gate_says_when_it_clears() -> None:
    assert gate(proved("dev", "r1", 5), 30) == (GatePhase.PENDING, 65)
    assert gate(proved("dev", "r1", 5), 65) == (GatePhase.PASSED, None)
    assert gate((*proved("dev", "r1", 5), failed("dev", "r2", 30)), 65) == (GatePhase.PENDING, None)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([Fact.DEPLOYED, Fact.DEPLOYED, Fact.DEPLOYED, Fact.VERIFIED, Fact.DEPLOY_FAILED, Fact.DESTROYED]),
        st.sampled_from(["r1", "r2", "r3"]),
        st.integers(-30, 90),
    ),
    max_size=20,
)


@given(STEPS, st.integers(0, 60))
def test_nothing_is_healthy_for_longer_than_it_is_on_record_without_a_failure(steps: list[tuple[Fact, str, int]], now: int) -> None:
    """Whatever the clocks say, a time never reaches back over a failure or removal, nor into the future."""
    chain = records(*(fact(kind, "dev", release, at) for kind, release, at in steps))
    found = occupancy("dev", chain, after(now))
    last_break = max((r.sequence for r in chain if r.entry.fact in (Fact.DEPLOY_FAILED, Fact.DESTROYED)), default=0)
    for proof in found.proofs:
        assert proof.record.sequence > last_break
        assert proof.record.entry.at <= proof.since <= after(now)
        assert all(r.entry.at <= proof.since for r in chain[: proof.record.sequence] if r.entry.at <= after(now))


@given(st.integers(1, 30), st.integers(1, 240))
def test_releases_every_few_minutes_starve_no_soak(every: int, soak: int) -> None:
    """However often something new comes, the newest release that is old enough has soaked."""
    count = 2 * soak // every + 2
    chain = records(*(entry for n in range(count) for entry in proved("dev", f"r{n}", n * every)))
    now = after((count - 1) * every)
    found = since(occupancy("dev", chain, now))
    ripe = [n for n in range(count) if found[f"r{n}"] + soak <= (count - 1) * every]
    assert max(ripe) == (count - 1) - -(-soak // every)
