"""Hooks around the steps of a resource. tests/conformance/test_features.py compares the same with the real engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from liftlock_engine import EventKind, Operation
from liftlock_engine.callbacks import CallbackError, Callbacks
from liftlock_engine.providers.port import ProviderError
from tests.conformance.features.turns import opts
from tests.fakes.things import Thing
from tests.unit.engine.conftest import Desk


def test_hooks_see_each_step_of_their_resource_and_are_recorded(desk: Desk) -> None:
    seen: list[tuple[str, Any, Any]] = []

    def program(size: int, *, there: bool) -> Any:
        def declare() -> None:
            def hook(name: str) -> pulumi.ResourceHook:
                def run(args: pulumi.ResourceHookArgs) -> None:
                    seen.append((name, (args.old_inputs or {}).get("size"), (args.new_inputs or {}).get("size")))

                return pulumi.ResourceHook(name, run)

            binding = pulumi.ResourceHookBinding(
                before_create=[hook("before create")],
                after_update=[hook("after update")],
                before_delete=[hook("before delete")],
                after_delete=[hook("after delete")],
            )
            if there:
                Thing("a", name="a", size=size, opts=opts(hooks=binding))

        return declare

    desk.run(Operation.PREVIEW, program(1, there=True))
    assert seen == []
    desk.up(program(1, there=True))
    desk.up(program(2, there=True))
    assert desk.recorded("a").hooks["BeforeDelete"] == ("before delete",)
    assert desk.up(program(0, there=False)).changes == {"delete": 1, "same": 1}
    assert seen == [("before create", None, 1), ("after update", 1, 2), ("before delete", 2, None), ("after delete", 2, None)]


def hooked(before: bool, fails: bool) -> Any:
    def declare() -> None:
        def run(args: pulumi.ResourceHookArgs) -> None:
            if fails:
                raise ValueError("not now")

        hook = pulumi.ResourceHook("look", run)
        binding = pulumi.ResourceHookBinding(before_create=[hook]) if before else pulumi.ResourceHookBinding(after_create=[hook])
        Thing("a", name="a", opts=opts(hooks=binding))

    return declare


def test_a_hook_that_fails_before_a_step_prevents_it_and_one_after_it_fails_the_run(desk: Desk) -> None:
    result = desk.up(hooked(before=True, fails=True))
    assert ('before hook "look" failed: not now' in result.error, desk.names) == (True, [])
    result = desk.up(hooked(before=False, fails=True))
    assert ('after hook "look" failed: not now' in result.error, desk.names) == (True, ["a"])
    assert desk.up(hooked(before=False, fails=False)).changes == {"same": 2}


def test_a_hook_that_fails_after_a_removal_keeps_the_successor_for_the_next_run(desk: Desk) -> None:
    def program(kind: str, *, fails: bool) -> Any:
        def declare() -> None:
            def run(args: pulumi.ResourceHookArgs) -> None:
                if fails:
                    raise ValueError("not now")

            binding = pulumi.ResourceHookBinding(after_delete=[pulumi.ResourceHook("look", run)])
            Thing("a", name="a", kind=kind, opts=opts(hooks=binding))

        return declare

    desk.up(program("x", fails=False))
    result = desk.up(program("y", fails=True))
    assert ('after hook "look" failed: not now' in result.error, desk.names) == (True, [])
    assert desk.up(program("y", fails=False)).changes == {"replace": 1, "same": 1}
    assert desk.names == ["a"]


def test_a_hook_may_run_in_a_preview_and_fail_it(desk: Desk) -> None:
    def program() -> None:
        def run(args: pulumi.ResourceHookArgs) -> None:
            raise ValueError("not now")

        hook = pulumi.ResourceHook("look", run, pulumi.ResourceHookOptions(on_dry_run=True))
        Thing("a", name="a", opts=opts(hooks=pulumi.ResourceHookBinding(before_create=[hook])))

    result = desk.run(Operation.PREVIEW, program)
    assert 'before hook "look" failed: not now' in result.error
    assert [event for event in desk.events if event.kind is EventKind.RES_OP_FAILED] == []


def test_a_destroy_does_not_delete_what_has_hooks_that_no_program_registers(desk: Desk) -> None:
    def program() -> None:
        hook = pulumi.ResourceHook("look", lambda args: None)
        Thing("a", name="a", opts=opts(hooks=pulumi.ResourceHookBinding(before_delete=[hook])))

    desk.up(program)
    result = desk.run(Operation.DESTROY)
    assert ('hook "look" was not registered' in result.error, desk.names) == (True, ["a"])


@pytest.mark.parametrize(("again", "made"), [(True, ["a"]), (False, [])])
def test_an_error_hook_decides_whether_a_failed_step_is_tried_again(desk: Desk, again: bool, made: list[str]) -> None:
    refused: list[str] = []

    def refuse(verb: str, urn: str) -> None:
        if verb == "create" and len(refused) < 2:
            refused.append(urn)
            raise ProviderError("the world refuses")

    def program() -> None:
        hook = pulumi.ErrorHook("again", lambda args: again)
        Thing("a", name="a", opts=opts(hooks=pulumi.ResourceHookBinding(on_error=[hook])))

    desk.things.hook = refuse
    result = desk.up(program)
    assert (result.succeeded, desk.names) == (again, made)
    assert not json.loads(desk.state.read_text())["checkpoint"]["latest"].get("pending_operations")


class Silent(callback_pb2_grpc.CallbacksServicer):
    """A program that does not answer before it is told to."""

    def __init__(self) -> None:
        self.answer = threading.Event()

    def Invoke(self, request: callback_pb2.CallbackInvokeRequest, context: object) -> callback_pb2.CallbackInvokeResponse:  # noqa: N802
        """Answers late."""
        self.answer.wait()
        return callback_pb2.CallbackInvokeResponse()


@pytest.fixture
def silent() -> Iterator[tuple[Silent, callback_pb2.Callback]]:
    """A program that does not answer, and a function of it."""
    program = Silent()
    with futures.ThreadPoolExecutor(max_workers=2) as pool:
        server: Any = grpc.server(pool)
        callback_pb2_grpc.add_CallbacksServicer_to_server(program, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield program, callback_pb2.Callback(target=f"127.0.0.1:{port}", token="a function")
        program.answer.set()
        server.stop(grace=None).wait()


def test_a_function_of_the_program_that_does_not_answer_holds_no_ending_run(silent: tuple[Silent, callback_pb2.Callback]) -> None:
    callbacks = Callbacks(lambda: True, patience=0.1)
    with pytest.raises(CallbackError, match="the run is ending, and it did not answer"):
        callbacks.call(silent[1], resource_pb2.ResourceHookRequest(), resource_pb2.ResourceHookResponse)


def test_a_function_of_the_program_may_take_its_time_while_the_run_goes(silent: tuple[Silent, callback_pb2.Callback]) -> None:
    program, function = silent
    looks: list[bool] = []

    def looked() -> bool:
        looks.append(program.answer.is_set())
        program.answer.set()
        return False

    callbacks = Callbacks(looked, patience=0.1)
    assert not callbacks.call(function, resource_pb2.ResourceHookRequest(), resource_pb2.ResourceHookResponse).error
    assert looks[0] is False
