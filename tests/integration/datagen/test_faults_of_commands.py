"""Faults of the real commands, each in a process of its own: what they say, how they end, that the old rows serve, and the next run."""

from __future__ import annotations

import os
import signal

import pytest

from tests.integration.datagen.desk import ROWS, Desk, ended

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("command", "fault", "code"),
    [
        ("anonymise", "source", 69),
        ("anonymise", "target", 69),
        ("anonymise", "kill", -9),
        ("generate", "target", 69),
        ("generate", "interrupt", 130),
    ],
)
def test_the_old_rows_serve_and_the_next_run_clears_up(desk: Desk, command: str, fault: str, code: int) -> None:
    with desk.in_the_middle(command) as running:
        match fault:
            case "source" | "target":
                desk.end_sessions(desk.source if fault == "source" else f"{desk.target}%")
            case _:
                os.killpg(running.pid, signal.SIGINT if fault == "interrupt" else signal.SIGKILL)
    struck = ended(running)
    assert struck.code == code, struck.err
    assert struck.has_a_way_out == (fault in {"source", "target"})
    assert desk.old_rows() == ROWS

    again = desk.run(command)
    assert again.code == 0, again.err
    assert desk.old_rows() == 0
    assert desk.beside == []
