"""What environments take from golden copies, and what they leave there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from liftlock.core.environment import DataSource, DataSpec, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, ConflictError
from liftlock.core.ports import Health, RunningPart
from liftlock.core.snapshot import Snapshot, SnapshotOrigin, recipe, snapshot_key
from liftlock.services.data.snapshots.listing import stale_reason
from liftlock.services.reports import UpReport
from tests.fakes.environments import FakeRuntime, FakeSnapshots
from tests.samples import environment, image
from tests.unit.environments.test_environments import World

TOOL = "liftlock 1"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def _branch(name: str = "one", source: DataSource = DataSource.SYNTHETIC, snapshot: str | None = None) -> Environment:
    database = replace(environment().databases[0], published=True, data=DataSpec(source, 1000, 7, snapshot))
    return replace(environment(databases=(database,)), name=name, cls=EnvironmentClass.EPHEMERAL)


def _anonymised(declared: Environment, name: str = "nightly", hour: int = 0) -> Snapshot:
    return Snapshot(
        name=name,
        database="shop",
        origin=SnapshotOrigin.ANONYMISED,
        catalog="c",
        data="key 1",
        tool=TOOL,
        image=str(declared.databases[0].image),
        source="env:SOURCE",
        rows=50,
        size=5,
        made=MOMENT.replace(hour=hour),
        volume=f"v-{name}-{hour}",
    )


def _up(world: World, declared: Environment) -> UpReport:
    return world.up(declared)


def test_the_first_branch_leaves_a_golden_copy_and_the_next_ones_clone_it() -> None:
    world = World()

    first, second = _up(world, _branch("one")), _up(world, _branch("two"))

    assert (first.clones, first.rows) == ({}, {"shop": 1000})
    (kept,) = world.snapshots.kept
    assert (second.clones, second.rows) == ({"shop": kept.name}, {"shop": 1000})
    assert [place for place, _, _ in world.seeder.asked if "building" not in place] == [world.seeder.asked[0][0]]


def test_a_persistent_environment_clones_but_leaves_no_copy() -> None:
    world = World()
    persistent = replace(_branch("dev"), cls=EnvironmentClass.PERSISTENT)

    assert _up(world, persistent).clones == {}
    assert not world.snapshots.kept
    _up(world, _branch("one"))
    assert _up(world, replace(persistent, name="qa")).clones


def test_other_images_that_migrate_make_another_recipe() -> None:
    declared = _branch()
    other = replace(declared, services=tuple(replace(item, image=image(item.name, "b")) for item in declared.services))
    migrates = any(item.migration is not None for item in declared.services)

    assert migrates
    assert recipe(declared, declared.databases[0], TOOL) != recipe(other, other.databases[0], TOOL)


def test_an_edit_of_the_files_in_data_makes_another_recipe_only_where_a_size_follows_them() -> None:
    counted = _branch()
    database = counted.databases[0]
    sized = replace(database, data=replace(database.data, size="small"))

    assert recipe(replace(counted, data="data-1"), database, TOOL) == recipe(replace(counted, data="data-2"), database, TOOL)
    assert recipe(replace(counted, data="data-1"), sized, TOOL) != recipe(replace(counted, data="data-2"), sized, TOOL)
    swiss = replace(database, data=replace(database.data, locale="de_CH"))
    assert len({recipe(counted, item, TOOL) for item in (database, sized, swiss)}) == 3


def test_an_image_that_changed_no_schema_adds_its_recipe_to_the_copy_that_is_there() -> None:
    world = World()
    declared = _branch("one")
    _up(world, declared)
    newer = replace(_branch("two"), services=(replace(declared.services[0], image=image("api", "b")), *declared.services[1:]))

    assert _up(world, newer).clones == {}
    assert len(world.snapshots.kept) == 1
    assert len(world.snapshots.kept[0].recipes) == 2
    assert _up(world, replace(newer, name="three")).clones


def test_a_migration_that_changes_the_schema_makes_a_new_copy_and_leaves_the_old_one_stale() -> None:
    world = World()
    declared = _branch("one")
    _up(world, declared)
    newer = replace(_branch("two"), services=(replace(declared.services[0], image=image("api", "b")), *declared.services[1:]))
    world.catalog = "with one more column"

    assert _up(world, newer).clones == {}
    old, new = world.snapshots.snapshots()
    assert (old.catalog, new.catalog) == ("catalog", "with one more column")
    assert stale_reason(old, [newer], world.parts.tool) == "other images, migrations or data are declared"
    assert stale_reason(new, [newer], world.parts.tool) is None
    assert _up(world, replace(newer, name="three")).clones == {"shop": new.name}


@pytest.mark.parametrize("change", ["schema", "seed", "rows", "database", "image", "tool", "origin"])
def test_whatever_decides_the_content_decides_the_key(change: str) -> None:
    parts: dict[str, Any] = {
        "database": "shop",
        "image": "i",
        "catalog": "c",
        "origin": SnapshotOrigin.SYNTHETIC,
        "data": "seed 1, 50 rows",
        "tool": "t",
    }
    others: dict[str, dict[str, Any]] = {
        "schema": {"catalog": "d"},
        "seed": {"data": "seed 2, 50 rows"},
        "rows": {"data": "seed 1, 60 rows"},
        "database": {"database": "crm"},
        "image": {"image": "j"},
        "tool": {"tool": "u"},
        "origin": {"origin": SnapshotOrigin.ANONYMISED},
    }
    assert _key(**parts) != _key(**{**parts, **others[change]})
    assert _key(**parts) == _key(**parts)


def _key(**parts: Any) -> str:
    return snapshot_key(**parts)


def test_a_copy_that_cannot_be_made_stops_no_environment() -> None:
    world = World(snapshots=FakeSnapshots(broken="there is no room left"))

    assert _up(world, _branch()).rows == {"shop": 1000}


def test_an_anonymised_database_is_cloned_and_never_filled() -> None:
    world = World()
    declared = _branch(source=DataSource.ANONYMISED)
    world.snapshots.kept = [_anonymised(declared, hour=1), _anonymised(declared, hour=2), _anonymised(declared, "other")]

    assert _up(world, declared).clones == {"shop": "nightly"}
    assert world.seeder.asked == []
    assert _up(world, declared).clones == {}


def test_a_branch_that_asks_for_no_rows_is_told_that_it_keeps_its_clone() -> None:
    world = World()
    world.snapshots.kept = [_anonymised(_branch())]
    _up(world, _branch(source=DataSource.ANONYMISED))

    _up(world, _branch(source=DataSource.NONE))
    _up(world, _branch("two", source=DataSource.NONE))

    (told,) = [line for line in world.progress.lines if line.startswith("warning")]
    assert "shop keeps the rows of its clone (nightly)" in told
    assert "liftlock branch down, then this command again" in told


def test_a_named_copy_is_taken_whatever_is_newer() -> None:
    world = World()
    declared = _branch(source=DataSource.ANONYMISED, snapshot="other")
    world.snapshots.kept = [_anonymised(declared, hour=2), _anonymised(declared, "other")]

    assert _up(world, declared).clones == {"shop": "other"}


@pytest.mark.parametrize("snapshot", [None, "weekly"])
def test_nothing_is_made_where_there_is_no_anonymised_copy(snapshot: str | None) -> None:
    world = World()
    declared = _branch(source=DataSource.ANONYMISED, snapshot=snapshot)
    world.snapshots.kept = [_anonymised(declared)] if snapshot else []

    with pytest.raises(BlockedError, match="no anonymised golden copy"):
        _up(world, declared)
    assert not world.engine.stacks_by_name


def test_a_copy_of_another_postgresql_is_refused() -> None:
    world = World()
    declared = _branch(source=DataSource.ANONYMISED)
    world.snapshots.kept = [replace(_anonymised(declared), image="another")]

    with pytest.raises(BlockedError, match="another image of PostgreSQL"):
        _up(world, declared)


@dataclass
class _Runtime(FakeRuntime):
    more: list[RunningPart] = field(default_factory=list)

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        return [*super().parts(project, environment), *self.more]


def test_a_restore_that_was_cut_off_is_finished_before_anything_else() -> None:
    world = World()
    _up(world, _branch())
    world.runtime = _Runtime(world.engine, more=[RunningPart("one", "shop", "restore", "i", Health.STOPPED, MOMENT)])

    with pytest.raises(ConflictError, match="a restore was cut off"):
        _up(world, _branch())


def test_a_clone_that_was_cut_off_does_not_look_like_a_lost_state() -> None:
    world = World()
    world.runtime = _Runtime(world.engine, more=[RunningPart("one", "shop", "clone", "i", Health.STOPPED, MOMENT)])

    assert _up(world, _branch()).rows == {"shop": 1000}


@pytest.mark.parametrize("source", [DataSource.NONE, DataSource.SYNTHETIC])
def test_a_half_made_clone_is_thrown_away_where_nothing_is_to_be_cloned_any_more(source: DataSource) -> None:
    world = World()
    world.snapshots.volumes["one", "shop"] = "nightly"
    world.snapshots.half_made.append(("one", "shop"))

    _up(world, _branch(source=source))

    assert ("one", "shop") not in world.snapshots.volumes


def test_the_data_version_names_a_copy_only_where_one_is_declared() -> None:
    from liftlock.core.fingerprint import data_version

    plain, named = _branch(source=DataSource.ANONYMISED), _branch(source=DataSource.ANONYMISED, snapshot="nightly")
    assert data_version(plain, {}) != data_version(named, {})
