"""What liftlock_datagen raises, as what a command reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liftlock.core.errors import ConfigError, LiftlockError
from liftlock_datagen.errors import DatagenError, SpecError


@contextmanager
def datagen_errors(about: str | None = None) -> Iterator[None]:
    """DatagenError as LiftlockError. about: what the message is about, such as a place; put before it.

    ConfigError where the classification is at fault.
    """
    try:
        yield
    except DatagenError as err:
        kind = ConfigError if isinstance(err, SpecError) else LiftlockError
        raise kind(f"{about}: {err.message}" if about else err.message, hint=err.hint) from err
