"""Turns the embedded engine's errors, and those of its state, into ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from liftlock.adapters.engines.values import hide
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, UnavailableError
from liftlock_engine.errors import EngineError, LockedError, PassphraseError, RefusedError


@contextmanager
def wrapped(secrets: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turns the engine's errors into ours, without the secrets."""
    from liftlock_engine.providers.port import ProviderError, UnreachableError  # noqa: PLC0415

    def clean(text: str) -> str:
        return hide(text, (secrets or {}).values())

    try:
        yield
    except LockedError as err:
        raise ConflictError(err.message, hint=err.hint or "wait for it to end, then run the same command again") from err
    except PassphraseError as err:
        hint = "it must be the one that this environment was made with; `engine.passphrase` in liftlock.yaml says where it is looked for"
        raise ConfigError(err.message, hint=hint) from err
    except RefusedError as err:
        raise ConfigError(clean(err.message), hint=err.hint or None) from err
    except EngineError as err:
        raise LiftlockError(clean(err.message), hint=err.hint or None) from err
    except UnreachableError as err:
        raise UnavailableError(clean(str(err)), hint="start it, then run the same command again") from err
    except ProviderError as err:
        raise LiftlockError(clean(str(err))) from err
    except OSError as err:
        raise LiftlockError(f"{err.filename or 'the state'}: {err.strerror}", hint="make room or mend the rights, then run again") from err
