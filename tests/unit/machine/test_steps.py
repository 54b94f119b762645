"""A failure names the step, the reason and the way out."""

from __future__ import annotations

import sys

import pytest

from machine.__main__ import TARGETS, main
from machine.places import PROJECT
from machine.steps import StepError, last_lines, run, shown, step


def test_a_failed_command_tells_its_last_lines(capsys: pytest.CaptureFixture[str]) -> None:
    noisy = "import sys; print('\\n'.join(f'line {n}' for n in range(40))); sys.exit('no space left')"
    with pytest.raises(StepError) as caught, step("doing it"):
        run([sys.executable, "-c", noisy], way_out="make room")
    assert caught.value.step == "doing it"
    assert caught.value.way_out == "make room"
    assert "no space left" in caught.value.reason
    assert "line 39" in caught.value.reason
    assert "line 20" not in caught.value.reason
    assert "ok   doing it" not in capsys.readouterr().err


def test_a_missing_command_and_a_slow_one_are_told_apart() -> None:
    with pytest.raises(StepError, match="not installed"):
        run(["no-such-command"], way_out="")
    with pytest.raises(StepError, match="longer than 0 s"):
        run([sys.executable, "-c", "import time; time.sleep(9)"], way_out="", timeout=0.1)


def test_the_inner_step_gives_a_failure_its_name() -> None:
    with pytest.raises(StepError) as caught, step("outer"), step("inner"):
        raise StepError("x", way_out="y")
    assert caught.value.step == "inner"


def test_a_done_step_says_so_with_its_seconds_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with step("counting"):
        pass
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "ok   counting (0.0 s)" in printed.err


def test_long_commands_and_empty_lines_are_cut() -> None:
    assert len(shown(["x" * 300])) == 120
    assert last_lines("a\n\n b \n", 1) == "     b"


def test_a_failure_is_reported_once_and_the_status_is_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise StepError("the disk is full", way_out="make room", step="packing")

    monkeypatch.setitem(TARGETS, "images", fail)
    assert main(["images"]) == 1
    assert capsys.readouterr().err == "\nFAILED  packing\n  why:  the disk is full\n  next: make room\n"


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["setup", "images"]])
def test_an_unknown_target_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 64
    assert "usage" in capsys.readouterr().err


def test_every_target_is_in_the_makefile_with_a_line_of_help() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    assert all(f"\n{target}: ## " in makefile for target in (*TARGETS, "help"))
