"""Golden copies in the making of an environment: cloned before its servers start, and made where one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from liftlock.core.environment import Database, DataSource, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, ConflictError, LiftlockError
from liftlock.core.ledger import Json
from liftlock.core.ports.snapshots import Building, Target
from liftlock.core.sizes import size_text
from liftlock.core.snapshot import Snapshot, SnapshotOrigin, find_anonymised, find_by_key, find_by_recipe, recipe, snapshot_key
from liftlock.services.parts import Parts
from liftlock.services.preparation import Prepared
from liftlock_datagen.errors import DatagenError

LOCK = "golden copies"
"""Held while copies are made or removed. No environment has such a name."""
_RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Clones:
    """What the databases of an environment start from. made: database -> the copy that was cloned in this run."""

    made: Mapping[str, Snapshot] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """Database -> name of its copy."""
        return {database: snapshot.name for database, snapshot in self.made.items()}


def clone_before(parts: Parts, prepared: Prepared) -> Clones:
    """Clones golden copies into databases that have no data folder yet.

    Raises BlockedError where anonymised rows are declared and there is no copy, ConflictError where a restore was cut off.
    """
    environment = prepared.environment
    _refuse_half_restored(parts, environment)
    filled = any(database.data.source is not DataSource.NONE for database in environment.databases)
    known = parts.snapshots.snapshots() if filled else ()
    made = {}
    for database in environment.databases:
        snapshot = _choose(known, environment, database, parts.tool)
        target = target_of(environment, database, prepared.values, prepared.secrets)
        if snapshot is None:
            parts.snapshots.discard_half_made(target)
            _tell_what_stays(parts, environment, database, target)
            if database.data.source is DataSource.ANONYMISED and not _was_cloned(parts, target):
                raise _nothing_to_clone(environment, database)
            continue
        _refuse_other_image(environment, database, snapshot)
        with parts.progress.watching(f"{environment.name}: data of {database.name}"):
            if parts.snapshots.clone(snapshot, target):
                parts.progress.step(f"{environment.name}: {database.name} cloned from {snapshot.name}, {snapshot.rows:,} rows")
                made[database.name] = snapshot
            elif database.data.source is DataSource.ANONYMISED and not _was_cloned(parts, target):
                parts.progress.warn(
                    f"{database.name} keeps the rows that it has; to put the anonymised ones in their place: "
                    f"liftlock data snapshot restore {environment.name}/{database.name}"
                )
    return Clones(made)


def target_of(environment: Environment, database: Database, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Target:
    """Where a clone for the environment's database goes."""
    labels = values.get("labels")
    return Target(
        project=environment.project,
        environment=environment.name,
        database=database.name,
        labels=labels if isinstance(labels, dict) else {},
        password=secrets[f"database/{database.name}/password"],
        disposable=environment.cls is EnvironmentClass.EPHEMERAL,
    )


def keep_after(parts: Parts, environment: Environment, database: Database, url: str) -> Snapshot | None:
    """Makes the golden copy of a database that was just filled with synthetic rows, for the next environment of its recipe.

    The rows are made again from the schema, so nothing that the services wrote meanwhile is in it. Only environments of branches leave
    copies: they come often. What goes wrong is a warning: the environment itself is well.
    """
    if environment.cls is not EnvironmentClass.EPHEMERAL or database.data.source is not DataSource.SYNTHETIC:
        return None
    try:
        with parts.locks.hold(LOCK), parts.progress.watching(f"golden copy of {database.name}"):
            return make_synthetic(parts, environment, database, url, name=None)
    except (LiftlockError, DatagenError) as err:
        parts.progress.warn(f"no golden copy of {database.name} was made, so the next branch is filled anew: {err.message}")
        return None


