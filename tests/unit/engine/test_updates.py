"""Programs on the embedded engine with a fake provider: what is made, changed, replaced, kept and removed."""

from __future__ import annotations

import _thread
import json
import threading
import time
from pathlib import Path
from typing import Any

import pulumi
import pytest

from liftlock_engine import EngineError, Operation, RefusedError, StackName
from liftlock_engine.providers.port import ProviderError
from tests.fakes.things import Thing, Things
from tests.unit.engine.conftest import STACK, Desk


def options(**stated: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(**stated)


def test_an_update_makes_what_the_program_declares_and_exports(desk: Desk) -> None:
    def program() -> None:
        thing = Thing("a", name="a", size=3)
        pulumi.export("size", thing.size)

    result = desk.up(program)
    assert (result.succeeded, result.changes, result.outputs) == (True, {"create": 2}, {"size": 3})
    assert desk.names == ["a"]


def test_no_change_writes_nothing_but_its_history(desk: Desk) -> None:
    def program() -> None:
        Thing("a", name="a")
        Thing("b", size=2)

    def files() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in desk.folder.rglob("*") if path.is_file()}

    desk.up(program)
    before = files()
    result = desk.up(program)
    assert result.changes == {"same": 3}
    after = files()
    assert {path: after[path] for path in before} == before
    new = {path.relative_to(desk.folder / "state" / ".pulumi").parts[0] for path in after.keys() - before.keys()}
    assert new == {"history", "backups"}


def test_a_preview_changes_nothing_and_knows_what_it_cannot_know(desk: Desk) -> None:
    def program() -> None:
        thing = Thing("a", name="a")
        Thing("b", name="b", uses=thing.id)

    result = desk.run(Operation.PREVIEW, program)
    assert (result.succeeded, result.changes) == (True, {"create": 3})
    assert desk.names == []
    assert not (desk.folder / "state").exists()


def test_a_replacement_that_must_go_first_takes_its_dependents_along(desk: Desk) -> None:
    def program(kind: str) -> Any:
        def declare() -> None:
            thing = Thing("base", name="base", kind=kind)
            Thing("user", name="user", uses=thing.id)
            Thing("beside", name="beside", opts=options(depends_on=[thing]))

        return declare

    desk.up(program("old"))
    result = desk.up(program("new"))
    assert (result.succeeded, result.changes) == (True, {"replace": 2, "same": 2})
    assert desk.ops("base") == ["delete-replaced", "replace", "create-replacement"]
    assert desk.ops("user") == ["delete-replaced", "replace", "create-replacement"]
    assert desk.names == ["base", "beside", "user"]
    assert not any(state.pending_replacement or state.delete for state in desk.engine.stack(STACK).resources)  # type: ignore[union-attr]


def test_a_replacement_with_a_new_name_is_made_before_the_old_one_goes(desk: Desk) -> None:
    alive: list[list[str]] = []
    desk.things.hook = lambda verb, urn: alive.append(desk.names) if verb == "delete" else None
    desk.up(lambda: Thing("a", name="first"))
    result = desk.up(lambda: Thing("a", name="second"))
    assert (result.succeeded, result.changes) == (True, {"replace": 1, "same": 1})
    assert alive == [["first", "second"]]
    assert desk.ops("a") == ["create-replacement", "replace", "delete-replaced"]
    assert desk.names == ["second"]


def test_the_programs_own_delete_before_replace_goes_before_the_providers(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="first"))
    desk.up(lambda: Thing("a", name="second", opts=options(delete_before_replace=True)))
    assert desk.ops("a") == ["delete-replaced", "replace", "create-replacement"]
    desk.up(lambda: Thing("b", kind="x"))
    desk.up(lambda: Thing("b", kind="y", opts=options(delete_before_replace=False)))
    assert desk.ops("b") == ["create-replacement", "replace", "delete-replaced"]


def test_an_autonamed_resource_keeps_its_name_until_it_is_replaced(desk: Desk) -> None:
    desk.up(lambda: Thing("a", kind="x"))
    (first,) = desk.names
    desk.up(lambda: Thing("a", kind="x", size=2))
    assert desk.names == [first]
    desk.up(lambda: Thing("a", kind="y"))
    assert desk.names != [first] and desk.names[0].startswith("a-")


