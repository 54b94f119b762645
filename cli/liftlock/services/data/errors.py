"""What liftlock_datagen raises, as what a command reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, PolicyError, UnavailableError, UsageError
from liftlock_datagen.errors import (
    BusyError,
    ChangedError,
    DatagenError,
    KeyReferenceError,
    RequestError,
    SpecError,
    TargetError,
    UnreachableError,
)

_KINDS: tuple[tuple[type[DatagenError], type[LiftlockError]], ...] = (
    (SpecError, ConfigError),
    (KeyReferenceError, ConfigError),
    (BusyError, ConflictError),
    (ChangedError, ConflictError),
    (RequestError, UsageError),
    (TargetError, PolicyError),
    (UnreachableError, UnavailableError),
)


@contextmanager
def datagen_errors(about: str | None = None) -> Iterator[None]:
    """DatagenError as LiftlockError. about: what the message is about, such as a place; put before it.

    ConfigError where a file is at fault, UsageError where the command line is, PolicyError where the rows there are not to be replaced,
    ConflictError where another run is at work or somebody changed the schema, UnavailableError where the database does not answer.
    """
    try:
        yield
    except DatagenError as err:
        kind = next((ours for theirs, ours in _KINDS if isinstance(err, theirs)), LiftlockError)
        raise kind(f"{about}: {err.message}" if about else err.message, hint=err.hint) from err