def make_synthetic(parts: Parts, environment: Environment, database: Database, url: str, *, name: str | None) -> Snapshot:
    """The golden copy of what the environment declares, with the schema found at the URL; an existing one where its content is the same.

    Only for who holds LOCK.
    """
    wanted, known = recipe(environment, database, parts.tool), parts.snapshots.snapshots()
    found = find_by_recipe(known, wanted)
    if found is not None and name in {None, found.name}:
        return found
    filled = parts.data.facts(url, counted=False)
    key = snapshot_key(database.name, str(database.image), filled.catalog, SnapshotOrigin.SYNTHETIC, filled.data, parts.tool)
    same = find_by_key(known, key)
    if same is not None and name in {None, same.name}:
        parts.snapshots.add_recipe(same, wanted)
        return same
    parts.snapshots.sweep()
    with parts.snapshots.building(database) as building:
        parts.snapshots.copy(url, building, database, empty=[(table.schema, table.name) for table in filled.tables])
        if not parts.seeder.seed(building.url, database, progress=parts.progress):
            raise LiftlockError(
                f"the golden copy of {database.name} would be empty: its schema has no table that rows are made for",
                hint=f"see what would be made: liftlock data generate {environment.name}/{database.name} --plan-only",
            )
        made = described(parts, environment.name, database, building, name)
        kept = parts.snapshots.keep(building, replace(made, recipes=frozenset({wanted})))
    parts.progress.step(f"golden copy {kept.name}: {kept.rows:,} rows, {size_text(kept.size)}")
    return kept


def described(parts: Parts, source: str, database: Database, building: Building, name: str | None) -> Snapshot:
    """What the database that is being built holds. source: where it is from, for people. name: otherwise by its key."""
    facts = parts.data.facts(building.url)
    found = Snapshot(
        name=name or "",
        database=database.name,
        origin=SnapshotOrigin(facts.origin.value),
        catalog=facts.catalog,
        data=facts.data,
        tool=parts.tool,
        image=str(database.image),
        source=source,
        rows=facts.rows,
        size=facts.size,
        made=parts.clock.now(),
        volume=building.volume,
    )
    return found if name else replace(found, name=f"{database.name}-{found.key[:8]}")


def _choose(known: Sequence[Snapshot], environment: Environment, database: Database, tool: str) -> Snapshot | None:
    match database.data.source:
        case DataSource.NONE:
            return None
        case DataSource.ANONYMISED:
            return find_anonymised(known, database.name, database.data.snapshot)
        case DataSource.SYNTHETIC:
            return find_by_recipe(known, recipe(environment, database, tool))
        case _ as never:
            assert_never(never)


def _tell_what_stays(parts: Parts, environment: Environment, database: Database, target: Target) -> None:
    """Who asks for no rows, and has a clone, is told that it stays."""
    name = parts.snapshots.clones().get((target.environment, target.database)) if database.data.source is DataSource.NONE else None
    if name is not None:
        way = "branch down" if environment.cls is EnvironmentClass.EPHEMERAL else f"env down {environment.name}"
        parts.progress.warn(f"{database.name} keeps the rows of its clone ({name}); to be without: liftlock {way}, then this command again")


def _was_cloned(parts: Parts, target: Target) -> bool:
    """Whether it was cloned from a golden copy before."""
    return (target.environment, target.database) in parts.snapshots.clones()


def _refuse_half_restored(parts: Parts, environment: Environment) -> None:
    for part in parts.runtime.parts(environment.project, environment.name):
        if part.role == _RESTORE:
            raise ConflictError(
                f"{environment.name}/{part.service}: a restore was cut off, so its data are not whole",
                hint=f"run it again: liftlock data snapshot restore {environment.name}/{part.service}",
            )


def _refuse_other_image(environment: Environment, database: Database, snapshot: Snapshot) -> None:
    if snapshot.image != str(database.image):
        raise BlockedError(
            f"{environment.name}: golden copy {snapshot.name} was written by another image of PostgreSQL than {database.name} runs",
            hint=f"make it anew: liftlock data snapshot create {database.name} --from PLACE",
        )


def _nothing_to_clone(environment: Environment, database: Database) -> BlockedError:
    which = f"named {database.data.snapshot} " if database.data.snapshot else ""
    return BlockedError(
        f"{environment.name}: {database.name} takes anonymised rows, and no anonymised golden copy {which}of it is here",
        hint=f"whoever may read the source makes one: liftlock data snapshot create {database.name} --from PLACE --anonymise",
    )
