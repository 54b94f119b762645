"""Golden copies by hand: made, listed, restored, pruned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from liftlock.core.config.suggestions import unknown
from liftlock.core.environment import Database, DataSource, Environment
from liftlock.core.errors import BlockedError, PolicyError, UsageError
from liftlock.core.snapshot import (
    PrunePlan,
    Snapshot,
    SnapshotOrigin,
    find_anonymised,
    find_by_recipe,
    newest,
    plan_prune,
    recipe,
    template_comment,
    template_name,
)
from liftlock.core.stack import ownership
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import DataPlaces, Place
from liftlock.services.golden import LOCK, described, make_synthetic, target_of
from liftlock.services.parts import Parts


@dataclass(frozen=True, slots=True)
class CreateReport:
    """made: whether it is new; the content was there already where it is not. replaced: older copies of its name, now gone."""

    snapshot: Snapshot
    made: bool
    replaced: tuple[str, ...]
    seconds: float


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


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """in_place: by PostgreSQL itself, inside the running server; otherwise the server was stopped for a moment."""

    place: str
    snapshot: str
    rows: int
    in_place: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What went, or would go where it was not applied. swept: what killed runs had left."""

    removed: tuple[str, ...]
    kept: int
    freed: int
    applied: bool
    swept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotKeeping:
    """Use cases of `liftlock data snapshot`. declared: every environment that can be resolved, one of each class included.

    anonymise: fills the second place with an anonymised copy of the first.
    """

    parts: Parts
    places: DataPlaces
    declared: Callable[[], Sequence[Environment]]
    anonymise: Callable[[Place, Place], object]

    # --- create -------------------------------------------------------------------------------------------------------------------------

    def create(self, text: str, environment: str | None, *, source: str | None, name: str | None, anonymise: bool = False) -> CreateReport:
        """The golden copy of a declared database. source: the place of its rows; otherwise the database itself.

        anonymise: the rows are anonymised on their way, and lie nowhere else. Otherwise PolicyError for rows that nobody made or
        anonymised and that are not an unprotected environment's own.
        """
        began = self.parts.clock.now()
        owner, database = self.places.find(text, environment)
        place = self.places.resolve(source) if source else self.places.reach(owner, database)
        with (
            self.parts.locks.hold(LOCK),
            datagen_errors(about=place.shown),
            self.parts.progress.watching(f"golden copy of {database.name}"),
        ):
            before = self.parts.snapshots.snapshots()
            origin = SnapshotOrigin.OTHER if anonymise else SnapshotOrigin(self.parts.data.facts(place.url, counted=False).origin.value)
            if anonymise:
                found = self._copy(place, database, name, self.anonymise)
            elif source is None and database.data.source is DataSource.SYNTHETIC and origin is SnapshotOrigin.SYNTHETIC:
                found = make_synthetic(self.parts, owner, database, place.url, name=name)
            else:
                _refuse_raw_rows(place, origin)
                found = self._copy(place, database, name)
            made = found.volume not in {item.volume for item in before}
            replaced = [item for item in before if made and item.name == found.name and item.database == found.database]
            for item in replaced:
                self.parts.snapshots.remove(item)
        seconds = (self.parts.clock.now() - began).total_seconds()
        return CreateReport(found, made, tuple(item.volume for item in replaced), seconds)

    def _copy(
        self, place: Place, database: Database, name: str | None, anonymise: Callable[[Place, Place], object] | None = None
    ) -> Snapshot:
        snapshots = self.parts.snapshots
        snapshots.sweep()
        with snapshots.building(database) as building:
            if anonymise is not None:
                anonymise(place, Place(building.url, f"golden copy of {database.name}", database.name))
            else:
                self.parts.progress.step(f"copying {place.shown}")
                snapshots.copy(place.url, building, database)
            found = described(self.parts, place.shown, database, building, None)
            # What was written to the place since its rows were made is in the copy, so its content is that of this moment and no other.
            taken = replace(found, data=f"{found.data or 'rows'}, as they were {found.made:%Y-%m-%d %H:%M:%S} UTC in {place.shown}")
            return snapshots.keep(building, replace(taken, name=name or f"{database.name}-{taken.key[:8]}"))

    # --- list ---------------------------------------------------------------------------------------------------------------------------

    def list(self) -> tuple[SnapshotStatus, ...]:
        """Every whole copy, newest first."""
        clones, declared, now = self.parts.snapshots.clones(), self.declared(), self.parts.clock.now()
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
                stale=stale_reason(item, declared, self.parts.tool),
                source=item.source,
                data=item.data,
                catalog=item.catalog,
                tool=item.tool,
                image=item.image,
            )
            for item in reversed(self.parts.snapshots.snapshots())
        )

    # --- restore ------------------------------------------------------------------------------------------------------------------------

    def target(self, text: str, environment: str | None, name: str | None) -> tuple[Environment, Database, Snapshot]:
        """What a restore would put where. PolicyError for a protected environment, UsageError where there is no such copy."""
        owner, database = self.places.find(text, environment)
        if self.places.guards(owner):
            raise PolicyError(
                f"{owner.name} is protected, and its data are not replaced", hint="restore an unprotected environment: ENV/DB"
            )
        known = [item for item in self.parts.snapshots.snapshots() if item.database == database.name]
        if name is not None:
            found = newest(item for item in known if item.name == name)
            if found is None:
                raise UsageError(unknown("snapshot", name, {item.name for item in known}), hint="liftlock data snapshot list shows them")
            return owner, database, found
        return owner, database, self._own(owner, database, known)

    def _own(self, owner: Environment, database: Database, known: Sequence[Snapshot]) -> Snapshot:
        """The copy that the database was cloned from, or would be."""
        cloned = self.parts.snapshots.clones().get((owner.name, database.name))
        found = newest(item for item in known if item.name == cloned)
        if found is None and database.data.source is DataSource.ANONYMISED:
            found = find_anonymised(known, database.name, database.data.snapshot)
        if found is None:
            found = find_by_recipe(known, recipe(owner, database, self.parts.tool))
        if found is None:
            raise UsageError(
                f"{owner.name}/{database.name}: there is no golden copy of what it was made with",
                hint=f"name one with --snapshot, or make one: liftlock data snapshot create {owner.name}/{database.name}",
            )
        return found

    def restore(self, owner: Environment, database: Database, snapshot: Snapshot) -> RestoreReport:
        """The database as the golden copy has it; sessions are ended. Killed at any moment, it can be run again."""
        began = self.parts.clock.now()
        shown = f"{owner.name}/{database.name}"
        with self.parts.locks.hold(owner.name), datagen_errors(about=shown), self.parts.progress.watching(f"restore of {shown}"):
            cut_off = any(part.role == "restore" for part in self.parts.runtime.parts(owner.project, owner.name))
            in_place = not cut_off and self._in_place(owner, database, snapshot)
            if not in_place:
                secrets = self.parts.engine.secrets(owner.name)
                self.parts.snapshots.refill(snapshot, target_of(owner, database, {"labels": ownership(owner)}, secrets))
        return RestoreReport(shown, snapshot.name, snapshot.rows, in_place, (self.parts.clock.now() - began).total_seconds())

    def _in_place(self, owner: Environment, database: Database, snapshot: Snapshot) -> bool:
        place = self.places.reach(owner, database)
        schema = self.parts.data.facts(place.url, counted=False).catalog
        if schema != snapshot.catalog:
            raise BlockedError(
                f"{place.shown}: golden copy {snapshot.name} has another schema than the database now, which the services would not fit",
                hint=f"make one of this schema: liftlock data snapshot create {place.shown}; or remove the environment and make it anew",
            )
        return self.parts.data.restore(
            place.url,
            template=template_name(database.name),
            comment=template_comment(snapshot.volume),
            on_note=self.parts.progress.note,
        )

    # --- prune --------------------------------------------------------------------------------------------------------------------------

    def plan(self, *, keep: int | None, older_than: timedelta | None) -> PrunePlan:
        """What would go."""
        if keep is None and older_than is None:
            raise UsageError("which golden copies are to go?", hint="say --keep N, --older-than DURATION, or both")
        names = frozenset(
            database.data.snapshot
            for environment in self.declared()
            for database in environment.databases
            if database.data.snapshot is not None
        )
        return plan_prune(self.parts.snapshots.snapshots(), keep=keep, older_than=older_than, declared=names, now=self.parts.clock.now())

    def prune(self, plan: PrunePlan) -> PruneReport:
        """Removes what the plan says, and what killed runs left."""
        with self.parts.locks.hold(LOCK):
            for snapshot in plan.remove:
                self.parts.snapshots.remove(snapshot)
                self.parts.progress.step(f"removed {snapshot.name} ({snapshot.volume})")
            swept = tuple(self.parts.snapshots.sweep())
        return PruneReport(tuple(item.name for item in plan.remove), len(plan.kept), plan.freed, applied=True, swept=swept)


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


def _refuse_raw_rows(place: Place, origin: SnapshotOrigin) -> None:
    if origin is SnapshotOrigin.OTHER and (place.guarded or place.environment is None):
        raise PolicyError(
            f"{place.shown} holds rows that were neither made nor anonymised by liftlock, so no golden copy of it is made",
            hint="anonymise it first: liftlock data anonymise",
        )
