"""The way between program and engine: calls as gRPC would make them, without a port."""

from __future__ import annotations

import threading
import time
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2_grpc

from liftlock_engine.in_process import CallError, linked

EMPTY = empty_pb2.Empty()


class Service(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers, refuses, and takes as long as a test wants."""

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: Any) -> str:  # noqa: N802
        return "here"

    def Call(self, request: empty_pb2.Empty, context: Any) -> None:  # noqa: N802
        context.abort(grpc.StatusCode.UNKNOWN, "not today")


def test_a_refusal_has_the_code_and_the_words_that_the_sdk_asks_for() -> None:
    with linked(Service(), Service()) as link, pytest.raises(grpc.RpcError) as raised:
        link.monitor.Call(EMPTY)
    assert (raised.value.code(), raised.value.details()) == (grpc.StatusCode.UNKNOWN, "not today")


def test_a_method_that_is_not_served_says_so() -> None:
    with linked(Service(), Service()) as link, pytest.raises(grpc.RpcError) as raised:
        link.monitor.ExistsResource(EMPTY)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_the_end_waits_for_the_calls_under_way_and_lets_no_new_one_in() -> None:
    entered = threading.Event()
    answered: list[grpc.StatusCode] = []

    class Slow(Service):
        def Invoke(self, request: empty_pb2.Empty, context: Any) -> None:  # noqa: N802
            entered.set()
            while True:  # until the end has begun
                try:
                    link.engine.GetDeploymentInfo(EMPTY)
                except CallError as err:
                    answered.append(err.code())
                    return
                time.sleep(0.001)

    with linked(Slow(), Service()) as link:
        caller = threading.Thread(target=link.monitor.Invoke, args=(EMPTY,))
        caller.start()
        entered.wait()
    assert answered == [grpc.StatusCode.UNAVAILABLE]
    caller.join()
