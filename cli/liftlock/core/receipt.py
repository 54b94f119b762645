"""What proves, after a run of `env up` that changed nothing, that the next one would change nothing either. Pure.

A full run is a function of what it reads. A receipt says what that was, so that a run which would read the same again need not be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from liftlock.core.ledger import Json


@dataclass(frozen=True, slots=True)
class Clues:
    """Where to look: everything that a look needs to know of an environment without reading its configuration.

    state: the folder of the state. endpoint: Docker's address. base: the forge's branch. secrets, passphrase: references, never values.
    salt: of the fingerprint of the values behind them.
    """

    environment: str
    project: str
    state: str
    endpoint: str
    base: str
    secrets: tuple[str, ...]
    passphrase: str
    salt: str


@dataclass(frozen=True, slots=True)
class Route:
    """A public route that must answer."""

    port: int
    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """facts: fingerprints by what they are of. report: the result of the run, to be given again. routes: asked again each time."""

    clues: Clues
    facts: Mapping[str, str]
    routes: tuple[Route, ...]
    report: Mapping[str, Json]


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the facts that are not what they were; what only one side knows differs."""
    names = sorted({*before, *now})
    return tuple(name for name in names if before.get(name) != now.get(name))
