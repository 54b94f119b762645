"""People and bots, as Git and the forges name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from liftlock.core.errors import UsageError

_IDENTITY = re.compile(r"(?P<name>[^<>\x00-\x1f]*[^<>\s\x00-\x1f]) *<(?P<email>[^<>\s\x00-\x1f]+)>")
_NOREPLY = re.compile(r"(?:\d+[+-])?(?P<login>[^@+\s]+)@(?:users\.)?noreply\.[^@\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or bot: who did something. login: the account on the forge, where one is known."""

    name: str
    email: str
    login: str | None = None

    @classmethod
    def parse(cls, text: str) -> Identity:
        """The identity that `NAME <EMAIL>` spells; UsageError for anything else."""
        match = _IDENTITY.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} does not name a person", hint='write it as "NAME <EMAIL>"')
        return cls(match["name"], match["email"])

    @property
    def key(self) -> str:
        """What tells two people apart: the address, whatever its case."""
        return self.email.casefold()

    @property
    def keys(self) -> frozenset[str]:
        """All that this one is known by: the address, and `@login` of the account (also where only a no-reply address tells it).

        Two identities with a key in common are one person.
        """
        hidden = _NOREPLY.fullmatch(self.email)
        logins = {name.casefold() for name in (self.login, hidden and hidden["login"]) if name}
        return frozenset({self.key, *(f"@{login}" for login in logins)})

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
