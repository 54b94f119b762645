"""The rules that people set for a while, in policy/: freezes, vetoes, holds. Each has a reason, an owner and an end. Pure data.

Order of strength: veto, freeze, window, hold, hotfix. A rule that cannot be read is an error, never no rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing enters these environments from start until end. environments and services: empty for all.

    start: moments.ALWAYS where the file gives none: it holds as soon as it is on the base branch. Times are in UTC.
    hotfix: whether the hotfix lane may pass. zone: the IANA name in which the file gives the times.
    """

    id: str
    environments: tuple[str, ...]
    services: tuple[str, ...]
    start: datetime
    until: datetime
    zone: str
    reason: str
    owner: str
    hotfix: bool = False


@dataclass(frozen=True, slots=True)
class Veto:
    """A release or a digest that must reach no environment it is not in yet. Exactly one of release and digest (`sha256:…`) is given.

    environments: empty for all. until: None where it never ends.
    """

    id: str
    release: str | None
    digest: str | None
    environments: tuple[str, ...]
    reason: str
    owner: str
    until: datetime | None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Hold:
    """The environment (or one service of it) stays as it is. image: a pin; a promotion to exactly that image may pass.

    rollback: the release that a rollback left, where one set this hold; a roll-forward lifts it.
    """

    id: str
    environment: str
    service: str | None
    image: str | None
    reason: str
    owner: str
    until: datetime | None
    zone: str = "UTC"
    rollback: str | None = None


Rule = Freeze | Veto | Hold


@dataclass(frozen=True, slots=True)
class Person:
    """One person's names, so that a commit's address and an account on the forge are known as the same. keys: addresses and `@login`s."""

    name: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """policy/ at one commit."""

    freezes: tuple[Freeze, ...] = ()
    vetoes: tuple[Veto, ...] = ()
    holds: tuple[Hold, ...] = ()
    people: tuple[Person, ...] = ()
