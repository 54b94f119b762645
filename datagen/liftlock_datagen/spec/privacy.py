"""What may honestly be said of the columns and paths of a copy, counted in one way wherever it is shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from liftlock_datagen.spec.model import Privacy

_WEAKEST_FIRST = (Privacy.PSEUDONYMISED, Privacy.SYNTHETIC, Privacy.ANONYMISED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a column, or to one path of a document (path: "" for the column). guarantee: of different values; "" of a path."""

    column: str
    path: str
    what: str
    guarantee: str
    privacy: Privacy


class Line(Protocol):
    """What is said of a column (path: "") or of a path of it."""

    @property
    def column(self) -> str:
        """The column's name."""

    @property
    def path(self) -> str:
        """The path; "" of the column itself."""


_Line = TypeVar("_Line", bound=Line)


def counted(lines: Sequence[_Line]) -> Iterator[_Line]:
    """The lines of one table that count: of a document its paths, and not the column."""
    documents = {line.column for line in lines if line.path}
    yield from (line for line in lines if line.path or line.column not in documents)


def tally(classes: Iterable[Privacy | None]) -> Mapping[Privacy, int]:
    """How many there are of each class."""
    found = Counter(classes)
    return {privacy: found[privacy] for privacy in Privacy}


def weakest(classes: Iterable[Privacy]) -> Privacy:
    """The class of a document: of what changes in it that which protects least; kept where nothing changes."""
    found = set(classes)
    return next((privacy for privacy in _WEAKEST_FIRST if privacy in found), Privacy.KEPT)


def told(counts: Mapping[Privacy, int], unclassified: int = 0) -> str:
    """The counts in words."""
    found = [f"{count:,} {privacy.value}" for privacy, count in counts.items() if count]
    found += [f"{unclassified:,} unclassified"] * (unclassified > 0)
    return f"{', '.join(found) or 'nothing'} (columns and JSON paths)"
