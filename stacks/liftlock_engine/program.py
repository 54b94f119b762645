"""Runs an unchanged Pulumi program in this process: a thread, an event loop and a context of its own, so that several run side by side."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any, Final, cast

import pulumi
import pulumi.runtime

from liftlock_engine.errors import PULUMI_HINT
from liftlock_engine.in_process import Link
from liftlock_engine.model import ConfigValue, StackName

Program = Callable[[], object]
"""What `__main__.py` would do: declares resources. What it returns is not used, unless it is to be awaited."""
_CALLS_AT_ONCE: Final = 128  # a registration waits in one of these; threads are made as they are needed
_ENDING: Final = ("Resource monitor has terminated", "the run is ending")
_NOT_THE_AUTHORS: Final = tuple(str(Path(file).parent) for file in (pulumi.__file__, __file__, asyncio.__file__, futures.__file__))


class ProgramThread:
    """A running program. error: why it ended badly, in words for its author; empty while it runs and where it ended well.

    finished: set when it has ended.
    """

    def __init__(
        self,
        program: Program,
        stack: StackName,
        config: Mapping[str, ConfigValue],
        link: Link,
        finished: threading.Event,
        *,
        preview: bool,
    ) -> None:
        self._program = program
        self._stack = stack
        self._config = config
        self._link = link
        self._finished = finished
        self._preview = preview
        self.error = ""
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name=f"program {stack}", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, after waiting that long at most."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pulumi.runtime.reset_options()
        settings = pulumi.runtime.Settings(
            project=self._stack.project,
            stack=self._stack.stack,
            monitor=self._link.monitor,
            engine=self._link.engine,
            dry_run=self._preview,
            organization="organization",
        )
        pulumi.runtime.configure(settings)
        values = {key: value.value for key, value in self._config.items()}
        pulumi.runtime.set_all_config(values, [key for key, value in self._config.items() if value.secret])
        try:
            self._run_in_loop()
        except BaseException as err:  # noqa: BLE001 - whatever a program raises, SystemExit included, is its result
            self.error = explain(err)
        finally:
            self._finished.set()

    def _run_in_loop(self) -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_say_nothing)
        loop.set_default_executor(futures.ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE, thread_name_prefix="program"))
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(cast(Any, self._program)))
        finally:
            loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _say_nothing(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Failed tasks are told by the run itself; asyncio would print them a second time."""


def explain(err: BaseException) -> str:
    """The error in words for the program's author: its type, its message, and the lines of the program that led there.

    Empty where the program only stopped because the run was ending.
    """
    message = str(err)
    if message.startswith(_ENDING):
        return ""
    if "Pulumi CLI does not support" in message:
        return f"the embedded engine does not support what the program asks for ({message.split('.', maxsplit=1)[0]})\n{PULUMI_HINT}"
    if isinstance(err, pulumi.RunError):
        return message
    text = f"the program failed: {type(err).__name__}: {message}"
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in _own_frames(err)]
    return "\n".join([text, *places])


def _own_frames(err: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(err.__traceback__) if not frame.filename.startswith(_NOT_THE_AUTHORS)]