def test_what_leaves_the_program_goes_after_what_needs_it(desk: Desk) -> None:
    gone: list[str] = []
    desk.things.hook = lambda verb, urn: gone.append(urn.rsplit("::", 1)[1]) if verb == "deleted" else None

    def program() -> None:
        a = Thing("a", name="a")
        b = Thing("b", name="b", uses=a.id)
        Thing("c", name="c", opts=options(depends_on=[b]))

    desk.up(program)
    result = desk.up(lambda: None)
    assert (result.changes, gone, desk.names) == ({"delete": 3, "same": 1}, ["c", "b", "a"], [])


def test_a_failure_stops_what_needs_it_and_nothing_else(desk: Desk) -> None:
    def fail(verb: str, urn: str) -> None:
        if verb == "create" and urn.endswith("::bad"):
            raise ProviderError("the world has no room")

    def program() -> None:
        bad = Thing("bad", name="bad")
        Thing("after", name="after", uses=bad.id)
        Thing("later", name="later", opts=options(depends_on=[bad]))
        Thing("beside", name="beside")

    desk.things.hook = fail
    result = desk.up(program)
    assert not result.succeeded
    assert {urn.rsplit("::", 1)[1]: why for urn, why in result.failures.items()} == {"bad": "the world has no room"}
    assert sorted(urn.rsplit("::", 1)[1] for urn in result.skipped) == ["after", "later"]
    assert desk.names == ["beside"]
    desk.things.hook = lambda verb, urn: None
    assert desk.up(program).changes == {"create": 3, "same": 2}


def test_after_a_failure_nothing_is_deleted(desk: Desk) -> None:
    desk.up(lambda: Thing("old", name="old"))
    result = desk.up(lambda: Thing("wrong", name="wrong", size=-1))
    assert "a size is not negative" in result.error
    assert desk.names == ["old"]


def test_a_program_that_raises_is_told_with_its_own_line(desk: Desk) -> None:
    def program() -> None:
        Thing("a", name="a")
        raise ValueError("no such harbour")

    result = desk.up(program)
    assert not result.succeeded
    assert "ValueError: no such harbour" in result.error
    assert f"{Path(__file__).name}:" in result.error and "in program: raise ValueError" in result.error
    assert "site-packages" not in result.error


def test_a_missing_setting_is_told_by_its_name(desk: Desk) -> None:
    result = desk.run(Operation.PREVIEW, lambda: pulumi.Config().require("port"))
    assert "Missing required configuration variable 'shop:port'" in result.error


def test_two_resources_of_one_name_are_refused(desk: Desk) -> None:
    def program() -> None:
        Thing("a", size=1)
        Thing("a", size=2)

    result = desk.up(program)
    assert "Duplicate resource URN 'urn:pulumi:dev::shop::fake:index:Thing::a'; try giving it a unique name" in result.error
    assert len(result.diagnostics) == 1


def test_a_resource_of_another_package_is_refused_by_name(desk: Desk) -> None:
    def program() -> None:
        pulumi.CustomResource("aws:s3/bucket:Bucket", "files")

    result = desk.up(program)
    assert "no provider for the package `aws` (it has: fake)" in result.error
    assert "Pulumi CLI" in result.error


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ({"state_migrations": [lambda args: None]}, "state migrations"),
        ({"custom_timeouts": pulumi.CustomTimeouts(create="soon")}, "'soon' is no duration"),
    ],
)
def test_options_that_the_engine_does_not_have_are_refused_by_name(desk: Desk, stated: dict[str, Any], named: str) -> None:
    result = desk.up(lambda: Thing("a", name="a", opts=options(**stated)))
    assert named in result.error
    assert desk.names == []


def test_assets_are_refused_by_name(desk: Desk) -> None:
    result = desk.up(lambda: Thing("a", name="a", source=pulumi.StringAsset("text")))
    assert "does not support assets" in result.error


