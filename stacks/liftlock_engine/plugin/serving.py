"""One plugin process: a server on a loopback port, its number on stdout, and an end when the engine is done with it or gone."""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from liftlock_engine.plugin.packages import Package
from liftlock_engine.plugin.servicer import ProviderServicer

_AT_ONCE: Final = 64  # as many as the provider has connections; a create that waits for its container holds one
_GRACE: Final = 3.0  # seconds for running calls to end; the engine itself ends a plugin hard after five
_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as Pulumi's own plugins


def start(package: Package) -> tuple[grpc.Server, int]:
    """A server that answers for the package, and its port."""
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="call"), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServicer(package), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def serve(package: Package) -> None:
    """Serves until SIGINT or SIGTERM, or until the engine that holds our stdin is gone; what still runs is then cancelled."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server, port = start(package)
    print(port, flush=True)  # noqa: T201 - this line is the protocol
    if _is_pipe(sys.stdin.fileno()):
        threading.Thread(target=_watch, args=(sys.stdin.fileno(), ended), daemon=True, name="stdin").start()
    ended.wait()
    package.provider.cancel()
    server.stop(_GRACE).wait()


def _is_pipe(handle: int) -> bool:
    """Whether an engine may hold the other end. A terminal, a file or nothing at all says nothing about one."""
    try:
        return stat.S_ISFIFO(os.fstat(handle).st_mode)
    except OSError:
        return False


def _watch(handle: int, ended: threading.Event) -> None:
    while os.read(handle, 4096):
        pass
    ended.set()
