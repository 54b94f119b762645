"""What a forge's API answers, read with its shape checked: an answer of another shape is IncompleteError, never a guess.

Shapes are read where they are used (`answer.object().object("head").text("sha")`), so what a forge adds does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import Json

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_SAID_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object of an answer. place: where it stands, for messages: `GitHub, GET /repos/a/b/pulls: [3].head`."""

    values: Mapping[str, Json] = field(repr=False)
    place: str

    def text(self, name: str) -> str:
        """The text there."""
        value = self.values.get(name)
        return value if isinstance(value, str) else self._wrong(name, "a text")

    def text_or(self, name: str, default: str = "") -> str:
        """The text there; the default for null or nothing."""
        return default if self.values.get(name) is None else self.text(name)

    def maybe_text(self, name: str) -> str | None:
        """The text there; None for null or nothing."""
        return None if self.values.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """The whole number there."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else self._wrong(name, "a whole number")

    def flag(self, name: str) -> bool:
        """Whether it is true; false for null or nothing."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else value is not None and self._wrong(name, "true or false")

    def time(self, name: str) -> datetime:
        """The moment there, with its zone."""
        return parse_time(self.text(name)) or self._wrong(name, "a time")

    def maybe_time(self, name: str) -> datetime | None:
        """The moment there; None for null or nothing."""
        return None if self.values.get(name) is None else self.time(name)

    def object(self, name: str) -> Fields:
        """The object there."""
        value = self.values.get(name)
        return Fields(value, f"{self.place}.{name}") if isinstance(value, dict) else self._wrong(name, "an object")

    def maybe_object(self, name: str) -> Fields | None:
        """The object there; None for null or nothing."""
        return None if self.values.get(name) is None else self.object(name)

    def objects(self, name: str) -> tuple[Fields, ...]:
        """The objects of the list there; none for null or nothing."""
        value = self.values.get(name)
        if value is None:
            return ()
        return objects_of(value, f"{self.place}.{name}")

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the list there; none for null or nothing."""
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong(name, "a list")
        return tuple(item if isinstance(item, str) else self._wrong(name, "a list of texts") for item in value)

    def _wrong(self, name: str, wanted: str) -> NoReturn:
        _wrong_shape(f"{self.place}.{name}", wanted)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. place: forge and request, for messages. body: the JSON; None where it was empty. headers: names in small letters."""

    status: int
    place: str
    body: Json = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def object(self) -> Fields:
        """The body, which is an object."""
        return Fields(self.body, f"{self.place}: body") if isinstance(self.body, dict) else _wrong_shape(self.place, "an object")

    def objects(self) -> tuple[Fields, ...]:
        """The body, which is a list of objects."""
        return objects_of(self.body, f"{self.place}: ")

    @property
    def said(self) -> str:
        """What the forge itself says about it (`message`, `error`, `errors`), in one line; "" where it says nothing."""
        return one_line("; ".join(dict.fromkeys(_words(self.body))))


def objects_of(value: Json, place: str) -> tuple[Fields, ...]:
    """The objects of a list."""
    if not isinstance(value, list):
        _wrong_shape(place, "a list")
    return tuple(
        Fields(item, f"{place}[{index}]") if isinstance(item, dict) else _wrong_shape(f"{place}[{index}]", "an object")
        for index, item in enumerate(value)
    )


def parse_time(text: str) -> datetime | None:
    """The moment in ISO 8601; UTC where no zone is written; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def one_line(text: str) -> str:
    """Text from outside as it may stand in a message: no control characters, not endless."""
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= _SAID_LIMIT else f"{line[:_SAID_LIMIT]}…"


def _words(body: Json) -> list[str]:
    match body:
        case str():
            return [body] if body else []
        case list():
            return [word for item in body for word in _words(item)]
        case dict():
            known = [body[name] for name in ("message", "error", "error_description", "errors") if name in body]
            # GitHub says `{"resource", "code", "field"}` and GitLab `{"field": ["what is wrong"]}` where they have no sentence for it
            return _words(known) if known else [f"{name}: {word}" for name, value in body.items() for word in _words(value)]
        case _:
            return []


def _wrong_shape(place: str, wanted: str) -> NoReturn:
    raise IncompleteError(f"{place} is not {wanted}", hint="is forge.api the address of this forge's API, and its version supported?")
