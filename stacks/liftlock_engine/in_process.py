"""The program's way to the engine: Pulumi's own two services, called in this process, in the messages that would go over a socket.

The SDK sends half a dozen requests for each resource, most of them debug lines. Over a loopback port they cost more than all else that the
engine does. Not here: what the services do (monitor).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc


@dataclass(frozen=True, slots=True)
class Link:
    """What the SDK takes for its stubs of `ResourceMonitor` and `Engine`."""

    monitor: Any
    engine: Any


@contextlib.contextmanager
def linked(monitor: object, engine: object) -> Iterator[Link]:
    """Takes calls to both services while the block runs. Its end waits for those under way; later ones are told that the run is over."""
    gate = _Gate()
    try:
        yield Link(_Stub(monitor, gate), _Stub(engine, gate))
    finally:
        gate.close()


class CallError(grpc.RpcError):  # type: ignore[misc]  # grpc ships no types
    """A call that failed, with what the SDK asks of gRPC's own error."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        """The kind of failure."""
        return self._code

    def details(self) -> str:
        """Its words."""
        return self._details


class _Context:
    """The part of a gRPC call's context that servicers use."""

    def __init__(self) -> None:
        self._code, self._details = grpc.StatusCode.UNKNOWN, ""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise CallError(code, details)

    def set_code(self, code: grpc.StatusCode) -> None:
        self._code = code

    def set_details(self, details: str) -> None:
        self._details = details

    def error(self) -> CallError:
        """What the servicer set before it raised."""
        return CallError(self._code, self._details)


class _Gate:
    """Counts the calls under way."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            if self._closed:
                raise CallError(grpc.StatusCode.UNAVAILABLE, "the run is ending")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Lets nobody in any more, and waits until everybody is out."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._inside)


class _Stub:
    """A servicer's methods as its gRPC stub has them: one request in, one answer out."""

    def __init__(self, servicer: object, gate: _Gate) -> None:
        self._servicer, self._gate = servicer, gate

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        method = getattr(self._servicer, name)

        def call(request: Any) -> Any:
            context = _Context()
            with self._gate:
                try:
                    return method(request, context)
                except NotImplementedError as err:  # Pulumi's own base class: a method that we do not serve
                    raise context.error() from err

        setattr(self, name, call)  # asked for once
        return call
