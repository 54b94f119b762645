"""Which file and line set a value, and what that value replaced."""

from __future__ import annotations

from dataclasses import dataclass

from liftlock.core.config.document import MappingNode, Node, Plain, Position
from liftlock.core.config.merge import Merged, Path
from liftlock.core.config.suggestions import unknown
from liftlock.core.config.tree import leaves, node_at, to_plain
from liftlock.core.errors import UsageError

DEFAULT = "(default)"


@dataclass(frozen=True, slots=True)
class Provenance:
    """One value and its place. overridden: what it replaced, oldest first. A value that no file sets has the file `(default)`, line 0.

    value is None where a `null` removed what the layers below had.
    """

    path: str
    value: Plain
    file: str
    line: int
    column: int
    overridden: tuple[Provenance, ...] = ()

    @property
    def place(self) -> str:
        """`file:line`, as people look it up."""
        return f"{self.file}:{self.line}" if self.line else self.file


def explain_tree(merged: Merged, defaults: dict[Path, Plain], path: str | None) -> list[Provenance]:
    """Every value at or below the path (None: all), by path; UsageError where nothing is there."""
    found = {place: _provenance(place, node, merged) for place, node in leaves(merged.root)}
    found |= {place: _provenance(place, node, merged) for place, node in merged.removed.items()}
    for place, value in defaults.items():
        found.setdefault(place, Provenance(".".join(place), value, DEFAULT, 0, 0))
    wanted = tuple(path.split(".")) if path else ()
    chosen = [found[place] for place in sorted(found) if place[: len(wanted)] == wanted]
    if chosen or node_at(merged.root, wanted) is not None:
        return chosen
    raise UsageError(_nothing_at(wanted, list(found)), hint="without a path, config explain lists every value")


def _provenance(path: Path, node: Node, merged: Merged) -> Provenance:
    lost = tuple(_at(path, before, ()) for before in merged.overridden.get(path, ()))
    return _at(path, node, lost)


def _at(path: Path, node: Node, lost: tuple[Provenance, ...]) -> Provenance:
    position: Position = node.position
    value: Plain = "{…}" if isinstance(node, MappingNode) else to_plain(node, path)
    return Provenance(".".join(path), value, position.file, position.line, position.column, lost)


def _nothing_at(wanted: Path, places: list[Path]) -> str:
    """Names the first part of the path that does not exist, and what stands there."""
    for length in range(1, len(wanted) + 1):
        if not any(place[:length] == wanted[:length] for place in places):
            siblings = {place[length - 1] for place in places if len(place) >= length and place[: length - 1] == wanted[: length - 1]}
            message = unknown("path", wanted[length - 1], siblings)
            return f"{'.'.join(wanted[: length - 1])}: {message}" if length > 1 else message
    return f"nothing is set at {'.'.join(wanted)}"
