"""Puts a database back to its golden copy: in place where it can be, otherwise by filling its data folder again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liftlock.core.config.suggestions import unknown
from liftlock.core.environment import Database, DataSource, Environment
from liftlock.core.errors import BlockedError, PolicyError, UsageError
from liftlock.core.snapshot import Snapshot, find_anonymised, find_by_recipe, newest, recipe, template_comment, template_name
from liftlock.core.stack import ownership
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import DECLARED, DataPlaces, is_address
from liftlock.services.golden import target_of
from liftlock.services.parts import Parts


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """in_place: by PostgreSQL itself, inside the running server; otherwise the server was stopped for a moment."""

    place: str
    snapshot: str
    rows: int
    in_place: bool
    seconds: float


def _refuse_protected(name: str) -> None:
    if name:
        raise PolicyError(f"{name} is protected, and its data are not replaced", hint="restore an unprotected environment: ENV/DB")


@dataclass(frozen=True, slots=True)
class SnapshotRestoring:
    """`liftlock data snapshot restore`."""

    parts: Parts
    places: DataPlaces

    def target(self, text: str, environment: str | None, name: str | None) -> tuple[Environment, Database, Snapshot]:
        """What a restore would put where. PolicyError for a protected environment, UsageError where there is no such copy."""
        if is_address(text):
            raise UsageError("what was given is an address, and golden copies go into the databases of environments", hint=DECLARED)
        _refuse_protected(self.places.protected(text, environment, forms=DECLARED))
        owner, database = self.places.find(text, environment, forms=DECLARED)
        _refuse_protected(owner.name if self.places.guards(owner) else "")
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
