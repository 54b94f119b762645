"""A worker that is gone is an error in words."""

from __future__ import annotations

from multiprocessing import Pipe

import pytest

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.crew import Crew, _told
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.worker import Moved, Setup

_SETUP = Setup("postgresql://a", "postgresql://b", "1", PseudonymKey(bytes(32)))


def test_a_worker_that_died_without_a_word() -> None:
    ours, theirs = Pipe()
    theirs.close()
    with pytest.raises(DatagenError, match="a worker ended unexpectedly; nothing was swapped in"):
        _told(ours, _SETUP)


def test_the_reason_that_a_worker_gave_before_it_ended_is_the_error() -> None:
    ours, theirs = Pipe()
    theirs.send(Moved("public.t", 5))
    theirs.send((SpecError, "people.profile: a path is not classified", "classify it"))
    theirs.close()
    with pytest.raises(SpecError, match="a path is not classified"):
        _told(ours, _SETUP)


def test_a_worker_that_is_killed_before_it_is_told_anything() -> None:
    with Crew(1) as crew:
        process = crew._members[0][0]
        process.kill()
        process.join()
        with pytest.raises(DatagenError, match="a worker ended unexpectedly"):
            crew.begin(_SETUP)
