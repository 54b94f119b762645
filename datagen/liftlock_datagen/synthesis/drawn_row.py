"""A row of a few columns, drawn from their domains and changed one column at a time. Columns that cannot be changed so stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any

from liftlock_datagen.synthesis.dice import Dice
from liftlock_datagen.synthesis.domains import Domain
from liftlock_datagen.synthesis.evaluate import compare
from liftlock_datagen.synthesis.sql_values import read_like

_TRIES = 4


@dataclass
class DrawnRow:
    """values: by column, of this moment; None is NULL."""

    domains: Mapping[str, Domain]
    dice: Dice
    values: dict[str, Any] = field(default_factory=dict)

    def admitted(self) -> bool:
        """Whether every value is one of its domain."""
        return all(not domain.known or domain.admits(self.values[name]) for name, domain in self.domains.items())

    def begin(self) -> None:
        """Draws a value for each column, or NULL."""
        for name, domain in self.domains.items():
            empty = not domain.values or (domain.nullable and not self.dice.below(2 if not domain.known else 6))
            self.values[name] = None if empty and domain.nullable else self._any(domain)

    def _any(self, domain: Domain) -> Any:
        return domain.values[self.dice.below(len(domain.values))] if domain.values else None

    def make_present(self, name: str, *, present: bool) -> None:
        """A value where there is NULL, or NULL where the column may be."""
        domain = self.domains[name]
        if present and self.values[name] is None:
            self.values[name] = self._any(domain)
        elif not present and domain.nullable:
            self.values[name] = None

    def set(self, name: str, sign: str, value: Any) -> bool:
        """The column becomes a value that stands so to the given one: one of its own, else the nearest, or a bit further."""
        domain = self.domains.get(name)
        if domain is None or not domain.known:
            return False
        if sign != "=" or isinstance(self._any(domain), list | dict):
            for _ in range(_TRIES):
                own = self._any(domain)
                if own is not None and compare(sign, own, value):
                    self.values[name] = own
                    return True
        if sign in {"~", "~*", "~~", "~~*"} or sign.startswith("!"):
            return False
        if isinstance(value, str):
            value = value if not domain.values else _as(value, domain.values[0])
        up = sign.startswith(">")
        nearest = domain.rounded(value, up=up)
        strict = sign in {"<", ">", "<>"} and nearest == value
        steps = (1 if strict else 0) + (self.dice.below(4) if sign != "=" else 0)
        chosen = domain.moved(nearest, steps if up or sign == "<>" else -steps)
        if sign == "=" and nearest != value and not isinstance(value, time):
            return False
        if not domain.admits(chosen):
            chosen = domain.moved(nearest, (1 if strict else 0) * (1 if up else -1))
        self.values[name] = chosen
        return domain.admits(chosen)

    def set_key(self, name: str, key: str, value: Any) -> bool:
        """The document gets the key; False where the column holds none."""
        document = self.values.get(name)
        if not self.domains[name].known or not isinstance(document or {}, dict):
            return False
        self.values[name] = {**(document or {}), key: value if not isinstance(value, Decimal) else int(value)}
        return True

    def resize(self, name: str, sign: str, size: int) -> bool:
        """A list or a text of a length that stands so to the size; False where there is nothing to repeat."""
        wanted = max(0, size + {"<": -1, ">": 1, "<>": 1}.get(sign, 0))
        own = self.values.get(name)
        full = own or next((value for value in self.domains[name].values if value), None)
        if full is None or not isinstance(full, list | str):
            return False
        self.values[name] = (full * (wanted // len(full) + 1))[:wanted]
        return True

    def count(self, names: list[str], sign: str, number: int) -> bool:
        """Exactly, at least or at most so many of the columns are there."""
        wanted = max(0, min(len(names), number + {"<": -1, ">": 1, "<>": 1}.get(sign, 0)))
        order = list(names)
        for place in range(len(order) - 1, 0, -1):
            other = self.dice.below(place + 1)
            order[place], order[other] = order[other], order[place]
        order.sort(key=lambda name: self.domains[name].nullable)
        for place, name in enumerate(order):
            self.make_present(name, present=place < wanted)
        return True


def _as(text: str, like: Any) -> Any:
    return text if isinstance(like, str) else read_like(text, like)
