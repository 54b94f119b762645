"""One work directory per stack, and the Automation API on it without the processes that it would start beside the one that works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pulumi.automation import LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode

from liftlock.adapters.engines.pulumi.command import Cli
from liftlock_engine.files import write_atomically

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
    """The inline program, with the event loops that it ran in: Pulumi leaves one open where the program failed."""

    def __init__(self, declare: Callable[[], None]) -> None:
        self._declare = declare
        self._loops: list[asyncio.AbstractEventLoop] = []

    def __call__(self) -> None:
        """Declares the resources."""
        self._loops.append(asyncio.get_running_loop())
        self._declare()

    def close(self) -> None:
        """Closes the loops that are left. To be called when no run goes any more."""
        for loop in self._loops:
            if not loop.is_running():
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
