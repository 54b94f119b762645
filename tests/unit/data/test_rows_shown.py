"""How far work on rows has come, as it is shown."""

from __future__ import annotations

from liftlock.services.data.rows_shown import RowsShown
from tests.fakes.environments import QuietProgress


def test_the_end_of_a_part_is_told_once_and_again_only_where_it_begins_again() -> None:
    progress, moments = QuietProgress(), iter(range(100))
    shown = RowsShown(progress, now=lambda: float(next(moments)))
    for done in (0, 5, 10, 10, 10):
        shown("people", done, 10)
    assert progress.lines == [
        "data people 0 of 10 rows",
        "data people 5 of 10 rows, 5 rows/s, 1 s left",
        "data people 10 of 10 rows, 5 rows/s",
    ]
    shown("people", 0, 10)
    shown("people", 10, 10)
    assert len(progress.lines) == 5


def test_a_part_of_which_more_came_than_was_estimated_has_ended() -> None:
    progress = QuietProgress()
    RowsShown(progress, now=lambda: 1.0, unit="cells")("people", 12, 10)
    assert progress.lines == ["data people 12 cells"]
