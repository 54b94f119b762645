"""Who is the same person under several names, and who is meant by a list of names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liftlock.core.errors import UsageError
from liftlock.core.policy import Person
from liftlock.core.ports import Identity


@dataclass(frozen=True, slots=True)
class People:
    """What policy/people.yaml says: each person's names."""

    known: tuple[Person, ...] = ()

    def keys(self, who: Identity) -> frozenset[str]:
        """All that this one is known by."""
        keys = who.keys
        while True:
            joined = keys.union(*(_folded(person.keys) for person in self.known if not keys.isdisjoint(_folded(person.keys))))
            if joined == keys:
                return keys
            keys = joined

    def same(self, one: Identity, other: Identity) -> bool:
        """Whether they are one person."""
        return not self.keys(one).isdisjoint(self.keys(other))

    def is_one_of(self, who: Identity, names: Iterable[str]) -> bool:
        """Whether one of the names means this one: an address, an `@login`, or a person's name in people.yaml."""
        wanted = {name.casefold() for name in names}
        keys = self.keys(who)
        return not keys.isdisjoint(wanted) or any(
            person.name.casefold() in wanted and not keys.isdisjoint(_folded(person.keys)) for person in self.known
        )


def spelled_identity(text: str) -> Identity:
    """Whoever a record or trailer names as `NAME <EMAIL>`, `@login` or anything else; never an error."""
    try:
        return Identity.parse(text)
    except UsageError:
        name = text.strip()
        return Identity(name, name, name.removeprefix("@")) if name.startswith("@") else Identity(name, name)


def _folded(keys: Iterable[str]) -> frozenset[str]:
    return frozenset(key.casefold() for key in keys)