def test_a_protected_resource_is_neither_deleted_nor_replaced(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a", kind="x", opts=options(protect=True)))
    assert "protected" in desk.up(lambda: Thing("a", name="a", kind="y", opts=options(protect=True))).error
    assert "protected" in desk.up(lambda: None).error
    assert "protected" in desk.run(Operation.DESTROY).error
    assert desk.names == ["a"]
    desk.up(lambda: Thing("a", name="a", kind="x"))
    assert desk.run(Operation.DESTROY).succeeded


def test_a_retained_resource_is_forgotten_and_stays(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a", opts=options(retain_on_delete=True)))
    assert desk.up(lambda: None).changes == {"delete": 1, "same": 1}
    assert desk.names == ["a"]


def test_ignored_changes_do_not_happen(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a", size=1))
    result = desk.up(lambda: Thing("a", name="a", size=2, opts=options(ignore_changes=["size"])))
    assert result.changes == {"same": 2}
    assert desk.things.objects()["a"]["inputs"]["size"] == 1


def test_replace_on_changes_makes_an_update_a_replacement(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a", size=1))
    result = desk.up(lambda: Thing("a", name="a", size=2, opts=options(replace_on_changes=["size"])))
    assert result.changes == {"replace": 1, "same": 1}


def test_an_alias_continues_what_was_recorded_under_another_name(desk: Desk) -> None:
    def first() -> None:
        old = Thing("old", name="a")
        Thing("user", name="user", uses=old.id)

    def second() -> None:
        new = Thing("new", name="a", opts=options(aliases=[pulumi.Alias(name="old")]))
        Thing("user", name="user", uses=new.id)

    desk.up(first)
    assert desk.up(second).changes == {"same": 3}
    assert "::old" not in desk.state.read_text()


def test_a_resource_that_goes_back_to_its_former_name_finds_what_it_left_behind_there(desk: Desk) -> None:
    def program(now: str, former: str, name: str, broken: bool = False) -> Any:
        def declared() -> None:
            Thing(now, name=name, opts=options(aliases=[pulumi.Alias(name=former)]))
            if broken:
                raise RuntimeError("the program ends here")

        return declared

    desk.up(program("one", "two", name="a"))
    assert not desk.up(program("two", "one", name="b", broken=True)).succeeded  # b is made, and a is still to be removed
    assert desk.names == ["a", "b"]
    result = desk.up(program("one", "two", name="a"))
    assert result.succeeded, result.error
    assert desk.names == ["a"]


def test_what_used_an_object_goes_before_it_also_where_its_resource_was_renamed_and_replaced(desk: Desk) -> None:
    def first() -> None:
        user = Thing("user", uses=Thing("old", name="a").id)
        Thing("its user", uses=user.id)

    desk.up(first)
    result = desk.up(lambda: Thing("new", name="b", opts=options(aliases=[pulumi.Alias(name="old")])))
    assert result.succeeded, result.error
    assert desk.names == ["b"]


def test_the_object_that_a_renamed_resource_had_goes_under_its_former_name(desk: Desk) -> None:
    desk.up(lambda: Thing("old", name="a"))
    result = desk.up(lambda: Thing("new", name="b", opts=options(aliases=[pulumi.Alias(name="old")])))
    told = [(step.op, step.urn.rsplit("::", 1)[1]) for step in result.steps if step.op != "same"]
    assert told == [("create-replacement", "new"), ("replace", "new"), ("delete-replaced", "old")]


def test_a_parents_alias_holds_for_its_children(desk: Desk) -> None:
    class Group(pulumi.ComponentResource):
        def __init__(self, name: str, token: str, opts: pulumi.ResourceOptions | None = None) -> None:
            super().__init__(token, name, None, opts)
            Thing(f"{name}-part", name="part", opts=options(parent=self))

    desk.up(lambda: Group("red", "shop:index:Group"))
    renamed = options(aliases=[pulumi.Alias(name="red", type_="shop:index:Group")])
    assert desk.up(lambda: Group("blue", "shop:index:Team", renamed)).changes == {"same": 3}


def test_a_resource_deleted_with_another_is_left_to_it(desk: Desk) -> None:
    def program() -> None:
        whole = Thing("whole", name="whole")
        Thing("part", name="part", opts=options(deleted_with=whole))

    desk.up(program)
    deleted: list[str] = []
    desk.things.hook = lambda verb, urn: deleted.append(urn.rsplit("::", 1)[1]) if verb == "delete" else None
    assert desk.run(Operation.DESTROY).changes == {"delete": 3}
    assert deleted == ["whole"]


def test_components_outputs_and_references_reach_the_state(desk: Desk) -> None:
    class Pair(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__("shop:index:Pair", name, {"count": 2})
            self.left = Thing(f"{name}-left", name="left", opts=options(parent=self))
            self.register_outputs({"left": self.left.name, "thing": self.left})

    assert desk.up(lambda: Pair("p")).succeeded
    pair = next(state for state in desk.engine.stack(STACK).resources if state.type == "shop:index:Pair")  # type: ignore[union-attr]
    assert (pair.inputs, pair.outputs["left"]) == ({"count": 2}, "left")
    assert "Pair$fake:index:Thing::p-left" in json.dumps(pair.outputs["thing"])


def test_reads_and_functions_answer(desk: Desk) -> None:
    desk.things.put("x-1", "elsewhere", {"name": "x", "size": 7})

    def program() -> None:
        found = Thing("theirs", opts=options(id="x-1"))
        pulumi.export("size", found.size)
        pulumi.export("count", pulumi.runtime.invoke_output("fake:index:count", {}).apply(lambda found: found["count"]))

    result = desk.up(program)
    assert result.outputs == {"size": 7, "count": 1}
    assert desk.run(Operation.DESTROY).changes == {"delete": 1, "discard": 1}
    assert desk.names == ["x"]


def test_an_existing_object_is_imported_and_then_made_as_declared(desk: Desk) -> None:
    desk.things.put("y-1", "elsewhere", {"name": "y", "size": 7})
    assert desk.up(lambda: Thing("mine", name="y", size=8, opts=options(import_="y-1"))).changes == {"create": 1, "import": 1, "update": 1}
    desk.up(lambda: None)
    desk.things.put("x-1", "elsewhere", {"name": "x", "size": 7})
    assert desk.up(lambda: Thing("mine", name="x", size=7, opts=options(import_="x-1"))).changes == {"import": 1, "same": 1}
    assert desk.up(lambda: Thing("mine", name="x", size=9)).changes == {"same": 1, "update": 1}


def test_independent_resources_are_made_side_by_side(desk: Desk) -> None:
    together = threading.Barrier(4, timeout=20)
    desk.things.hook = lambda verb, urn: together.wait() if verb in ("create", "delete") else None

    def program() -> None:
        for number in range(4):
            Thing(f"t{number}", name=f"t{number}")

    assert desk.up(program).succeeded
    assert desk.run(Operation.DESTROY).succeeded


def test_several_stacks_run_side_by_side(tmp_path: Path, desk: Desk) -> None:
    together = threading.Barrier(3, timeout=20)
    desk.things.hook = lambda verb, urn: together.wait() if verb == "create" else None
    results: list[bool] = []

    def run(name: str) -> None:
        def program() -> None:
            Thing(name, name=f"{pulumi.get_stack()}-{name}")

        results.append(desk.engine.run(Operation.UP, StackName("shop", name), program).succeeded)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True, True, True]
    assert desk.names == ["one-one", "three-three", "two-two"]


def test_cancelling_lets_running_steps_finish_and_starts_nothing_new(desk: Desk) -> None:
    cancel = threading.Event()
    desk.things.hook = lambda verb, urn: cancel.set() if verb == "created" and urn.endswith("::first") else None

    def program() -> None:
        first = Thing("first", name="first")
        Thing("second", name="second", uses=first.id)

    result = desk.engine.run(Operation.UP, STACK, program, cancel=cancel)
    assert (result.succeeded, result.cancelled) == (False, True)
    assert desk.names == ["first"]
    assert [state.urn.rsplit("::", 1)[1] for state in desk.engine.stack(STACK).resources if state.managed] == ["first"]  # type: ignore[union-attr]
    desk.things.hook = lambda verb, urn: None
    assert desk.up(program).changes == {"create": 1, "same": 2}


def test_control_c_is_a_cancel(desk: Desk) -> None:
    desk.things.hook = lambda verb, urn: _thread.interrupt_main() if verb == "created" else time.sleep(0)

    def program() -> None:
        first = Thing("first", name="first")
        first.id.apply(lambda _: time.sleep(0.5))
        Thing("second", name="second", uses=first.id)

    result = desk.up(program)
    assert (result.succeeded, result.cancelled, desk.things.cancelled.is_set()) == (False, True, True)
    desk.things.hook = lambda verb, urn: None
    assert desk.up(program).succeeded
    assert desk.names == ["first", "second"]


def test_a_bug_in_a_provider_is_raised_and_what_was_begun_stays_on_record(desk: Desk) -> None:
    def hook(verb: str, urn: str) -> None:
        if verb == "created":
            raise ZeroDivisionError("a bug")

    desk.things.hook = hook
    with pytest.raises(ZeroDivisionError):
        desk.up(lambda: Thing("a", name="a"))
    assert desk.engine.stack(STACK).pending == 1  # type: ignore[union-attr]
    desk.things.hook = lambda verb, urn: None
    result = desk.up(lambda: Thing("a", name="a"))
    assert result.succeeded and desk.names == ["a"]
    assert any("cut off while it made fake:Thing a" in item.message for item in result.diagnostics)


def test_a_listener_that_raises_ends_the_run(desk: Desk) -> None:
    def listen(event: object) -> None:
        raise LookupError("broken listener")

    with pytest.raises(LookupError):
        desk.engine.run(Operation.UP, STACK, lambda: Thing("a", name="a"), on_event=listen)
    assert desk.names == []


def test_a_state_with_resources_of_another_package_is_refused_before_anything_happens(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a"))
    desk.engine.providers = {"docker": Things(desk.folder / "other")}
    with pytest.raises(RefusedError, match="package `fake`"):
        desk.run(Operation.DESTROY)
    assert desk.names == ["a"]


def test_an_update_needs_a_program(desk: Desk) -> None:
    with pytest.raises(EngineError, match="needs a program"):
        desk.run(Operation.UP)


def test_an_explicit_provider_serves_its_resources(desk: Desk) -> None:
    class FakeProvider(pulumi.ProviderResource):
        def __init__(self, name: str, **inputs: Any) -> None:
            super().__init__("fake", name, inputs, pulumi.ResourceOptions(version="1.2.3"))

    def program() -> None:
        provider = FakeProvider("mine")
        Thing("a", name="a", opts=options(provider=provider))

    assert desk.up(program).changes == {"create": 3}
    state = next(state for state in desk.engine.stack(STACK).resources if state.managed)  # type: ignore[union-attr]
    assert "::pulumi:providers:fake::mine::" in state.provider
    assert desk.up(program).changes == {"same": 3}
    refused = desk.up(lambda: Thing("a", name="a", opts=options(provider=FakeProvider("mine", host="far"))))
    assert "takes no options (given: host)" in refused.error


def test_a_rename_beside_it_does_not_cost_a_resource_its_object(desk: Desk) -> None:
    """The user no longer needs what is renamed, so the two register at once; the recorded state of the user still names it."""
    renamed = threading.Event()

    def first() -> None:
        old = Thing("old", name="a")
        Thing("user", name="user", size=1, opts=options(depends_on=[old]))

    def second() -> None:
        user = Thing("user", name="user", size=2)
        new = Thing("new", name="a", opts=options(aliases=[pulumi.Alias(name="old")]))
        new.urn.apply(lambda _: renamed.set())
        pulumi.export("size", user.size)

    desk.up(first)
    desk.things.hook = lambda verb, urn: renamed.wait(20) if verb == "update" else None
    assert desk.up(second).changes == {"same": 2, "update": 1}
    assert (desk.names, desk.recorded("user").id.startswith("user-")) == (["a", "user"], True)
