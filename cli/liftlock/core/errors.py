"""The one error type. A subclass stands for a way to recover, not for a place that raises."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What every command's exit status means; the table in docs/exit-codes.md is this one."""

    DONE = 0
    FAILURE = 1
    CHANGES = 2
    INCOMPLETE = 3
    BLOCKED = 4
    CONFLICT = 5
    POLICY = 6
    USAGE = 64
    UNAVAILABLE = 69
    CONFIG = 78
    INTERRUPTED = 130


class LiftlockError(Exception):
    """Something failed that a person can act on.

    message says what and where, hint says what to do next. Neither holds a secret: an adapter removes it before it raises.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILURE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LiftlockError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = ExitCode.USAGE


class ConfigError(LiftlockError):
    """A declared file is wrong; message begins with file:line:column where that is known."""

    exit_code = ExitCode.CONFIG


class BlockedError(LiftlockError):
    """A gate refuses; it may pass later."""

    exit_code = ExitCode.BLOCKED


class PolicyError(BlockedError):
    """A rule that people set refuses (freeze, veto, hold, window, the forge's own protection); waiting for evidence does not help."""

    exit_code = ExitCode.POLICY


class ConflictError(LiftlockError):
    """Somebody else holds, changed or owns the thing; look, then try again."""

    exit_code = ExitCode.CONFLICT


class IncompleteError(LiftlockError):
    """The answer could not be had in full, so it must not be read as clean."""

    exit_code = ExitCode.INCOMPLETE


class UnavailableError(LiftlockError):
    """A part outside (Docker, registry, forge, database) does not answer; start it and run the same command again."""

    exit_code = ExitCode.UNAVAILABLE


class DeploymentError(LiftlockError):
    """A deployment ran and at least one resource failed; what succeeded is recorded and a next run goes on from there.

    failures: resource or service -> reason.
    """

    def __init__(self, message: str, *, hint: str | None = None, failures: Mapping[str, str] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.failures = dict(failures or {})
