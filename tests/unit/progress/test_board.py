"""What is at work and the lines that show it, at given moments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.progress.board import Board, Tone, clean, counts, duration, heartbeat, render, stopping_text
from liftlock.core.ports import Passed


def texts(board: Board, now: float, width: int = 80, height: int = 10) -> list[str]:
    return [line.text for line in render(board, now, width, height, spinner="*")]


def busy(count: int, state: str = "creating", known: int = 0) -> Board:
    board = Board("dev", 0.0, known)
    for number in range(count):
        board = board.at_work(f"web-{number}", state, 0.0)
    return board


def test_each_part_at_work_has_a_line_with_its_state_and_seconds_and_the_counts_stand_below() -> None:
    board = Board("dev", 0.0, 4).at_work("network", "creating", 0.0).ended("network").at_work("api", "updating", 1.0)
    board = board.at_work("web", "creating", 3.0)
    assert texts(board, 9.5) == ["    * api  updating  8 s", "    * web  creating  6 s", "    * dev: 1 of 4 done, 9 s"]


def test_a_part_that_was_just_begun_has_no_line_yet() -> None:
    assert texts(busy(3), 0.1) == ["    * dev: 3 at work, 0 s"]


def test_many_parts_are_shown_in_the_height_that_there_is_and_the_rest_is_counted() -> None:
    shown = texts(busy(300, known=300), 2.0, height=6)
    assert shown == [*(f"    * web-{n}  creating  2 s" for n in range(4)), "      +296 more at work", "    * dev: 0 of 300 done, 2 s"]


def test_the_part_that_is_longest_at_work_stands_first() -> None:
    board = Board("dev", 0.0).at_work("late", "creating", 5.0).at_work("early", "creating", 1.0)
    assert [text.split()[1] for text in texts(board, 9.0)[:2]] == ["early", "late"]


def test_a_part_that_is_told_twice_keeps_its_seconds_and_a_new_state_starts_anew() -> None:
    board = Board("dev", 0.0).at_work("api", "creating", 1.0).at_work("api", "creating", 5.0)
    assert board.working[0].since == 1.0
    assert board.at_work("api", "removing", 7.0).working[0].since == 7.0


def test_reading_is_counted_on_its_own_until_something_is_done() -> None:
    board = busy(2, "reading", known=5).passed("web-0", Passed.READ)
    assert counts(board, 1.0) == "dev: 1 of 5 read, 1 s"
    assert counts(board.passed("web-1", Passed.READ).at_work("web-0", "updating", 1.0), 2.0) == "dev: 0 of 5 done, 2 s"
    assert counts(board.passed("web-0", Passed.SAME), 2.0) == "dev: 1 of 5 done, 2 s"


def test_more_parts_than_were_known_make_the_known_ones_more() -> None:
    assert counts(busy(3, known=2).ended("web-0"), 1.0) == "dev: 1 of 3 done, 1 s"


def test_after_ctrl_c_the_last_line_says_what_is_waited_for_as_far_as_there_is_room() -> None:
    board = busy(4).stopped()
    end = "; Ctrl-C again ends at once"
    assert texts(board, 1.0, width=120)[-1] == f"    stopping: waits for creating web-0, creating web-1, creating web-2 and 1 more{end}"
    assert texts(board, 1.0, width=80)[-1] == f"    stopping: waits for creating web-0 and 3 more{end}"
    assert texts(board, 1.0, width=60)[-1] == f"    stopping: waits for 4{end}"
    assert render(board, 1.0, 80, 5)[-1].tone is Tone.STOPPING
    assert stopping_text(Board("dev", 0.0).stopped()) == f"stopping: nothing new begins{end}"


def test_a_heartbeat_names_what_takes_long_and_else_how_far_the_work_is() -> None:
    board = busy(5).at_work("young", "creating", 15.0)
    assert heartbeat(board, 20.0) == "    … web-0: creating for 20 s, web-1: creating for 20 s, web-2: creating for 20 s and 2 more"
    assert heartbeat(Board("dev", 0.0, 7).ended("a"), 70.0) == "    … dev: 1 of 7 done, 1 min 10 s"


def test_a_part_that_counts_is_named_at_once_and_its_seconds_go_on_as_its_figures_grow() -> None:
    board = Board("data", 0.0).at_work("orders", "0 of 9,000 rows", 1.0).at_work("orders", "4,500 of 9,000 rows", 3.0)
    assert board.working[0].since == 1.0
    assert heartbeat(board, 4.0) == "    … orders: 4,500 of 9,000 rows"


@pytest.mark.parametrize(("seconds", "said"), [(0.9, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3725, "62 min 5 s")])
def test_durations_are_whole(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [("\x1b[2J\x1b[31mred\x1b[0m", "red"), ("a\rb\x07", "ab"), ("\x1b]0;title\x07x", "x"), ("two\n\tlines", "two\n\tlines"), ("é…", "é…")],
)
def test_nothing_in_a_text_can_move_the_cursor(said: str, shown: str) -> None:
    assert clean(said) == shown


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["creating", "reading", "end", "read"])), max_size=40),
    st.integers(1, 120),
    st.integers(1, 12),
    st.booleans(),
)
def test_the_view_never_leaves_its_width_and_height(moves: list[tuple[str, str]], width: int, height: int, stop: bool) -> None:
    board = Board("dev", 0.0, 3, stopping=stop)
    for moment, (name, move) in enumerate(moves):
        match move:
            case "end":
                board = board.ended(name)
            case "read":
                board = board.passed(name, Passed.READ)
            case _:
                board = board.at_work(name, move, float(moment))
    lines = render(board, float(len(moves) + 1), width, height)
    assert 1 <= len(lines) <= height
    assert all(len(line.text) <= width for line in lines)
    assert len({part.name for part in board.working}) == len(board.working)
