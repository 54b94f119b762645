"""What the CLI says when it fails, in our words and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from liftlock.adapters.engines.values import hide
from liftlock.core.config.text_rules import without_password
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError
from liftlock_engine.locks import Holder, is_dead

_HOLDER = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_PASSPHRASE = re.compile(r"incorrect passphrase|passphrase must be set|get passphrase", re.IGNORECASE)
_HINT = "it must be the one that this environment was made with; `engine.passphrase` in liftlock.yaml says where it is looked for"


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
    if _PASSPHRASE.search(said):
        return ConfigError(f"{what}: the passphrase is missing or wrong", hint=_HINT)
    return LiftlockError(f"{what}: the Pulumi CLI failed: {said}", hint="liftlock engine shows where it looks for the state")


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
