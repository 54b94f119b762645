"""A process that stands for the CLI: what it is told, what of it is told, and how it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError, StackNotFoundError

from liftlock.adapters.engines.pulumi.command import Cli


def cli(folder: Path, script: str, cancel: threading.Event | None = None) -> Cli:
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Cli(path, "3.256.0", lambda: {"WORD": "hush"}, cancel)


def gone(pid: int) -> bool:
    """Whether it ended; a process that was killed takes a moment to."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def once_up(folder: Path, act: Callable[[], None]) -> None:
    deadline = time.monotonic() + 20
    while not (folder / "up").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    act()


def test_settings_are_in_the_environment_of_the_cli_alone_and_on_no_command_line(tmp_path: Path) -> None:
    result = cli(tmp_path, 'echo "$WORD"; echo "$@" >&2; cat').ask(["config", "set", "key"], tmp_path, said="value")
    assert result.stdout == "hush\nvalue"
    assert result.stderr == "--non-interactive config set key"
    assert "WORD" not in os.environ


def test_what_it_says_reaches_who_listens(tmp_path: Path) -> None:
    heard: list[str] = []
    cli(tmp_path, "echo one; echo two").run([], str(tmp_path), {}, heard.append)
    assert heard == ["one", "two"]


def test_a_failing_command_raises_what_pulumi_makes_of_it(tmp_path: Path) -> None:
    with pytest.raises(StackNotFoundError):
        cli(tmp_path, "echo \"error: no stack named 'dev' found\" >&2; exit 255").ask([], tmp_path)


def test_it_is_asked_once_to_end_and_what_it_leaves_is_ended(tmp_path: Path) -> None:
    cancel = threading.Event()
    script = f"""trap 'echo asked >> {tmp_path}/asked; exit 8' INT
sleep 300 & echo $! > {tmp_path}/plugin; touch {tmp_path}/up
while :; do sleep 0.05; done"""
    stopper = threading.Thread(target=once_up, args=(tmp_path, cancel.set))
    stopper.start()
    with pytest.raises(CommandError):
        cli(tmp_path, script, cancel).ask([], tmp_path)
    stopper.join()
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert gone(int((tmp_path / "plugin").read_text()))


def test_what_runs_in_another_thread_can_be_ended_at_once(tmp_path: Path) -> None:
    found = cli(tmp_path, f"trap '' INT; echo $$ > {tmp_path}/pid; touch {tmp_path}/up; while :; do sleep 0.05; done")
    stopper = threading.Thread(target=once_up, args=(tmp_path, found.end_now))
    stopper.start()
    with pytest.raises(CommandError):
        found.ask([], tmp_path)
    stopper.join()
    assert gone(int((tmp_path / "pid").read_text()))
