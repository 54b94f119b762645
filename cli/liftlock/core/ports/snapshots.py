"""Where golden copies are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from liftlock.core.environment import Database
from liftlock.core.ledger import Json
from liftlock.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Target:
    """Where a clone goes: the data folder of a database of an environment. labels: of its volume. password: of the database's role.

    disposable: whether the data may be lost when the machine crashes.
    """

    project: str
    environment: str
    database: str
    labels: Mapping[str, Json]
    password: str = field(repr=False)
    disposable: bool = False


@dataclass(frozen=True, slots=True)
class Building:
    """A server that holds a golden copy in the making. url: of its database, empty at first."""

    url: str = field(repr=False)
    volume: str


class Snapshots(Protocol):
    """Keeps golden copies. A copy is listed only once it is whole; what a killed run left is never used, and removed by sweep."""

    def snapshots(self) -> Sequence[Snapshot]:
        """Every whole copy of the project, oldest first."""
        ...

    def clones(self) -> Mapping[tuple[str, str], str]:
        """(environment, database) -> name of the golden copy that it was last cloned from."""
        ...

    def clone(self, snapshot: Snapshot, target: Target) -> bool:
        """Fills the target, before its server is made; False where it has a data folder already, which stays as it is.

        A clone that a killed run began is thrown away and made again. Raises LiftlockError with nothing left behind.
        """
        ...

    def discard_half_made(self, target: Target) -> None:
        """Throws a clone away that a killed run began, so that its data folder does not pass for one; all else stays as it is."""
        ...

    def refill(self, snapshot: Snapshot, target: Target) -> None:
        """Stops the target's server, makes its data folder a clone, and starts it again; done again where a killed run began it."""
        ...

    def let_build(self, environment: str, database: str) -> None:
        """Gives the role of a database that an environment runs the right to create databases: new rows are built beside the old ones."""
        ...

    def building(self, database: Database) -> AbstractContextManager[Building]:
        """A server with an empty database of that name, and of its image; it is gone when the block ends, and so are its data unless
        they were kept."""
        ...

    def copy(
        self,
        source_url: str,
        building: Building,
        database: Database,
        *,
        empty: Sequence[tuple[str, str]] | None = None,
        moment: str | None = None,
    ) -> None:
        """Copies a database's schema and rows into the one that is being built; only reads the source.

        empty: (schema, table) of those whose rows are left out, with the marker that tells of them and large objects; None takes all
        as it is. moment: a snapshot that somebody holds in the source, for rows as of then.
        """
        ...

    def keep(self, building: Building, snapshot: Snapshot) -> Snapshot:
        """Stops the server, proves that its data are whole and on the disk, and lists the copy. What it is after that (size, volume)."""
        ...

    def add_recipe(self, snapshot: Snapshot, recipe: str) -> None:
        """The copy serves this recipe, too."""
        ...

    def remove(self, snapshot: Snapshot) -> None:
        """The copy is no longer listed, then gone; one that is gone is fine."""
        ...

    def sweep(self) -> Sequence[str]:
        """Removes what killed runs of this checkout left; names. Only for who holds the lock under which copies are made."""
        ...
