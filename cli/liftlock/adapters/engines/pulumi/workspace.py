"""One work directory per stack, and the Automation API on it without the processes that it would start beside the one that works."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pulumi.automation import LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode

from liftlock.adapters.engines.pulumi.command import Cli
from liftlock_engine.files import write_atomically

_PATIENCE, _TICK = 10, 0.05
_STANDS_STILL = 10
"""Looks at a loop, a tick apart."""
_NOTHING = UpdateSummary("", datetime.fromtimestamp(0, UTC), "", {}, {}, "")


class _Workspace(LocalWorkspace):
    """Every command names its stack, so none is selected: other work with the same CLI goes on with the stack that it selected."""

    def select_stack(self, stack_name: str) -> None:
        """Changes nothing."""


class _Stack(Stack):
    """The state is read once, from where it lies, and not by two more processes after each run."""

    def outputs(self) -> OutputMap:
        """None; the state has them."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: ARG002 - the signature is Pulumi's
        """None; the events have it."""
        return _NOTHING


class Program:
    """The inline program, with the threads and event loops that it ran in: Pulumi leaves some unfinished where a run broke off."""

    def __init__(self, declare: Callable[[], None]) -> None:
        self._declare = declare
        self._runs: list[tuple[threading.Thread, asyncio.AbstractEventLoop]] = []

    def __call__(self) -> None:
        """Declares the resources."""
        self._runs.append((threading.current_thread(), asyncio.get_running_loop()))
        self._declare()

    def close(self) -> None:
        """Ends what is left of the runs. To be called when their CLI is gone; without it a program waits for nothing any more."""
        for thread, loop in self._runs:
            if _is_left_open(thread, loop):
                _end(loop)


def _is_left_open(thread: threading.Thread, loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the run is over, and its loop is not closed. The run's thread may live on: it is one of a pool.

    Pulumi lets the loop run several times, with nothing in between that takes time; one that stands still is left.
    """
    until, still = time.monotonic() + _PATIENCE, 0
    while not loop.is_closed() and thread.is_alive() and still < _STANDS_STILL and time.monotonic() < until:
        thread.join(_TICK)
        still = 0 if loop.is_running() else still + 1
    return not loop.is_closed() and not loop.is_running()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Tasks end inside their loop: collected outside of it they could not clean up."""
    if left := asyncio.all_tasks(loop):
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


def open_stack(environment: str, folder: Path, cli: Cli, program: Callable[[], None]) -> Stack:
    """The stack, ready for operations; starts no process."""
    workspace = _Workspace(work_dir=str(folder), program=program, pulumi_command=cli)
    return _Stack(environment, workspace, StackInitMode.SELECT)


def write_project(folder: Path, project: str, configs: Path, plugin: tuple[str, Path] | None) -> None:
    """Writes Pulumi.yaml where it says something else.

    configs: the folder of `Pulumi.<stack>.yaml`. plugin: version and folder of our docker plugin; without it the CLI gets Pulumi's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"name: {project}", "runtime: python", f"stackConfigDir: {_quoted(os.path.relpath(configs, folder))}"]
    if plugin is not None:
        version, place = plugin
        lines += ["plugins:", "  providers:", "    - name: docker", f"      version: {version}", f"      path: {_quoted(str(place))}"]
    text = "\n".join(lines) + "\n"
    path = folder / "Pulumi.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
