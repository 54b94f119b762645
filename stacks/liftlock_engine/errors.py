"""What can stop a run before or beside its resources. A resource's own failure is not here: it stands in the Result."""

from __future__ import annotations


class EngineError(Exception):
    """The engine cannot do what was asked. message says what and where, hint what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
        self.message = message
        self.hint = hint


class LockedError(EngineError):
    """Another run works on the stack. holder: `user@host`, its process and since when."""

    def __init__(self, message: str, *, hint: str = "", holder: str = "") -> None:
        super().__init__(message, hint=hint)
        self.holder = holder


class StateError(EngineError):
    """The state cannot be read or written."""


class PassphraseError(EngineError):
    """The passphrase is missing or wrong; nothing was touched."""


class RefusedError(EngineError):
    """The program asks for something that the embedded engine does not do."""


PULUMI_HINT = "Use the Pulumi CLI for this program: install it as Pulumi's documentation says, then run with the engine `pulumi`."
