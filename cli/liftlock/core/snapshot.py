"""Golden copies of databases: what is known of one, which one serves, which ones may go. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from liftlock.core.environment import Database, Environment


class SnapshotOrigin(StrEnum):
    """Where the rows come from. OTHER: nobody vouches for them; such a copy is only restored by name."""

    SYNTHETIC = "synthetic"
    ANONYMISED = "anonymised"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole golden copy. catalog: digest of its schema. data: what its rows are made from (seed, or key id and spec), in words.

    tool: what made it, with the digest of its word lists. image: of the PostgreSQL that wrote the files. source: the place that it was
    made from, for people. template: whether a pristine copy lies inside, so that a restore needs no other container. size: bytes.
    volume: where it is. recipes: of the environments (see recipe) that it gives exactly the data which they declare.
    """

    name: str
    database: str
    origin: SnapshotOrigin
    catalog: str
    data: str
    tool: str
    image: str
    source: str
    rows: int
    size: int
    made: datetime
    volume: str
    template: bool = False
    recipes: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """12 hex digits over all that decides its content: two copies of one key hold the same."""
        return snapshot_key(self.database, self.image, self.catalog, self.origin, self.data, self.tool)


def snapshot_key(database: str, image: str, catalog: str, origin: SnapshotOrigin, data: str, tool: str) -> str:
    """See Snapshot.key."""
    return _hash([database, image, catalog, origin.value, data, tool])[:12]


def template_name(database: str) -> str:
    """The pristine copy inside a clone's server."""
    return f"{database[:40]}_liftlock_golden"


def template_comment(volume: str) -> str:
    """What it carries: whose copy it is."""
    return f"liftlock: golden copy {volume}"


def recipe(environment: Environment, database: Database, tool: str) -> str:
    """16 hex digits over all that decides, before anything runs, what a database made anew will hold once it is migrated and filled.

    The schema comes from the migrations, so it stands here as the images and commands that run them, with their variables in clear.
    environment.data tells of the files in data/, which only a named size follows: where rows are counted, an edit there changes no row.
    """
    migrations = [
        [service.name, str(service.image), list(service.migration.command), sorted(service.env)]
        for service in sorted(environment.services, key=lambda service: service.name)
        if service.migration is not None and database.name in service.databases
    ]
    data = database.data
    size = [data.size, environment.data] if data.size else []
    rows = [data.source.value, data.rows, data.seed, data.locale, *size]
    return _hash([database.name, str(database.image), migrations, rows, tool])[:16]


def find_by_recipe(snapshots: Iterable[Snapshot], wanted: str) -> Snapshot | None:
    """The newest copy for the recipe."""
    return newest(snapshot for snapshot in snapshots if wanted in snapshot.recipes)


def find_by_key(snapshots: Iterable[Snapshot], key: str) -> Snapshot | None:
    """The newest copy of the key."""
    return newest(snapshot for snapshot in snapshots if snapshot.key == key)


def find_anonymised(snapshots: Iterable[Snapshot], database: str, name: str | None) -> Snapshot | None:
    """The newest anonymised copy of the database; of that name, where one is given."""
    fitting = (item for item in snapshots if item.database == database and item.origin is SnapshotOrigin.ANONYMISED)
    return newest(item for item in fitting if name in {None, item.name})


def newest(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """The one made last."""
    return max(snapshots, key=lambda snapshot: (snapshot.made, snapshot.volume), default=None)


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """Which golden copies go, and which stay and why; both oldest first."""

    remove: tuple[Snapshot, ...]
    kept: tuple[tuple[Snapshot, str], ...] = ()

    @property
    def freed(self) -> int:
        """Bytes, about."""
        return sum(snapshot.size for snapshot in self.remove)


def plan_prune(
    snapshots: Sequence[Snapshot], *, keep: int | None, older_than: timedelta | None, declared: frozenset[str], now: datetime
) -> PrunePlan:
    """What goes: all but the newest `keep` of each database and origin, of these only what is older than `older_than`.

    declared: names that an environment's file asks for; they stay.
    """
    remove: list[Snapshot] = []
    kept: list[tuple[Snapshot, str]] = []
    groups: dict[tuple[str, SnapshotOrigin], int] = {}
    for snapshot in sorted(snapshots, key=lambda item: (item.made, item.volume), reverse=True):
        group = (snapshot.database, snapshot.origin)
        place = groups.get(group, 0)
        groups[group] = place + 1
        if snapshot.name in declared:
            kept.append((snapshot, "an environment declares it"))
        elif keep is not None and place < keep:
            kept.append((snapshot, f"one of the newest {keep}"))
        elif older_than is not None and now - snapshot.made <= older_than:
            kept.append((snapshot, "not old enough"))
        else:
            remove.append(snapshot)
    return PrunePlan(tuple(reversed(remove)), tuple(reversed(kept)))


def _hash(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
