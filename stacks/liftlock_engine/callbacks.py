"""Calls back into the running program: its SDK serves Pulumi's `Callbacks` service for transforms and hooks."""

from __future__ import annotations

import threading
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
    """Connections to the callback servers of one run's program. May be used from many threads.

    stopping: whether the run is ending; then patience seconds are left for an answer, and any time else.
    """

    def __init__(self, stopping: Callable[[], bool], patience: float = PATIENCE) -> None:
        self._stopping = stopping
        self._patience = patience
        self._channels: dict[str, Any] = {}
        self._lock = threading.Lock()

    def call(self, callback: callback_pb2.Callback, request: Message, answer: type[_Response]) -> _Response:
        """What the function answers; CallbackError where it does not."""
        stub = callback_pb2_grpc.CallbacksStub(self._channel(callback.target))
        called = stub.Invoke.future(callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString()))
        left = self._patience
        while left > 0:
            try:
                return answer.FromString(called.result(timeout=_TICK).response)
            except grpc.FutureTimeoutError:
                left = left - _TICK if self._stopping() else self._patience
            except grpc.RpcError as err:
                raise CallbackError(err.details() or "the program does not answer any more") from err
        called.cancel()
        raise CallbackError(f"the run is ending, and it did not answer in {self._patience:g} seconds")

    def close(self) -> None:
        """Ends the connections."""
        with self._lock:
            for channel in self._channels.values():
                channel.close()
            self._channels.clear()

    def _channel(self, target: str) -> Any:
        with self._lock:
            if target not in self._channels:
                self._channels[target] = grpc.insecure_channel(target, options=_OPTIONS)
            return self._channels[target]
