"""What the commands of policy ask for, from the words of a command line. Pure.

A rule that is given no name gets one from what was asked for, so that asking twice is asking for the same rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liftlock.core.config.entries import NEVER
from liftlock.core.config.quantities import parse_duration
from liftlock.core.config.suggestions import shown
from liftlock.core.config.text_rules import DIGEST, ENTRY_ID, IMAGE, ONE_LINE, RELEASE_ID, TextRule
from liftlock.core.errors import UsageError
from liftlock.core.moments import ALWAYS, find_zone, parse_moment
from liftlock.core.policy import Freeze, Hold, Veto
from liftlock.core.policy_change import SetRule


@dataclass(frozen=True, slots=True)
class End:
    """When a rule ends (None: never). words: as it was asked for; relative: as a length of time from now."""

    until: datetime | None
    zone: str
    words: str
    relative: bool


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a rule is set, and whom to ask about it. name: its id, None for one that follows from what it says."""

    reason: str
    owner: str
    name: str | None = None


def parse_reason(text: str) -> str:
    """The reason of a measure, in one line; UsageError where there is none."""
    return _one_line("--reason", text)


def parse_end(until: str | None, length: str | None, zone: str | None, now: datetime, *, default: str | None = None) -> End:
    """The end that --until, --for and --zone name; default: what it is without any. UsageError for what makes no sense."""
    if until is not None and length is not None:
        raise UsageError("--until and --for both say when it ends", hint="give one of them")
    until = until or (default if length is None else None)
    try:
        find_zone(zone or "UTC")
    except ValueError as err:
        raise UsageError(f'--zone "{zone}": {err}', hint="such as Europe/Berlin") from None
    if length is not None:
        return End(_rounded(now + _length(length)), zone or "UTC", f"for {length}", relative=True)
    if until is None:
        raise UsageError("it is not said when it ends", hint="--until 2030-12-20T18:00 --zone Europe/Berlin, or --for 8h")
    if until == NEVER and default == NEVER:
        return End(None, zone or "UTC", NEVER, relative=False)
    moment = parse_time("--until", until, zone)
    if moment <= now:
        raise UsageError(f'--until "{until}" is over already', hint=f"it is {now.isoformat(timespec='minutes')}")
    return End(moment, zone or "UTC", until, relative=False)


def parse_time(option: str, text: str, zone: str | None) -> datetime:
    """The moment that an option names; UsageError in plain words."""
    try:
        return parse_moment(text, zone)
    except ValueError as err:
        raise UsageError(f'{option} "{text}": {err}', hint=f"{option} 2030-12-20T18:00 --zone Europe/Berlin, or with an offset") from None


def freeze_request(
    environments: Sequence[str], services: Sequence[str], start: datetime | None, end: End, grounds: Grounds, *, hotfix: bool
) -> SetRule:
    """Nothing is to enter these environments; () for all."""
    if end.until is None:
        raise UsageError("a freeze has an end", hint="--until TIME or --for 8h; liftlock hold has none until it is released")
    if start is not None and start >= end.until:
        raise UsageError("--from is not before the end", hint="give another --from or --until")
    places, about = tuple(dict.fromkeys(environments)), tuple(sorted(set(services)))
    said = [sorted(places), about, start.isoformat() if start else "", end.words, end.zone, hotfix]
    name = grounds.name or f"{'-'.join(places[:2]) or 'all'}-{_short(said)}"[-60:].lstrip("-")
    rule = Freeze(_id(name), places, about, start or ALWAYS, end.until, end.zone, *_checked(grounds), hotfix)
    return SetRule(rule, end.relative)


def veto_request(what: str, environment: str | None, end: End, grounds: Grounds) -> SetRule:
    """A release or a digest is to go nowhere else, or not into one environment."""
    release = what if RELEASE_ID.fits(what) else None
    digest = what if DIGEST.fits(what) else None
    if release is None and digest is None:
        raise UsageError(f'"{what}" is neither a release nor a digest', hint="rel- and 16 hex digits, or sha256: and 64; liftlock history")
    base = release or what.replace(":", "-")[:19]
    name = grounds.name or (f"{base}-{environment}" if environment else base)
    places = (environment,) if environment else ()
    return SetRule(Veto(_id(name), release, digest, places, *_checked(grounds), end.until, end.zone), end.relative)


def hold_request(environment: str, service: str | None, pin: str | None, end: End, grounds: Grounds) -> SetRule:
    """An environment, or one service of it, is to stay as it is; pin: the one image that may still enter."""
    if pin is not None and service is None:
        raise UsageError("--pin is of one service", hint=f"liftlock hold {environment} --service SERVICE --pin {pin}")
    if pin is not None and not IMAGE.fits(pin):
        raise UsageError(f'--pin "{pin}": {IMAGE.says}', hint="liftlock image resolve SERVICE=TAG")
    name = grounds.name or (f"{environment}-{service}" if service else environment)
    return SetRule(Hold(_id(name), environment, service, pin, *_checked(grounds), end.until, end.zone), end.relative)


def _checked(grounds: Grounds) -> tuple[str, str]:
    return _one_line("--reason", grounds.reason), _one_line("--owner", grounds.owner)


def _one_line(option: str, text: str) -> str:
    if not ONE_LINE.fits(text) or not text.strip():
        raise UsageError(f'{option} "{shown(text)}": {ONE_LINE.says}', hint="whoever is stopped by it reads it")
    return " ".join(text.split())


def _id(name: str, rule: TextRule = ENTRY_ID) -> str:
    if not rule.fits(name):
        raise UsageError(f'--id "{name}": {rule.says}', hint="such as year-end")
    return name


def _short(said: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:6]


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as err:
        raise UsageError(f'--for "{text}": {err}', hint="such as --for 8h") from None


def _rounded(moment: datetime) -> datetime:
    """Up to the full minute: what was asked for is held, and what is written down can be read."""
    return (moment + timedelta(seconds=59, microseconds=999_999)).replace(second=0, microsecond=0)
