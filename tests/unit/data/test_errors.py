"""What goes wrong in the library of data, as the commands end."""

from __future__ import annotations

import pytest

from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, PolicyError, UnavailableError, UsageError
from liftlock.services.data.errors import datagen_errors
from liftlock_datagen import errors


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        (errors.BusyError, ConflictError),
        (errors.KeyReferenceError, ConfigError),
        (errors.SpecError, ConfigError),
        (errors.TargetError, PolicyError),
        (errors.RequestError, UsageError),
        (errors.UnreachableError, UnavailableError),
        (errors.DatagenError, LiftlockError),
    ],
)
def test_each_way_to_fail_has_its_exit_code(found: type[errors.DatagenError], ours: type[LiftlockError]) -> None:
    with pytest.raises(LiftlockError) as raised, datagen_errors(about="dev/shop"):
        raise found("it failed", hint="mend it")

    assert (type(raised.value), raised.value.message, raised.value.hint) == (ours, "dev/shop: it failed", "mend it")
