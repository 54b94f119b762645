"""The golden copies that there are: who was cloned from them, and which ones no environment would take any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from liftlock.core.environment import Environment
from liftlock.core.snapshot import Snapshot, SnapshotOrigin, recipe
from liftlock.services.parts import Parts


@dataclass(frozen=True, slots=True)
class SnapshotStatus:
    """A golden copy as it is listed. used_by: ENV/DB of its clones. stale: why no environment would be made from it now."""

    name: str
    key: str
    database: str
    origin: SnapshotOrigin
    rows: int
    size: int
    age: timedelta
    used_by: tuple[str, ...]
    stale: str | None
    source: str
    data: str
    catalog: str
    tool: str
    image: str


def list_snapshots(parts: Parts, declared: Sequence[Environment]) -> tuple[SnapshotStatus, ...]:
    """Every whole copy, newest first. declared: every environment that can be resolved, one of each class included."""
    clones, now = parts.snapshots.clones(), parts.clock.now()
    return tuple(
        SnapshotStatus(
            name=item.name,
            key=item.key,
            database=item.database,
            origin=item.origin,
            rows=item.rows,
            size=item.size,
            age=now - item.made,
            used_by=tuple(sorted(f"{env}/{db}" for (env, db), name in clones.items() if name == item.name and db == item.database)),
            stale=stale_reason(item, declared, parts.tool),
            source=item.source,
            data=item.data,
            catalog=item.catalog,
            tool=item.tool,
            image=item.image,
        )
        for item in reversed(parts.snapshots.snapshots())
    )


def stale_reason(snapshot: Snapshot, declared: Sequence[Environment], tool: str) -> str | None:
    """Why no declared environment would be made from the copy. Pure."""
    fitting = [(owner, item) for owner in declared for item in owner.databases if item.name == snapshot.database]
    if not fitting:
        return "no environment declares the database"
    if all(str(item.image) != snapshot.image for _, item in fitting):
        return "another image of PostgreSQL is declared"
    if snapshot.origin is SnapshotOrigin.ANONYMISED:
        return None
    if snapshot.origin is SnapshotOrigin.OTHER:
        return "only restored by name"
    if snapshot.tool != tool:
        return "made by another version of liftlock"
    if any(recipe(owner, item, tool) in snapshot.recipes for owner, item in fitting):
        return None
    return "other images, migrations or data are declared"
