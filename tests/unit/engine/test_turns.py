"""Writes that many threads wait for are made together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from liftlock_engine.turns import Turns


class Paper:
    """What is written on, and how far it is. A write can be held up, or fail."""

    def __init__(self) -> None:
        self.version = 0
        self.written: list[int] = []
        self.failing = False
        self.begun, self.go_on = threading.Event(), threading.Event()

    def write(self) -> int:
        version = self.version
        self.begun.set()
        self.go_on.wait()
        if self.failing:
            raise OSError("no room")
        self.written.append(version)
        return version


def test_who_comes_during_a_write_is_served_by_the_next_one_all_together() -> None:
    paper = Paper()
    turns = Turns(paper.write)
    with ThreadPoolExecutor(9) as pool:
        paper.version = 1
        first = pool.submit(turns.reach, 1)
        paper.begun.wait()
        paper.version = 9
        others = [pool.submit(turns.reach, version) for version in range(2, 10)]
        paper.go_on.set()
        for waited in (first, *others):
            waited.result()
    assert paper.written == [1, 9]


def test_nothing_is_written_twice() -> None:
    paper = Paper()
    paper.version = 3
    paper.go_on.set()
    turns = Turns(paper.write)
    turns.reach(2)
    turns.reach(3)
    assert paper.written == [3]


def test_a_write_that_fails_is_told_to_who_made_it_and_tried_again_by_the_next() -> None:
    paper = Paper()
    paper.version, paper.failing = 1, True
    paper.go_on.set()
    turns = Turns(paper.write)
    with pytest.raises(OSError, match="no room"):
        turns.reach(1)
    paper.failing = False
    turns.reach(1)
    assert paper.written == [1]
