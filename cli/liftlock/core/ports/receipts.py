"""Receipts of runs that changed nothing, and the look that tells whether anything is otherwise since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from liftlock.core.receipt import Clues, Receipt


class Receipts(Protocol):
    """Kept on this machine only. One that cannot be read is none."""

    def read(self, environment: str) -> Receipt | None:
        """The receipt of the environment's last run; None where there is none."""
        ...

    def write(self, environment: str, receipt: Receipt) -> None:
        """Keeps the receipt."""
        ...

    def drop(self, environment: str) -> None:
        """Forgets it; there may be none."""
        ...


class Witness(Protocol):
    """Looks at everything that a run of `env up` reads, and changes nothing."""

    def look(self, clues: Clues) -> Mapping[str, str] | None:
        """A fingerprint of each thing, by name; no value can be read from one. None where anything cannot be told for certain, or
        where something is not as a run would leave it."""
        ...
