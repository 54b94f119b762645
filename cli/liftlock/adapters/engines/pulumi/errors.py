"""What the CLI says when it fails, in our words and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from liftlock.adapters.engines.values import hide
from liftlock.core.config.text_rules import without_password
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, UnavailableError
from liftlock_engine.locks import Holder, is_dead

_HOLDER = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")


@dataclass(frozen=True, slots=True)
class _Reason:
    """words: what the CLI says then. means: what that is in our words. telling: whether the CLI's own words say more."""

    words: re.Pattern[str]
    error: type[LiftlockError]
    means: str
    hint: str
    telling: bool = True


def _words(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_REASONS = (
    _Reason(
        _words(r"incorrect passphrase|passphrase must be set|get passphrase"),
        ConfigError,
        "the passphrase is missing or wrong",
        "it must be the one that this environment was made with; `engine.passphrase` in liftlock.yaml says where it is looked for",
        telling=False,
    ),
    _Reason(
        _words(r"no space left on device|disk quota exceeded|\(53100\)"),
        LiftlockError,
        "there is no room left for the state",
        "make room, then run the same command again",
    ),
    _Reason(
        _words(
            r"authentication failed|PULUMI_ACCESS_TOKEN|find default credentials|get credentials|AccountName is required|"
            r"AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|AuthorizationFailure|ExpiredToken|UnrecognizedClient|\[40[13]\]|"
            r"code=PermissionDenied|\(42501\)"
        ),
        ConfigError,
        "access to the state or its key is refused",
        "the Pulumi CLI takes credentials from its environment, such as AWS_*, AZURE_*, GOOGLE_*, PGPASSWORD, PULUMI_ACCESS_TOKEN",
    ),
    _Reason(
        _words(
            r"operation error KMS: .*(NotFound|Disabled|KMSInvalidState)|NoSuchBucket|ContainerNotFound|bucket doesn.t exist|\(3D000\)|"
            r"unknown query parameter"
        ),
        ConfigError,
        "what `engine` in liftlock.yaml names cannot be used",
        "`engine.backend` names the place of the state, `engine.secrets_provider` its key; liftlock makes neither",
    ),
    _Reason(
        _words(
            r"connection refused|connection reset|no such host|i/o timeout|deadline exceeded|network is unreachable|no route to host|"
            r"request send failed|tls: |SSL is not enabled|unexpected EOF|bad connection|\(53300\)|\(57P0[0-9]\)"
        ),
        UnavailableError,
        "the place of the state or of its key does not answer",
        "start it, or mend the way to it, then run the same command again; `liftlock engine` shows where it is",
    ),
)


def holders(err: CommandError) -> list[Holder]:
    """Who holds the stack's lock, as the CLI tells it."""
    found = _HOLDER.finditer(str(err))
    return [Holder(int(match["pid"]), match["user"], match["host"], match["since"]) for match in found]


def is_stranded(err: CommandError) -> bool:
    """Whether every lock that is in the way is proved to be a dead run's."""
    found = holders(err)
    return bool(found) and all(is_dead(holder) for holder in found)


def translated(err: CommandError, what: str, secrets: Iterable[str]) -> LiftlockError:
    """The error of a command that did nothing, as ours. what: such as `the stack shop/dev`."""
    said = clean(last_words(err), secrets)
    if isinstance(err, ConcurrentUpdateError):
        named = ", ".join(str(holder) for holder in holders(err)) or "another update is in progress"
        return ConflictError(f"another run works on {what}: {named}", hint="wait for it to end; if it is gone for good: pulumi cancel")
    reason = _reason(said)
    if reason is not None:
        return reason.error(f"{what}: {reason.means}{f': {said}' if reason.telling else ''}", hint=reason.hint)
    return LiftlockError(f"{what}: the Pulumi CLI failed: {said}", hint="liftlock engine shows where it looks for the state")


def way_out(said: str) -> str | None:
    """What to do about something that stopped a run; None where that is not known."""
    reason = _reason(said)
    return None if reason is None else reason.hint


def _reason(said: str) -> _Reason | None:
    return next((reason for reason in _REASONS if reason.words.search(said)), None)


def last_words(err: CommandError) -> str:
    """What the CLI named as the error."""
    text = str(err)
    _, told, stderr = text.rpartition("\n stderr: ")
    text = stderr if told and stderr.strip() else text
    _, mark, rest = text.rpartition("error: ")
    words = rest if mark else text
    return "; ".join(line.strip() for line in words.splitlines() if line.strip()) or "it said no reason"


def clean(text: str, secrets: Iterable[str]) -> str:
    """Without secrets, and without the passwords of URLs."""
    return without_password(hide(text, secrets))
