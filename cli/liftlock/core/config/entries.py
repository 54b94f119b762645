"""One entry of a list of rules, read value by value: each value comes checked, or as None with its problem noted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.config.document import MappingNode, Node, ScalarNode, SequenceNode
from liftlock.core.config.problems import Problem
from liftlock.core.config.suggestions import shown, unknown
from liftlock.core.config.text_rules import ONE_LINE, TextRule
from liftlock.core.moments import find_zone, parse_moment

NEVER = "never"
"""What `until` says of a rule without an end."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a policy may use."""

    environments: Collection[str]
    services: Collection[str]


class EntryReader:
    """One entry: hands out its values and keeps what is wrong with them. A value that is wrong or missing comes back as None."""

    def __init__(self, node: MappingNode, path: str, known: Known | None, problems: list[Problem]) -> None:
        self.node = node
        self._path, self._known, self._problems = path, known, problems

    def wrong(self, key: str, message: str) -> None:
        """Notes a problem of the key's value, or of the entry where it has no such key."""
        value = self.node.get(key)
        self._problems.append(Problem((value or self.node).position, f"{self._path}.{key}" if value else self._path, message))

    def only(self, keys: Collection[str]) -> None:
        """Notes every key that is none of these."""
        for entry in self.node.entries:
            if entry.key.text not in keys:
                path = f"{self._path}.{shown(entry.key.text)}"
                self._problems.append(Problem(entry.key.position, path, unknown("key", entry.key.text, keys)))

    def has(self, key: str) -> bool:
        """Whether the entry says something there."""
        node = self.node.get(key)
        return node is not None and not (isinstance(node, ScalarNode) and node.value is None)

    def text(self, key: str, rule: TextRule = ONE_LINE, *, required: bool = True) -> str | None:
        """The text at the key, as written."""
        if not self.has(key):
            if required:
                self.wrong(key, f"{key} is missing")
            return None
        node = self.node.get(key)
        if not isinstance(node, ScalarNode) or not rule.fits(node.text) or not node.text.strip():
            self.wrong(key, rule.says)
            return None
        return node.text

    def names(self, key: str, kind: str) -> tuple[str, ...]:
        """A list of names that are declared; () where the key is left out, which means all of them."""
        if not self.has(key):
            return ()
        node = self.node.get(key)
        items = node.items if isinstance(node, SequenceNode) else ()
        if not items or not all(isinstance(item, ScalarNode) for item in items):
            self.wrong(key, f"this is a list of {kind}s, such as [{key[:-1]}]; leave it out for all")
            return ()
        for item in items:
            self.check_name(item, key, kind)
        return tuple(dict.fromkeys(item.text for item in items if isinstance(item, ScalarNode)))

    def check_name(self, node: Node | None, key: str, kind: str) -> None:
        """Notes a name that nothing declares."""
        valid = (self._known.environments if kind == "environment" else self._known.services) if self._known else None
        if valid is not None and isinstance(node, ScalarNode) and node.text not in valid:
            self._problems.append(Problem(node.position, f"{self._path}.{key}", unknown(kind, node.text, valid)))

    def flag(self, key: str) -> bool:
        """true or false; false where it is left out."""
        node = self.node.get(key)
        if self.has(key) and not (isinstance(node, ScalarNode) and isinstance(node.value, bool)):
            self.wrong(key, "this is true or false, without quotes")
        return isinstance(node, ScalarNode) and node.value is True

    def zone(self) -> str | None:
        """The zone that the entry names; None where it names none, or none that is known."""
        zone = self.text("zone", required=False)
        try:
            find_zone(zone or "UTC")
        except ValueError as err:
            self.wrong("zone", f'"{shown(zone or "")}": {err}')
            return None
        return zone

    def moment(self, key: str, zone: str | None) -> datetime | None:
        """The moment at the key."""
        written = self.text(key)
        try:
            return None if written is None else parse_moment(written, zone)
        except ValueError as err:
            self.wrong(key, str(err))
            return None

    def end(self, zone: str | None) -> tuple[bool, datetime | None]:
        """Whether the entry says when it ends, and when; `never` is an end that has to be said."""
        if not self.has("until"):
            self.wrong("until", f"until is missing: say when it ends, or until: {NEVER}")
            return False, None
        node = self.node.get("until")
        if isinstance(node, ScalarNode) and node.text == NEVER:
            return True, None
        until = self.moment("until", zone)
        return until is not None, until
