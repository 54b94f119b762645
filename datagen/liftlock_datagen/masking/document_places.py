"""The places in documents that a plan names, as a tree: what happens to the values at each, and which were found there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.document_reading import Number
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Fixed, Keep, Null, Seeded, Transformer
from liftlock_datagen.spec.paths import Each, Path, Step, parse_path, path_text

Change = Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


class UnlistedPathError(SpecError):
    """A document holds something that nobody classified. place: the nearest path that the plan knows; what: it holds there."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(
            f"a document holds {what} at {place} that is not classified (its name is not shown: it may be data)",
            hint="let liftlock data init look for paths in more documents (--sample), or classify it; then run the same command again",
        )


@dataclass
class Row:
    """The row that a document belongs to. key: what tells it from others. count: of the values that are made anew at each path."""

    key: bytes
    count: Counter[str] = field(default_factory=Counter)

    def place(self, path: str) -> str:
        """What tells the next value at the path from all others: the row, the path and its number, and nothing of the data."""
        self.count[path] += 1
        return f"{self.key.decode()}/{path}/{self.count[path]}"


@dataclass
class Place:
    """A place in documents: what happens to a value there, and its parts. path: as the plan names it.

    found: the texts there that are to be changed, by what they are changed by: the text itself, or its row. made: what they became.
    """

    path: str
    transformer: Transformer | None = None
    change: Change | None = None
    parts: dict[Step, Place] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether everything at the place stays."""
        return isinstance(self.transformer, Keep) and not self.parts

    def part(self, key: str) -> Place:
        """The place behind a key."""
        found = self.parts.get(key) or self.parts.get(Each.KEY)
        if found is None:
            raise UnlistedPathError(self.path, "a key")
        return found

    def leaf(self, row: Row, value: object) -> object:
        """What is to stand for a text, a number, a boolean or null. Where only parts of the place are known, null is all that passes."""
        if value is None or value == "":
            return value
        match self.transformer:
            case None:
                raise UnlistedPathError(self.path, "a value")
            case Keep():
                return value
            case Null():
                return None
            case Fixed(text=text):
                return text
        if isinstance(value, bool):
            raise UnparsedError(f"{self.path} is a boolean, for which its rule has no value")
        text = str(value)
        given = row.place(self.path) if isinstance(self.transformer, Seeded) else text
        self.found[given] = text
        return Awaited(self, given, isinstance(value, Number))

    def change_found(self) -> None:
        """Gives each found text its new one, all of a place together, and so below it."""
        if self.found and self.change is not None:
            old = [text.encode() for text in self.found.values()]
            inputs = [given.encode() for given in self.found] if isinstance(self.transformer, Seeded) else old
            self.made = dict(zip(self.found, (text.decode() for text in self.change(inputs, old)), strict=True))
        for part in self.parts.values():
            part.change_found()

    def forget(self) -> None:
        """Makes ready for other documents."""
        self.found, self.made = {}, {}
        for part in self.parts.values():
            part.forget()


@dataclass(frozen=True, slots=True)
class Awaited:
    """A value that is to be changed, in its place in a document."""

    place: Place
    given: str
    number: bool

    @property
    def new(self) -> str:
        """What it became; a number stays one if it can."""
        made = self.place.made[self.given]
        return Number(made) if self.number and _NUMBER.fullmatch(made) else made


def places_of(paths: Iterable[tuple[str, Transformer]], maker: Callable[[Transformer], Change]) -> Place:
    """The root of the tree that the paths span. maker: gives what changes the texts of a leaf."""
    root = Place(path_text(()))
    for text, transformer in paths:
        place = root
        steps = _parsed(text)
        for end, step in enumerate(steps, 1):
            place = place.parts.setdefault(step, Place(path_text(steps[:end])))
        place.transformer, place.change = transformer, maker(transformer)
    return root


def _parsed(text: str) -> Path:
    path = parse_path(text)
    if path is None:
        raise DatagenError(f"{text} is no path of a document", hint="write $.name, $.list[*] or $.object.*")
    return path
