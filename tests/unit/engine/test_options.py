"""Resource options, providers, reads and imports. tests/conformance/test_features.py compares the same with the real engine."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from liftlock_engine import ConfigValue, Operation
from liftlock_engine.paths import parse_path, write_path
from liftlock_engine.providers.port import UnreachableError
from tests.conformance.features.turns import FakeProvider, opts
from tests.fakes.things import Thing
from tests.fakes.things_plugin import refuse, refusing
from tests.unit.engine.conftest import Desk

PROJECT = Path(__file__).parents[3]
ENGINE_PAGE, FEATURES = PROJECT / "docs" / "engines.md", PROJECT / "tests" / "conformance" / "features"


def test_a_changed_replacement_trigger_replaces(desk: Desk) -> None:
    def with_trigger(trigger: Any) -> Any:
        return lambda: Thing("a", opts=opts(replacement_trigger=trigger))

    desk.up(with_trigger(None))
    changes = [desk.up(with_trigger(trigger)).changes for trigger in ("one", "two", "two", None)]
    assert changes == [{"same": 2}, {"replace": 1, "same": 1}, {"same": 2}, {"same": 2}]


@pytest.mark.parametrize("first", [True, False])
def test_replace_with_follows_the_other_resource(desk: Desk, first: bool) -> None:
    def program(name: str) -> Any:
        def declare() -> None:
            base = Thing("base", name=name, opts=opts(delete_before_replace=first))
            Thing("user", opts=opts(replace_with=[base]))

        return declare

    desk.up(program("one"))
    assert desk.up(program("two")).changes == {"replace": 2, "same": 1}
    assert desk.recorded("user").replace_with == (desk.recorded("base").urn,)


def test_what_needs_a_follower_of_replace_with_goes_before_it(desk: Desk) -> None:
    def program(name: str) -> Any:
        def declare() -> None:
            base = Thing("base", name=name, opts=opts(delete_before_replace=True))
            user = Thing("user", opts=opts(replace_with=[base]))
            Thing("last", uses=user.id)

        return declare

    desk.up(program("one"))
    assert desk.up(program("two")).changes == {"replace": 3, "same": 1}


def test_hidden_differences_happen_and_are_not_shown(desk: Desk) -> None:
    def program(size: int) -> Any:
        return lambda: Thing("a", name="a", size=size, kind="x", opts=opts(hide_diffs=["size"]))

    desk.up(program(1))
    result = desk.up(program(2))
    (step,) = [step for step in result.steps if step.op == "update"]
    assert (desk.things.objects()["a"]["inputs"]["size"], step.diff) == (2, {})


@pytest.mark.parametrize("text", ["size", 'labels["a.b"]', "ports[0].inner", "envs[*]", "a.b.c"])
def test_paths_are_written_as_they_are_read(text: str) -> None:
    assert write_path(parse_path(text)) == text


def test_what_is_read_after_the_stack_made_it_is_given_up_or_replaced(desk: Desk) -> None:
    desk.things.put("x-1", "elsewhere", {"name": "x", "size": 7})
    desk.up(lambda: Thing("a", name="a"))
    assert desk.up(lambda: Thing("a", opts=opts(id="x-1"))).changes == {"replace": 1, "same": 1}
    assert desk.ops("a") == ["read-replacement", "replace", "delete-replaced"]
    assert desk.names == ["x"]
    assert desk.up(lambda: Thing("a", name="mine")).changes == {"replace": 1, "same": 1}
    assert desk.ops("a") == ["create-replacement", "replace", "discard-replaced"]
    assert desk.names == ["mine", "x"]
    own = desk.recorded("a").id
    desk.up(lambda: Thing("a", opts=opts(id=own)))
    assert (desk.recorded("a").external, desk.ops("a")) == (True, ["read"])


def test_an_import_of_another_id_takes_the_place_of_what_was_there(desk: Desk) -> None:
    desk.things.put("x-1", "elsewhere", {"name": "x", "size": 7})
    desk.up(lambda: Thing("a", name="a"))
    result = desk.up(lambda: Thing("a", name="x", size=7, opts=opts(import_="x-1")))
    assert result.changes == {"replace": 1, "same": 1}
    assert desk.ops("a") == ["import-replacement", "replace", "delete-replaced"]
    assert (desk.names, desk.recorded("a").import_id) == (["x"], "x-1")


def test_what_was_imported_is_not_replaced_while_it_says_so(desk: Desk) -> None:
    desk.things.put("x-1", "elsewhere", {"name": "x", "size": 7})
    result = desk.up(lambda: Thing("a", name="other", size=7, opts=opts(import_="x-1")))
    assert "previously-imported resources that still specify an ID may not be replaced" in result.error
    assert desk.names == ["x"]


def test_protection_that_the_program_takes_off_does_not_stop_the_replacement_of_the_same_run(desk: Desk) -> None:
    desk.up(lambda: Thing("a", kind="x", opts=opts(protect=True)))
    assert desk.up(lambda: Thing("a", kind="y")).changes == {"replace": 1, "same": 1}


def test_children_inherit_settings_and_providers(desk: Desk) -> None:
    def program() -> None:
        first = Thing("first", name="first")
        provider = FakeProvider("other")
        group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(protect=True, providers=[provider], deleted_with=first))
        inner = pulumi.ComponentResource("shop:index:Inner", "i", None, opts(parent=group))
        Thing("a", name="a", opts=opts(parent=inner))

    desk.up(program)
    child = desk.recorded("a")
    assert (child.protect, child.deleted_with, child.provider_urn.endswith("::other")) == (True, desk.recorded("first").urn, True)


def test_default_providers_can_be_switched_off(desk: Desk) -> None:
    config = {"pulumi:disable-default-providers": ConfigValue('["fake"]')}
    result = desk.up(lambda: Thing("a", name="a"), config=config)
    assert "Default provider for 'fake' disabled" in result.error
    assert desk.names == []


@pytest.mark.parametrize("option", ["ignore_changes", "replace_on_changes", "hide_diffs"])
@pytest.mark.parametrize("path", ["labels[", "", "a..b"])
def test_a_path_that_is_none_is_refused_by_its_option(desk: Desk, option: str, path: str) -> None:
    result = desk.up(lambda: Thing("a", name="a", opts=opts(**{option: [path]})))
    assert (f"::a: {option}: " in result.error, desk.names) == (True, [])
    assert "Write it like `envs[0]`" in result.error


@pytest.mark.parametrize("part", ["create", "update", "delete", "read"])
def test_a_time_that_is_none_is_refused(desk: Desk, part: str) -> None:
    result = desk.up(lambda: Thing("a", name="a", opts=opts(custom_timeouts=pulumi.CustomTimeouts(**{part: "soon"}))))
    assert ("'soon' is no duration for custom_timeouts" in result.error, desk.names) == (True, [])


def test_one_recorded_resource_is_continued_by_one(desk: Desk) -> None:
    def both(*, second: str) -> Any:
        def declare() -> None:
            first = Thing("x", name="one", opts=opts(aliases=[pulumi.Alias(name="old")]))
            Thing(second, name="two", opts=opts(aliases=[pulumi.Alias(name="old")], depends_on=[first]))

        return declare

    desk.up(lambda: Thing("old", name="one"))
    result = desk.up(both(second="y"))
    assert "Duplicate resource alias 'urn:pulumi:dev::shop::fake:index:Thing::old' applied to resource with URN" in result.error
    desk.up(lambda: Thing("old", name="one", opts=opts(aliases=[pulumi.Alias(name="x")])))
    result = desk.up(both(second="old"))
    assert "Duplicate resource URN 'urn:pulumi:dev::shop::fake:index:Thing::old' conflicting with alias on resource" in result.error
    assert desk.names == ["one"]


@pytest.mark.parametrize(("rule", "op"), [("labels", "replace"), ("labels.a", "update"), ("*", "replace")])
def test_a_rule_replaces_where_it_covers_all_of_a_change(desk: Desk, rule: str, op: str) -> None:
    desk.up(lambda: Thing("a", name="a", labels={"a": 1}))
    assert op in desk.up(lambda: Thing("a", name="a", labels={"a": 2}, opts=opts(replace_on_changes=[rule]))).changes


def test_a_preview_shows_the_replacement_that_protection_will_stop(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="one", opts=opts(protect=True)))
    result = desk.run(Operation.PREVIEW, lambda: Thing("a", name="two", opts=opts(protect=True)))
    assert ("cannot be replaced\nbecause it is protected" in result.error, result.changes) == (True, {"replace": 1, "same": 1})
    result = desk.up(lambda: Thing("a", name="two", opts=opts(protect=True)))
    assert ("cannot be replaced\nbecause it is protected" in result.error, result.changes) == (True, {"same": 1})
    assert desk.names == ["one"]


def test_a_replacement_that_was_cut_short_says_why_it_is_done(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a", kind="x"))
    desk.things.hook = refusing(desk.things.world)
    refuse(desk.things.world, "create", "a", 1)
    assert not desk.up(lambda: Thing("a", name="a", kind="y")).succeeded
    result = desk.up(lambda: Thing("a", name="a", kind="y"))
    assert desk.ops("a") == ["replace", "create-replacement"]
    assert [tuple(step.diff) for step in result.steps if step.op == "replace"] == [("kind",)]


def test_each_step_has_the_time_that_the_program_gives_it(desk: Desk) -> None:
    def program(size: int) -> Any:
        return lambda: Thing(
            "a", name="a", size=size, opts=opts(custom_timeouts=pulumi.CustomTimeouts(create="1m30s", update="2m", delete="1h"))
        )

    desk.up(program(1))
    desk.up(program(2))
    desk.run(Operation.DESTROY)
    assert desk.things.timeouts() == ["create 90", "update 120", "delete 3600"]


def documented(part: str) -> set[str]:
    """The options that the page about the engines names: in its table (`| resource options`) or among what is refused (`- the options`)."""
    (line,) = [line for line in ENGINE_PAGE.read_text().splitlines() if line.startswith(part)]
    return set(re.findall(r"`(\w+)`", line))


def test_the_docs_say_of_every_resource_option_whether_it_is_supported() -> None:
    stated = set(inspect.signature(pulumi.ResourceOptions).parameters)
    assert stated - documented("| resource options") - documented("- the options") == set()


def test_every_supported_option_is_in_a_program_that_both_engines_run() -> None:
    programs = "".join(path.read_text() for path in sorted(FEATURES.glob("*.py")))
    assert {name for name in documented("| resource options") if f"{name}=" not in programs} == set()


@pytest.mark.parametrize("when", ["create", "created"])
def test_what_was_promised_to_be_kept_is_not_taken_for_what_a_cut_off_create_left(desk: Desk, when: str) -> None:
    def program() -> None:
        Thing("a", pulumi.ResourceOptions(retain_on_delete=True), name="a")

    def silence(verb: str, urn: str) -> None:
        if verb == when and urn.endswith("::a"):
            raise UnreachableError("no answer")

    if when == "create":
        desk.up(program)
        desk.run(Operation.DESTROY)
        assert desk.names == ["a"]
    kept = desk.things.objects()
    desk.things.hook = silence
    assert not desk.up(program).succeeded
    desk.things.hook = lambda verb, urn: None
    result = desk.up(program)
    if kept:
        assert "the name a is taken" in str(result.failures)
        assert desk.things.objects() == kept
    else:
        assert result.succeeded and desk.names == ["a"]
