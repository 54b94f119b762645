"""Golden copies by hand, decided without Docker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from liftlock.core.environment import DataSource, DataSpec, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, PolicyError, UsageError
from liftlock.core.ports import Health, RunningPart
from liftlock.core.snapshot import SnapshotOrigin
from liftlock.services.data.places import DataPlaces, Place
from liftlock.services.data.snapshots import SnapshotKeeping
from tests.fakes.environments import FakeDataEngine, FakeRuntime, FakeSnapshots
from tests.samples import environment
from tests.unit.environments.test_environments import World

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
URL = "postgresql://shop:p@127.0.0.1:5432/shop"


def _declared(name: str, source: DataSource = DataSource.SYNTHETIC, **more: object) -> Environment:
    database = replace(environment().databases[0], published=True, data=DataSpec(source, 1000, 7))
    protected = name == "prod"
    return replace(
        environment(databases=(database,)), name=name, cls=EnvironmentClass.EPHEMERAL if name == "one" else EnvironmentClass.PERSISTENT,
        protected=protected,
    )  # fmt: skip


@dataclass
class _Runtime(FakeRuntime):
    more: list[RunningPart] = field(default_factory=list)

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        known = [*super().parts(project, environment), *self.more]
        return [part for part in known if environment in {None, part.environment}]


@dataclass
class _Data(FakeDataEngine):
    in_place: bool = True

    def restore(self, url: str, *, template: str, comment: str, on_note: object) -> bool:
        return self.in_place


class Shelf:
    """A branch `one` that was filled and left a copy, a protected `prod`, and the use cases."""

    def __init__(self) -> None:
        self.world = World(snapshots=FakeSnapshots())
        servers = [RunningPart(n, "shop", "database", "i", Health.HEALTHY, MOMENT, ((5432, 5432),)) for n in ("one", "prod")]
        self.data = _Data(self.world.seeder)
        self.anonymised: list[tuple[Place, Place]] = []
        self.world.up(_declared("one"))
        self.runtime = _Runtime(self.world.engine, more=servers)

    @property
    def keeping(self) -> SnapshotKeeping:
        parts = replace(self.world.parts, data=self.data, runtime=self.runtime)
        places = DataPlaces(
            engine=parts.engine, runtime=self.runtime, secrets=parts.secrets, declared=_declared, is_protected=lambda name: name == "prod",
            project="shop", first="one", databases=("shop",),
        )  # fmt: skip
        return SnapshotKeeping(parts, places, lambda: [_declared("one"), _declared("prod")], self._anonymise)

    def _anonymise(self, source: Place, target: Place) -> None:
        self.anonymised.append((source, target))


def test_what_is_declared_is_there_already() -> None:
    shelf = Shelf()
    (kept,) = shelf.world.snapshots.kept

    report = shelf.keeping.create("one/shop", None, source=None, name=None)

    assert (report.made, report.snapshot) == (False, kept)


def test_a_copy_by_name_replaces_the_one_of_that_name() -> None:
    shelf = Shelf()
    first = shelf.keeping.create("one/shop", None, source="one/shop", name="mine")
    second = shelf.keeping.create("one/shop", None, source="one/shop", name="mine")

    assert first.made
    assert second.replaced == (first.snapshot.volume,)
    assert [item.name for item in shelf.world.snapshots.kept if item.name == "mine"] == ["mine"]


def test_what_services_wrote_gives_a_copy_another_key_than_what_is_declared() -> None:
    shelf = Shelf()
    (declared,) = shelf.world.snapshots.kept
    assert shelf.keeping.create("one/shop", None, source="one/shop", name="mine").snapshot.key != declared.key


@pytest.mark.parametrize("source", ["postgresql://u:hunter2@127.0.0.1:1/raw", "postgresql://u:hunter2@db.example/raw"])
def test_rows_of_nobody_knows_whom_are_kept_only_when_they_are_anonymised(source: str) -> None:
    shelf = Shelf()

    with pytest.raises(PolicyError, match="neither made nor anonymised") as raised:
        shelf.keeping.create("one/shop", None, source=source, name=None)
    assert "hunter2" not in raised.value.message
    shelf.keeping.create("one/shop", None, source=source, name="nightly", anonymise=True)
    ((read, written),) = shelf.anonymised
    assert read.url == source
    assert "building" in written.url


def test_a_list_says_who_was_cloned_and_what_is_stale() -> None:
    shelf = Shelf()
    shelf.world.up(replace(_declared("one"), name="two"))
    (kept,) = shelf.world.snapshots.kept
    shelf.world.snapshots.kept.append(replace(kept, name="old", recipes=frozenset(), made=MOMENT, volume="v"))

    newest, oldest = shelf.keeping.list()

    assert (newest.used_by, newest.stale) == (("two/shop",), None)
    assert (oldest.name, oldest.used_by, oldest.stale) == ("old", (), "other images, migrations or data are declared")


def test_a_restore_takes_the_copy_that_fits_and_goes_in_place_where_it_can() -> None:
    shelf = Shelf()
    owner, database, found = shelf.keeping.target("shop", None, None)

    assert shelf.keeping.restore(owner, database, found).in_place
    shelf.data.in_place = False
    assert not shelf.keeping.restore(owner, database, found).in_place
    assert shelf.world.snapshots.volumes["one", "shop"] == found.name


def test_a_restore_that_was_cut_off_fills_the_folder_without_asking_the_server() -> None:
    shelf = Shelf()
    shelf.runtime.more = [RunningPart("one", "shop", "restore", "i", Health.STOPPED, MOMENT)]

    assert not shelf.keeping.restore(*shelf.keeping.target("shop", None, None)).in_place


def test_a_copy_of_another_schema_is_not_put_in_place() -> None:
    shelf = Shelf()
    chosen = shelf.keeping.target("shop", None, None)
    shelf.data.catalog = "newer"

    with pytest.raises(BlockedError, match="another schema"):
        shelf.keeping.restore(*chosen)


@pytest.mark.parametrize(
    ("place", "name", "error", "said"),
    [("prod/shop", None, PolicyError, "prod is protected"), ("one/shop", "shpo", UsageError, "unknown snapshot")],
)
def test_a_restore_that_must_not_be_is_refused(place: str, name: str | None, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Shelf().keeping.target(place, None, name)


def test_pruning_asks_what_may_go_and_removes_what_was_planned() -> None:
    shelf = Shelf()
    with pytest.raises(UsageError, match="which golden copies"):
        shelf.keeping.plan(keep=None, older_than=None)

    assert shelf.keeping.plan(keep=1, older_than=None).remove == ()
    assert shelf.keeping.plan(keep=None, older_than=timedelta(days=1000)).remove == ()
    plan = shelf.keeping.plan(keep=0, older_than=None)
    assert shelf.keeping.prune(plan).removed == tuple(item.name for item in plan.remove)
    assert shelf.world.snapshots.kept == []
    assert plan.remove[0].origin is SnapshotOrigin.SYNTHETIC
