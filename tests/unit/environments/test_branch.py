"""Names and leases of ephemeral environments."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.branch import branch_environment, new_lease, renewed
from liftlock.core.errors import UsageError

LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
BRANCHES = st.text(min_size=1, max_size=200).filter(lambda text: text.strip() and text.isprintable())


@given(BRANCHES)
def test_every_branch_gets_a_dns_label_that_leaves_room_for_what_is_put_around_it(branch: str) -> None:
    name = branch_environment(branch)
    assert LABEL.fullmatch(name)
    assert len(name) <= 33


@given(BRANCHES, BRANCHES)
def test_two_branches_never_share_a_name(one: str, two: str) -> None:
    assert (branch_environment(one) == branch_environment(two)) == (one == two)


@pytest.mark.parametrize("branch", ["feature/checkout", "feature-checkout", "Feature/Checkout", "x" * 80, "🚤/lock", "2fast", "-", "ä"])
def test_the_name_is_the_same_each_time(branch: str) -> None:
    assert branch_environment(branch) == branch_environment(branch)


def test_the_name_can_be_recognised() -> None:
    assert branch_environment("feature/checkout").startswith("feature-checkout-")


@pytest.mark.parametrize("branch", ["", "   ", "a\nb", "a\x00"])
def test_what_cannot_be_a_branch_is_refused(branch: str) -> None:
    with pytest.raises(UsageError):
        branch_environment(branch)


@given(st.timedeltas(timedelta(), timedelta(days=30)), st.timedeltas(timedelta(), timedelta(days=30)))
def test_a_renewed_lease_is_never_shorter(passed: timedelta, ttl: timedelta) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    lease = new_lease("b", "ada", now, timedelta(days=3))
    again = renewed(lease, now + passed, ttl)
    assert again.expires >= max(lease.expires, now + passed + ttl)
    assert (again.created, again.owner, again.branch) == (lease.created, lease.owner, lease.branch)
