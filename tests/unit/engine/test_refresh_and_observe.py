"""What changed outside: seen, taken over, repaired; and never mistaken for deleted."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pulumi
import pytest

from liftlock_engine import EngineError, Operation, Presence
from liftlock_engine.providers.port import ProviderError
from tests.fakes.things import Thing
from tests.unit.engine.conftest import STACK, Desk


def three(size: int = 1) -> Any:
    def program() -> None:
        for name in ("gone", "changed", "same"):
            Thing(name, name=name, size=size)

    return program


def meddle(desk: Desk) -> None:
    """Somebody removes one thing and changes another."""
    (desk.things.world / "gone.json").unlink()
    change(desk, "changed", size=9)


def change(desk: Desk, name: str, **inputs: Any) -> None:
    found = desk.things.objects()[name]
    desk.things.put(found["id"], found["urn"], {**found["inputs"], **inputs})


def test_a_refresh_takes_over_what_is_there(desk: Desk) -> None:
    desk.up(three())
    meddle(desk)
    before = desk.state.read_bytes()
    preview = desk.run(Operation.PREVIEW_REFRESH)
    assert preview.changes == {"delete": 1, "same": 2, "update": 1}
    assert desk.state.read_bytes() == before
    result = desk.run(Operation.REFRESH)
    assert result.changes == preview.changes
    changed = next(step for step in result.steps if step.urn.endswith("::changed"))
    assert {path: item.kind.value for path, item in changed.diff.items()} == {"size": "update"}
    assert desk.run(Operation.REFRESH).changes == {"same": 3}


def test_an_update_with_refresh_repairs_what_was_changed_outside(desk: Desk) -> None:
    desk.up(three())
    meddle(desk)
    assert desk.up(three()).changes == {"same": 4}  # a plain update does not look
    result = desk.up(three(), refresh=True)
    assert result.changes == {"create": 1, "same": 2, "update": 1}
    assert desk.names == ["changed", "gone", "same"]
    assert desk.things.objects()["changed"]["inputs"]["size"] == 1
    before = desk.state.read_bytes()
    assert desk.up(three(), refresh=True).changes == {"same": 4}
    assert desk.state.read_bytes() == before


def test_an_object_made_anew_by_hand_is_taken_over_under_its_new_id(desk: Desk) -> None:
    desk.up(three())
    found = desk.things.objects()["same"]
    desk.things.put("same-by-hand", found["urn"], {**found["inputs"], "size": 4})
    result = desk.up(three(), refresh=True)
    assert result.changes == {"same": 3, "update": 1}
    state = next(state for state in desk.engine.stack(STACK).resources if state.urn.endswith("::same"))  # type: ignore[union-attr]
    assert (state.id, state.outputs["size"]) == ("same-by-hand", 1)


def test_an_unreachable_world_aborts_and_is_never_taken_for_deleted(desk: Desk) -> None:
    desk.up(three())
    before = desk.state.read_bytes()
    desk.things.reachable = False
    for result in (desk.run(Operation.REFRESH), desk.up(three(), refresh=True)):
        assert not result.succeeded
        assert "the world does not answer" in result.error
    assert desk.state.read_bytes() == before


def test_a_refresh_leaves_no_reference_to_what_is_gone(desk: Desk) -> None:
    def program() -> None:
        base = Thing("base", name="base")
        Thing("user", name="user", uses=base.id, opts=pulumi.ResourceOptions(depends_on=[base]))

    desk.up(program)
    (desk.things.world / "base.json").unlink()
    desk.run(Operation.REFRESH)
    assert "::base" not in desk.state.read_text()
    assert desk.up(program).changes == {"create": 1, "replace": 1, "same": 1}


def test_what_still_uses_a_superseded_object_keeps_its_reference_when_the_successor_is_gone(desk: Desk) -> None:
    def program(name: str) -> Any:
        def declared() -> None:
            base = Thing("base", name=name)
            Thing("user", uses=base.id)

        return declared

    def fails(verb: str, urn: str) -> None:
        if urn.endswith("::user"):
            raise ProviderError("no room")

    desk.up(program("one"))
    desk.things.hook = fails
    assert not desk.up(program("two")).succeeded  # the new base is made, and the user still uses the old one
    desk.things.hook = lambda verb, urn: None
    desk.things.remove("two")
    assert desk.run(Operation.REFRESH).succeeded
    assert desk.up(program("two")).succeeded
    assert [name.partition("-")[0] for name in desk.names] == ["two", "user"]


def test_observing_shows_declared_applied_and_live_and_writes_nothing(desk: Desk) -> None:
    desk.up(three())
    meddle(desk)
    before = fingerprint(desk)
    seen = {item.urn.rsplit("::", 1)[1]: item for item in desk.engine.observe(STACK, three(size=2))}
    assert fingerprint(desk) == before
    assert {name: item.presence for name, item in seen.items()} == {
        "gone": Presence.MISSING,
        "changed": Presence.PRESENT,
        "same": Presence.PRESENT,
    }
    changed = seen["changed"]
    assert [(values or {})["size"] for values in (changed.declared, changed.applied, changed.live)] == [2, 1, 9]
    assert not changed.recreated


def test_observing_says_unknown_where_it_cannot_look(desk: Desk) -> None:
    desk.up(three())
    desk.things.reachable = False
    seen = desk.engine.observe(STACK, three())
    assert {(item.presence, item.reason) for item in seen} == {(Presence.UNKNOWN, "the world does not answer")}


def test_observing_shows_what_is_declared_and_not_made_yet(desk: Desk) -> None:
    (seen,) = desk.engine.observe(STACK, lambda: Thing("a", name="a"))
    assert (seen.presence, seen.applied, seen.live) == (Presence.MISSING, None, None)
    assert seen.declared is not None and seen.declared["name"] == "a"
    assert not (desk.folder / "state").exists()


def test_observing_a_program_that_fails_is_an_error_not_a_clean_answer(desk: Desk) -> None:
    desk.up(three())

    def broken() -> None:
        raise ValueError("no harbour")

    with pytest.raises(EngineError, match="no harbour"):
        desk.engine.observe(STACK, broken)


def fingerprint(desk: Desk) -> str:
    files = {str(path): (path.read_bytes().hex(), path.stat().st_mtime_ns) for path in (desk.folder / "state").rglob("*") if path.is_file()}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
