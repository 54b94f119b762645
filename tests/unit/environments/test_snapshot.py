"""Which golden copies go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.snapshot import Snapshot, SnapshotOrigin, plan_prune

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    """Copies of a few databases of all ages."""
    ages = draw(st.lists(st.integers(0, 100), max_size=12))
    return [
        Snapshot(
            name=draw(st.sampled_from(["nightly", "weekly", "shop-1", "shop-2"])),
            database=draw(st.sampled_from(["shop", "crm"])),
            origin=draw(st.sampled_from(SnapshotOrigin)),
            catalog="c",
            data="d",
            tool="t",
            image="i",
            source="s",
            rows=1,
            size=10,
            made=NOW - timedelta(days=age),
            volume=f"v{number}",
        )
        for number, age in enumerate(ages)
    ]


KEEP = st.none() | st.integers(0, 4)
AGE = st.none() | st.integers(0, 100).map(lambda days: timedelta(days=days))


@given(snapshots(), KEEP, AGE, st.frozensets(st.sampled_from(["nightly", "weekly"])))
def test_every_copy_goes_or_stays_and_what_must_stay_does(
    found: list[Snapshot], keep: int | None, older_than: timedelta | None, declared: frozenset[str]
) -> None:
    plan = plan_prune(found, keep=keep, older_than=older_than, declared=declared, now=NOW)

    stay = [item for item, _ in plan.kept]
    assert sorted(item.volume for item in [*stay, *plan.remove]) == sorted(item.volume for item in found)
    for gone in plan.remove:
        assert gone.name not in declared
        assert older_than is None or NOW - gone.made > older_than
        newer = [item for item in found if (item.database, item.origin) == (gone.database, gone.origin) and item.made >= gone.made]
        assert keep is None or len(newer) > keep
    assert plan.freed == 10 * len(plan.remove)


@given(snapshots(), KEEP, AGE)
def test_pruning_twice_removes_nothing_more(found: list[Snapshot], keep: int | None, older_than: timedelta | None) -> None:
    first = plan_prune(found, keep=keep, older_than=older_than, declared=frozenset(), now=NOW)
    left = [item for item in found if item not in first.remove]
    assert plan_prune(left, keep=keep, older_than=older_than, declared=frozenset(), now=NOW).remove == ()


@given(snapshots())
def test_the_order_in_which_they_are_listed_does_not_matter(found: list[Snapshot]) -> None:
    one = plan_prune(found, keep=1, older_than=None, declared=frozenset(), now=NOW)
    other = plan_prune(found[::-1], keep=1, older_than=None, declared=frozenset(), now=NOW)
    assert one == other
