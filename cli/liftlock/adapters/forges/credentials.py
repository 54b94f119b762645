"""Who asks a forge. A token shows in no repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Credentials(Protocol):
    """Who asks."""

    def headers(self) -> Mapping[str, str]:
        """The headers that say so; asked for each request, so that a token that ends may be replaced."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A token in a header: Token("Authorization", "Bearer ", secret), Token("PRIVATE-TOKEN", "", secret)."""

    header: str
    prefix: str
    secret: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """The one header."""
        return {self.header: self.prefix + self.secret}


class Nobody:
    """No token: what the forge tells everybody."""

    def headers(self) -> Mapping[str, str]:
        """None."""
        return {}
