"""Calls back into the running program: its SDK serves Pulumi's `Callbacks` service for transforms and hooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_TICK: Final = 0.2
PATIENCE: Final = 10.0
"""Seconds that a function of the program has to answer when the run is ending."""
_Response = TypeVar("_Response", bound=Message)


class CallbackError(Exception):
    """The program's function raised, or the program is gone; the message is the program's."""


class Callbacks:
    """Calls functions of one run's program. May be used from many threads.

    stopping: whether the run is ending; then patience seconds are left for an answer, and any time else.
    """

    def __init__(self, stopping: Callable[[], bool], patience: float = PATIENCE) -> None:
        self._stopping = stopping
        self._patience = patience

    def call(self, callback: callback_pb2.Callback, request: Message, answer: type[_Response]) -> _Response:
        """What the function answers; CallbackError where it does not."""
        asked = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        # A connection for each call: one that is open when the program ends has gRPC print a line of its own.
        with grpc.insecure_channel(callback.target, options=_OPTIONS) as channel:
            called = callback_pb2_grpc.CallbacksStub(channel).Invoke.future(asked)
            return answer.FromString(self._wait(called).response)

    def _wait(self, called: Any) -> callback_pb2.CallbackInvokeResponse:
        left = self._patience
        while left > 0:
            try:
                response: callback_pb2.CallbackInvokeResponse = called.result(timeout=_TICK)
            except grpc.FutureTimeoutError:
                left = left - _TICK if self._stopping() else self._patience
            except grpc.RpcError as err:
                raise CallbackError(_told(err)) from err
            else:
                return response
        called.cancel()
        raise CallbackError(f"the run is ending, and it did not answer in {self._patience:g} seconds")


def _told(err: Any) -> str:
    if err.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return "the program that has it ended before it answered"
    return re.sub(r"\AInvoke callback \S+ error: ", "", err.details() or "it gave no reason").strip()
