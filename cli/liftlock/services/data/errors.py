"""What liftlock_datagen raises, as what a command reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liftlock.core.errors import LiftlockError
from liftlock_datagen.errors import DatagenError


@contextmanager
def datagen_errors(about: str | None = None) -> Iterator[None]:
    """DatagenError as LiftlockError. about: what the message is about, such as a place; put before it."""
    try:
        yield
    except DatagenError as err:
        raise LiftlockError(f"{about}: {err.message}" if about else err.message, hint=err.hint) from err
