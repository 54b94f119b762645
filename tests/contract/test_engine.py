"""What every Engine promises, on the fake and on the embedded engine with a real Docker."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from liftlock.adapters.renderings.drift import render_drift
from liftlock.core.drift import find_drift
from liftlock.core.errors import ConflictError
from liftlock.core.ledger import Json
from liftlock.core.ports import LiveState, Observation, StackResult, StepOperation
from tests.contract.places import NAMING, PASSWORD, SECRETS, TOKEN, Place, changed, without
from tests.fakes.environments import QuietProgress


def up(place: Place, values: Mapping[str, Json] | None = None, name: str = "dev") -> StackResult:
    return place.engine.up(name, values or place.healthy, SECRETS, progress=QuietProgress())


def seen(place: Place, service: str) -> Observation:
    found = {item.name: item for item in place.engine.observe("dev", place.healthy, SECRETS)}
    return found[place.name(service)]


def in_sync(place: Place) -> bool:
    return find_drift("dev", place.engine.observe("dev", place.healthy, SECRETS)).clean


def all_same(result: StackResult) -> bool:
    return result.succeeded and bool(result.changes) and result.count(StepOperation.SAME) == len(result.changes)


def test_where_nothing_is_nothing_is_said_and_nothing_is_made(place: Place) -> None:
    engine, values = place.engine, place.small("none")
    result = engine.preview("none", values, SECRETS)
    assert result.count(StepOperation.CREATE) == len(result.changes) > 0
    observed = engine.observe("none", values, SECRETS)
    assert observed
    assert all(item.applied is None and item.declared is not None and item.state is not LiveState.PRESENT for item in observed)
    assert engine.down("none", progress=QuietProgress()).changes == ()
    assert (engine.checksum("none"), engine.stack("none"), dict(engine.secrets("none"))) == (None, None, {})
    assert place.runtime.parts(place.project, "none") == []


def test_a_second_up_finds_everything_as_it_should_be(place: Place) -> None:
    assert all_same(up(place))
    assert in_sync(place)


def test_a_preview_says_what_would_change_and_changes_nothing(place: Place) -> None:
    before = place.engine.checksum("dev")
    assert all_same(place.engine.preview("dev", place.healthy, SECRETS))
    result = place.engine.preview("dev", changed(place.healthy, "api", memory=256), SECRETS)
    assert {change.name: change.operation for change in result.changes}[place.name("api")] is StepOperation.UPDATE
    removal = place.engine.preview("dev", without(place.healthy, "web"), SECRETS)
    assert {change.name: change.operation for change in removal.changes}[place.name("web")] is StepOperation.DELETE
    assert place.engine.checksum("dev") == before
    assert in_sync(place)


def test_secrets_are_kept_and_given_back(place: Place) -> None:
    assert place.engine.secrets("dev") == SECRETS


def test_a_stack_is_told_as_it_was_given_and_listed_by_name(place: Place) -> None:
    result = up(place)
    stack = place.engine.stack("dev")
    assert stack is not None
    assert (stack.environment, stack.values, stack.outputs) == ("dev", place.healthy, result.outputs)
    assert stack.resources >= 2
    assert stack.updated is not None
    assert stack.updated.tzinfo is not None
    assert [item.environment for item in place.engine.stacks()] == ["dev"]


def test_secrets_are_nowhere_in_clear(place: Place) -> None:
    others = {name: f"another-{value}" for name, value in SECRETS.items()}
    plan = place.engine.preview("dev", place.healthy, others)
    drift = render_drift(find_drift("dev", place.engine.observe("dev", place.healthy, others)))
    said = "\n".join([place.files(), repr(plan), drift, repr(place.engine.stacks()), repr(up(place))])
    assert place.project in place.files()
    assert [secret for secret in (TOKEN, PASSWORD, NAMING) if secret in said] == []


def test_what_was_changed_outside_is_seen_and_mended(place: Place) -> None:
    before = place.engine.checksum("dev")
    place.tamper("api")
    found = seen(place, "api")
    assert found.state is LiveState.PRESENT
    assert found.applied is not None
    assert found.live["memory"] != found.applied["memory"]
    assert place.engine.checksum("dev") == before
    assert not all_same(up(place))
    assert in_sync(place)


def test_what_is_gone_is_missing_and_made_again(place: Place) -> None:
    before = place.engine.checksum("dev")
    place.lose("web")
    found = seen(place, "web")
    assert (found.state, dict(found.live)) == (LiveState.MISSING, {})
    assert found.applied is not None
    assert place.engine.checksum("dev") == before
    assert not all_same(up(place))
    assert in_sync(place)


def test_what_does_not_answer_is_unknown_and_never_missing(place: Place) -> None:
    before = place.engine.checksum("dev")
    with place.cut_off() as engine:
        observed = engine.observe("dev", place.healthy, SECRETS)
    assert {item.state for item in observed} == {LiveState.UNKNOWN}
    assert all(item.reason and not item.live for item in observed)
    assert place.engine.checksum("dev") == before
    assert in_sync(place)


def test_what_the_program_no_longer_has_is_seen_as_undeclared(place: Place) -> None:
    found = {item.name: item for item in place.engine.observe("dev", without(place.healthy, "web"), SECRETS)}
    assert found[place.name("web")].declared is None
    assert found[place.name("api")].declared is not None


def test_a_failed_step_is_told_without_secrets_and_a_next_run_goes_on(place: Place) -> None:
    with place.failing() as values:
        result = up(place, values)
    reasons = " ".join(result.failures.values())
    assert not result.succeeded
    assert "it said" in reasons
    assert TOKEN not in reasons + place.files()
    assert up(place).succeeded
    assert in_sync(place)


def test_who_has_the_stack_is_named_to_those_who_would_change_it(place: Place) -> None:
    with place.held("dev"):
        with pytest.raises(ConflictError, match="process"):
            up(place)
        with pytest.raises(ConflictError, match="process"):
            place.engine.down("dev", progress=QuietProgress())
        assert in_sync(place)
        assert all_same(place.engine.preview("dev", place.healthy, SECRETS))
    assert all_same(up(place))


def test_down_removes_everything_of_one_environment_and_nothing_else(place: Place) -> None:
    assert up(place, place.small("other"), "other").succeeded
    assert [item.environment for item in place.engine.stacks()] == ["dev", "other"]
    result = place.engine.down("other", progress=QuietProgress())
    assert result.succeeded
    assert result.count(StepOperation.DELETE) == len(result.changes) > 0
    assert place.runtime.parts(place.project, "other") == []
    assert place.runtime.sweep(place.project, "other") == []
    assert (place.engine.checksum("other"), place.engine.stack("other"), dict(place.engine.secrets("other"))) == (None, None, {})
    again = place.engine.down("other", progress=QuietProgress())
    assert (again.succeeded, again.changes) == (True, ())
    assert in_sync(place)
