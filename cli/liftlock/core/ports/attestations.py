"""What is attached to images in a registry, and whether somebody's key signed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from liftlock.core.attestation import Envelope, Found, Trust
from liftlock.core.image import ImageRef


class Attestations(Protocol):
    """What somebody attached to an image: nobody has checked it yet."""

    def find(self, image: ImageRef, predicate: str | None = None) -> Iterator[Found]:
        """Everything attached to exactly this digest, as it is read; what says that it is of another predicate type may be left out.

        What cannot be read is told as such and hides nothing else. UnavailableError or IncompleteError where the registry cannot be asked.
        """
        ...


class Signatures(Protocol):
    """Checks signatures without asking anybody."""

    def signed(self, envelope: Envelope, trust: Trust) -> bool:
        """Whether one of the envelope's signatures is by somebody who is trusted. ConfigError where what is trusted cannot be read."""
        ...
