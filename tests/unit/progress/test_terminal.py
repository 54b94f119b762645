"""The live view in a real pseudo-terminal, and the plain lines without one."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading

import pytest

from liftlock.adapters.progress import PlainProgress
from liftlock.core.ports import Passed
from tests.screen import Screen, run_in_terminal

BEGIN = """
import sys, threading, time
from liftlock.adapters.progress import choose_progress
from liftlock.core.ports import Passed
progress = choose_progress()
progress.step("dev: release rel-1")
"""
WORK = """
with progress.watching("dev", 300):
    for number in range(300):
        progress.item(f"web-{number}", "creating")
    time.sleep(1.0)
    progress.note("the program says \\x1b[2J a word")
    progress.warn("be careful")
    print("to stdout"); print("to stderr", file=sys.stderr)
    for number in range(298):
        progress.passed(f"web-{number}", Passed.SAME)
    progress.item("web-298", "created", 1.0)
    progress.item("web-299", "FAILED", 1.0)
print("the result")
"""
KEPT = [
    "==> dev: release rel-1",
    "    the program says  a word",
    "warning: be careful",
    "to stdout",
    "to stderr",
    "    web-298: created (1.0 s)",
    "    web-299: FAILED (1.0 s)",
    "the result",
]
CROWD = """
with progress.watching("dev"):
    progress.item("web", "creating")
    time.sleep(0.6)
    def say(number):
        for turn in range(40):
            progress.note(f"note {number}.{turn}") if number % 2 else sys.stderr.write(f"    note {number}.{turn}\\n")
            time.sleep(0.01)
    threads = [threading.Thread(target=say, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
STOPPED = """
import os, signal
from liftlock.adapters.engines.interrupts import interruptible
with progress.watching("dev"), interruptible(progress.stopping) as cancel:
    progress.item("web", "creating")
    while not cancel.is_set():
        time.sleep(0.05)
    time.sleep(2.0)
    progress.item("web", "stopped", 1.0)
sys.exit(130)
"""


def env(**more: str) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm-256color", "COLUMNS": "", "LINES": "", **more}


def quiet(terminal: int, printed: str) -> None:
    """Presses nothing."""


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (40, 12), (20, 6)])
def test_the_view_of_many_parts_stays_small_and_leaves_only_what_happened(width: int, height: int) -> None:
    code, printed = run_in_terminal(BEGIN + WORK, width=width, height=height, env=env(), on_output=quiet)
    assert code == 0
    seen = Screen(width).feed(printed)
    kept = "".join(line.ljust(width) if len(line) > width else line + "\n" for line in KEPT)
    assert "".join(seen.text()).replace(" ", "") == kept.replace("\n", "").replace(" ", "")
    assert seen.cursor_shown
    assert "more at work" in printed if width >= 40 else "\N{HORIZONTAL ELLIPSIS}" in printed
    assert max(len(run) for run in re.findall(r"(?:\x1b\[1A\x1b\[2K)+", printed)) <= len("\x1b[1A\x1b[2K") * height // 2


def test_no_line_is_lost_while_the_view_is_drawn_and_others_print() -> None:
    code, printed = run_in_terminal(BEGIN + CROWD, width=80, height=24, env=env(), on_output=quiet)
    assert code == 0
    expected = [f"    note {number}.{turn}" for number in range(6) for turn in range(40)]
    assert sorted(Screen(80).feed(printed).text()) == sorted(["==> dev: release rel-1", *expected])


def test_ctrl_c_says_what_is_waited_for_and_leaves_a_clean_terminal() -> None:
    pressed = threading.Event()

    def press(terminal: int, printed: str) -> None:
        if "web  creating" in printed and not pressed.is_set():
            pressed.set()
            os.write(terminal, b"\x03")

    code, printed = run_in_terminal(BEGIN + STOPPED, width=80, height=24, env=env(), on_output=press)
    assert code == 130
    assert "stopping: waits for creating web; Ctrl-C again ends at once" in printed
    seen = Screen(80).feed(printed.replace("^C", ""))
    assert seen.text() == ["==> dev: release rel-1", "    web: stopped (1.0 s)"]
    assert seen.cursor_shown


def test_without_colours_no_colour_is_written() -> None:
    _, printed = run_in_terminal(BEGIN + WORK, width=80, height=24, env=env(NO_COLOR="1"), on_output=quiet)
    assert not re.search(r"\x1b\[[0-9;]*3\d[0-9;]*m", printed)
    assert "creating" in printed


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines() -> None:
    _, printed = run_in_terminal(BEGIN + WORK, width=80, height=24, env=env(TERM="dumb"), on_output=quiet)
    assert printed.splitlines() == KEPT


def test_without_a_terminal_there_are_plain_lines_and_rich_is_not_loaded() -> None:
    code = BEGIN + WORK + "assert not [name for name in sys.modules if name.startswith('rich')]"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **env()}, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["to stdout", "the result"]
    assert done.stderr.splitlines() == [line for line in KEPT if line not in {"to stdout", "the result"}]


def test_work_that_is_done_in_a_moment_never_loads_the_view() -> None:
    code = BEGIN + "with progress.watching('dev'): progress.passed('web', Passed.SAME)\n"
    code += "print([name for name in sys.modules if name.startswith('rich')])"
    _, printed = run_in_terminal(code, width=80, height=24, env=env(), on_output=quiet)
    assert printed.splitlines() == ["==> dev: release rel-1", "[]"]


class Log(io.StringIO):
    """A log that tells when a line has come."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()

    def flush(self) -> None:
        super().flush()
        self.came.set()


def test_a_log_is_not_silent_while_work_goes_on() -> None:
    log = Log()
    progress = PlainProgress(log, every=0.01)
    with progress.watching("dev", 3):
        progress.passed("network", Passed.SAME)
        assert log.came.wait(30)
    assert log.getvalue().splitlines()[-1] in {"    … dev: 0 of 3 done, 0 s", "    … dev: 1 of 3 done, 0 s", "    … dev: 0 s"}


def test_a_stretch_within_another_is_shown_in_its_place_and_then_the_first_again() -> None:
    log = io.StringIO()
    progress = PlainProgress(log)
    with progress.watching("outer", 2):
        progress.item("a", "creating")
        with progress.watching("inner"):
            progress.item("b", "reading")
            progress.stopping()
        progress.stopping()
    progress.stopping()
    assert log.getvalue().splitlines() == [
        "stopping: waits for reading b; Ctrl-C again ends at once",
        "stopping: waits for creating a; Ctrl-C again ends at once",
    ]


def test_lines_from_many_threads_stay_whole() -> None:
    log = io.StringIO()
    progress = PlainProgress(log)

    def work(number: int) -> None:
        for turn in range(50):
            progress.item(f"web-{number}", "creating")
            progress.item(f"web-{number}", f"created-{turn}", 0.0)

    with progress.watching("dev"):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expected = {f"    web-{number}: created-{turn} (0.0 s)" for number in range(8) for turn in range(50)}
    assert sorted(log.getvalue().splitlines()) == sorted(expected)
