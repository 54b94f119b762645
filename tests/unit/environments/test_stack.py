"""What a stack is given, and that the environment program understands it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.stack import Lease, images_of, port_candidates, port_of, read_lease, secret_keys, stack_values, unproven_images
from liftlock_stacks.inputs import parse_inputs, secret_variables
from tests.samples import environment, image, service

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = Lease("feature/x", "ada", NOW, NOW + timedelta(hours=8))


def test_the_program_reads_what_the_core_writes() -> None:
    declared = environment(services=(service("api"), service("web", databases=(), migration=None, secrets=(), command=("serve",))))
    inputs = parse_inputs(json.dumps(stack_values(declared, port=18101, lease=LEASE)))
    assert (inputs.prefix, inputs.port) == ("shop-dev", 18101)
    assert [item.image for item in inputs.services] == [str(item.image) for item in declared.services]
    assert inputs.services[0].health.start_period == 30.0


def test_every_secret_that_the_program_asks_for_is_announced() -> None:
    declared = environment()
    inputs = parse_inputs(json.dumps(stack_values(declared, port=1)))
    keys = secret_keys(declared)
    assert set(secret_variables(inputs.services[0], dict.fromkeys(keys, "x"))) == {"SHOP_DATABASE_URL", "TOKEN"}
    assert keys["service/api/TOKEN"] == "env:TOKEN"
    assert keys["database/shop/password"] is None


def test_values_hold_no_secret_reference() -> None:
    assert "env:TOKEN" not in json.dumps(stack_values(environment(), port=1))


def test_what_was_written_is_read_back() -> None:
    values = stack_values(environment(), port=18101, lease=LEASE)
    assert (port_of(values), read_lease(values), images_of(values)) == (18101, LEASE, {"api": image("api")})
    assert read_lease(stack_values(environment(), port=1)) is None


def test_extending_a_lease_changes_no_label() -> None:
    longer = replace(LEASE, expires=LEASE.expires + timedelta(days=1))
    assert stack_values(environment(), port=1, lease=LEASE)["labels"] == stack_values(environment(), port=1, lease=longer)["labels"]


def test_only_new_images_are_asked_of_the_registry() -> None:
    before = stack_values(environment(), port=1)
    changed = environment(services=(service("api", image=image("api", "b")),))
    assert unproven_images(environment(), before) == ()
    assert unproven_images(changed, before) == (image("api", "b"),)
    assert unproven_images(environment(), None) == (image("api"),)


@given(st.frozensets(st.integers(18100, 18110)), st.text("abc", min_size=1, max_size=5))
def test_candidates_are_all_free_ports_of_the_range_and_nothing_else(taken: frozenset[int], name: str) -> None:
    declared = environment(name, ports=(18100, 18110))
    found = port_candidates(declared, None, taken)
    assert sorted(found) == [port for port in range(18100, 18111) if port not in taken]
    assert list(found) == list(port_candidates(declared, None, taken))


def test_a_declared_port_wins_over_the_kept_one() -> None:
    assert list(port_candidates(environment(port=8080), 18101, frozenset())) == [8080]
    assert list(port_candidates(environment(), 18101, frozenset())) == [18101]
