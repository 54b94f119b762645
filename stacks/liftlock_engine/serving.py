"""What a running program talks to: Pulumi's services on one loopback port, and the way back into the program."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any, Final

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from liftlock_engine.callbacks import Callbacks
from liftlock_engine.deployment import Deployment
from liftlock_engine.engine_service import EngineService
from liftlock_engine.execution import Execution
from liftlock_engine.model import StackName
from liftlock_engine.monitor import MonitorService, Refusals
from liftlock_engine.program_hooks import ProgramHooks
from liftlock_engine.transforms import Transforms

_SERVED_AT_ONCE: Final = 160  # each registration holds a thread until its steps are done; threads are made as they are needed
_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0))


class Conversation:
    """One program's talk with the engine. address: where it calls."""

    def __init__(self, monitor: MonitorService, refusals: Refusals, address: str) -> None:
        self._monitor = monitor
        self._refusals = refusals
        self.address = address

    def end(self) -> None:
        """Lets the program go; nothing calls back into it any more."""
        self._monitor.end()

    def unsaid(self, error: str) -> str:
        """The program's error, empty where it only repeats what the engine refused and has told already."""
        return "" if any(message in error for message in self._refusals.messages) else error


@contextlib.contextmanager
def serve(deployment: Deployment, stack: StackName, run: Execution, finished: threading.Event) -> Iterator[Conversation]:
    """Serves while the block runs. finished: set when the program has registered everything and waits to be let go."""
    callbacks, refusals = Callbacks(run.stopping), Refusals()
    hooks = ProgramHooks(callbacks, run.reporter, preview=run.preview)
    monitor = MonitorService(
        deployment, stack, run.reporter, refusals, Transforms(callbacks), hooks, preview=run.preview, finished=finished
    )
    pool = futures.ThreadPoolExecutor(max_workers=_SERVED_AT_ONCE, thread_name_prefix="monitor")
    server: Any = grpc.server(pool, options=_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(EngineService(run.reporter), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    run.hooks = hooks
    try:
        yield Conversation(monitor, refusals, f"127.0.0.1:{port}")
    finally:
        monitor.end()
        server.stop(grace=5).wait()
        pool.shutdown(wait=True)
        callbacks.close()
