"""What people read when a container that works for golden copies fails."""

from __future__ import annotations

import pytest

from liftlock.adapters.snapshots.jobs import failure_of


@pytest.mark.parametrize("said", ["cp: error writing '/to/1': No space left on device", "ERROR:  53100", "psql:<stdin>:9: ERROR:  53100"])
def test_a_full_disk_is_called_so_whoever_met_it(said: str) -> None:
    error = failure_of("copying the database", said)

    assert error.message == "copying the database: there is no room left where Docker keeps its volumes"
    assert error.hint is not None
    assert "prune" in error.hint


def test_other_failures_keep_their_last_words_without_rows() -> None:
    error = failure_of("copying the database", "ERROR:  23505\nDETAIL:  Key (name)=(Ada Lovelace) exists\nCONTEXT:  COPY person")

    assert error.message == "copying the database: ERROR:  23505"
