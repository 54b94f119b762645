"""Golden copies by hand, decided without Docker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.environment import DataSource, DataSpec, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, LiftlockError, PolicyError, UsageError
from liftlock.core.ports import Health, RunningPart
from liftlock.core.snapshot import PrunePlan, SnapshotOrigin
from liftlock.services.data.anonymisation import CopyAsked
from liftlock.services.data.places import DataPlaces, Place
from liftlock.services.data.snapshots.creation import CopyWish, CreateReport, SnapshotCreation, origin_of
from liftlock.services.data.snapshots.listing import list_snapshots
from liftlock.services.data.snapshots.pruning import KeptSnapshot, plan_pruning, prune, report_of
from liftlock.services.data.snapshots.restoring import SnapshotRestoring
from liftlock.services.parts import Parts
from liftlock_datagen.snapshots.facts import DatabaseFacts, HeldDatabase, Origin
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
    origin: Origin | None = None

    def facts(self, url: str, *, counted: bool = True) -> DatabaseFacts:
        found = super().facts(url, counted=counted)
        return found if self.origin is None else replace(found, origin=self.origin, data="key 1")

    def restore(self, url: str, *, template: str, comment: str, on_note: object) -> bool:
        return self.in_place


@dataclass
class _Anonymisation:
    """Remembers what was asked. missing: why it cannot be done."""

    missing: str = ""
    done: list[tuple[Place, Place]] = field(default_factory=list)

    def require_ready(self, source: Place, target: Place, asked: CopyAsked) -> None:
        if self.missing:
            raise LiftlockError(self.missing)

    def run(self, source: Place, target: Place, asked: CopyAsked) -> None:
        self.done.append((source, target))


class Shelf:
    """A branch `one` that was filled and left a copy, a protected `prod`, and the use cases."""

    def __init__(self) -> None:
        self.world = World(snapshots=FakeSnapshots())
        servers = [RunningPart(n, "shop", "database", "i", Health.HEALTHY, MOMENT, ((5432, 5432),)) for n in ("one", "prod")]
        self.data = _Data(self.world.seeder)
        self.anonymisation = _Anonymisation()
        self.world.up(_declared("one"))
        self.runtime = _Runtime(self.world.engine, more=servers)

    @property
    def parts(self) -> Parts:
        return replace(self.world.parts, data=self.data, runtime=self.runtime)

    @property
    def declared(self) -> list[Environment]:
        return [_declared("one"), _declared("prod")]

    @property
    def places(self) -> DataPlaces:
        return DataPlaces(
            engine=self.parts.engine, runtime=self.runtime, secrets=self.parts.secrets, declared=_declared,
            is_protected=lambda name: name == "prod", project="shop", first="one", databases=("shop",),
        )  # fmt: skip

    @property
    def restoring(self) -> SnapshotRestoring:
        return SnapshotRestoring(self.parts, self.places)

    def create(self, source: str | None = None, name: str | None = None, **wish: bool) -> CreateReport:
        wanted = CopyWish(source, name, **wish)
        return SnapshotCreation(self.parts, self.places, self.anonymisation).create("one/shop", None, wanted)


def test_what_is_declared_is_there_already() -> None:
    shelf = Shelf()
    (kept,) = shelf.world.snapshots.kept

    report = shelf.create()

    assert (report.made, report.snapshot, report.remarks) == (False, kept, ())


def test_a_copy_by_name_replaces_the_one_of_that_name() -> None:
    shelf = Shelf()
    first = shelf.create("one/shop", "mine")
    second = shelf.create("one/shop", "mine")

    assert first.made
    assert second.replaced == (first.snapshot.volume,)
    assert [item.name for item in shelf.world.snapshots.kept if item.name == "mine"] == ["mine"]


def test_what_services_wrote_gives_a_copy_another_key_than_what_is_declared() -> None:
    shelf = Shelf()
    (declared,) = shelf.world.snapshots.kept
    assert shelf.create("one/shop", "mine").snapshot.key != declared.key


@pytest.mark.parametrize("source", ["postgresql://u:hunter2@127.0.0.1:1/raw", "postgresql://u:hunter2@db.example/raw"])
def test_rows_of_nobody_knows_whom_are_kept_only_when_they_are_anonymised(source: str) -> None:
    shelf = Shelf()

    with pytest.raises(PolicyError, match=r"neither made nor anonymised|is guarded") as raised:
        shelf.create(source, None, accept_changes=True)
    assert "hunter2" not in raised.value.message
    made = shelf.create(source, "nightly", anonymise=True)
    assert (made.snapshot.rows, made.remarks) == (0, ("0 rows: the source's tables are empty, or the subset takes none of their rows",))
    ((read, written),) = shelf.anonymisation.done
    assert read.url == source
    assert "building" in written.url


@pytest.mark.parametrize(
    ("typed", "said"), [("env:PROD_URL", "env:PROD_URL"), ("file:url", "file:url"), ("postgresql://u:hunter2@h/shop", "PLACE")]
)
def test_an_address_in_the_place_of_the_database_is_told_where_it_belongs(typed: str, said: str) -> None:
    shelf = Shelf()
    with pytest.raises(UsageError, match=r"a golden copy is of a database that liftlock\.yaml declares") as raised:
        SnapshotCreation(shelf.parts, shelf.places, shelf.anonymisation).create(typed, None, CopyWish())
    assert str(raised.value.hint).startswith(f"liftlock data snapshot create shop --from {said}, with --anonymise unless")
    with pytest.raises(UsageError, match="golden copies go into the databases of environments") as raised:
        shelf.restoring.target(typed, None, None)
    assert raised.value.hint == "say DB (of --env) or ENV/DB"


def test_a_database_that_nobody_declares_is_no_place_for_an_address() -> None:
    shelf = Shelf()
    with pytest.raises(UsageError, match='did you mean "shop"') as raised:
        SnapshotCreation(shelf.parts, shelf.places, shelf.anonymisation).create("shpo", None, CopyWish())
    assert str(raised.value.hint).startswith("say DB (of --env) or ENV/DB; --from says where rows of elsewhere are: ENV/DB, postgresql://")
    with pytest.raises(UsageError, match='did you mean "shop"') as raised:
        shelf.restoring.target("one/shpo", None, None)
    assert raised.value.hint == "say DB (of --env) or ENV/DB"


def test_what_an_anonymised_copy_needs_is_looked_for_before_a_server_is_made() -> None:
    shelf = Shelf()
    before = shelf.world.snapshots.built
    shelf.anonymisation.missing = "the pseudonym key is not there"

    with pytest.raises(LiftlockError, match="the pseudonym key is not there"):
        shelf.create(URL, "nightly", anonymise=True)
    assert shelf.world.snapshots.built == before


GUARDED = ["prod/shop", "postgresql://u:p@db.example/shop", "postgresql://u:p@127.0.0.1:1/production"]


@pytest.mark.parametrize("source", GUARDED)
@pytest.mark.parametrize("accept", [True, False])
def test_a_guarded_place_is_refused_whatever_its_marker_says(source: str, accept: bool) -> None:
    shelf = Shelf()
    shelf.world.up(_declared("prod", DataSource.NONE))
    shelf.data.origin = Origin.ANONYMISED

    with pytest.raises(PolicyError, match="is guarded"):
        shelf.create(source, accept_changes=accept)
    shelf.create(source, "nightly", anonymise=True)


def test_an_anonymised_database_that_was_written_to_is_taken_only_when_somebody_vouches_for_it() -> None:
    shelf = Shelf()
    shelf.data.origin, shelf.data.written_since = Origin.ANONYMISED, "5 rows were written behind its marker, in public.person"

    with pytest.raises(PolicyError, match=r"but 5 rows were written behind its marker, in public\.person"):
        shelf.create("one/shop", "nightly")
    assert shelf.data.vouched == []
    report = shelf.create("one/shop", "nightly", accept_changes=True)
    assert report.snapshot.origin is SnapshotOrigin.ANONYMISED
    assert len(shelf.data.vouched) == 1


def test_what_services_wrote_into_synthetic_rows_is_kept_but_no_environment_is_made_from_it() -> None:
    shelf = Shelf()
    assert shelf.create("one/shop", "asis").snapshot.origin is SnapshotOrigin.SYNTHETIC
    shelf.data.written_since = "5 rows were written behind its marker, in public.person"

    assert shelf.create("one/shop", "mine").snapshot.origin is SnapshotOrigin.OTHER
    assert len(shelf.data.vouched) == 1


def test_the_rows_that_are_copied_are_those_that_were_looked_at() -> None:
    shelf = Shelf()
    shelf.create("one/shop", "mine")
    assert shelf.world.snapshots.moments[-1] == "moment-1"


@given(st.sampled_from(Origin), st.booleans(), st.booleans(), st.booleans())
def test_nothing_counts_as_more_than_its_marker_and_what_was_written_since_only_when_vouched_for(
    origin: Origin, written: bool, own: bool, accept: bool
) -> None:
    held = HeldDatabase(DatabaseFacts("c", origin, "", {}, 0, 150000), "rows were written" if written else "", "m")
    place = Place(URL, "here", "shop", _declared("one") if own else None)
    try:
        found = origin_of(place, held, accept_changes=accept)
    except PolicyError:
        assert not own or origin is Origin.ANONYMISED
        assert origin is Origin.OTHER or (written and not accept)
        return
    assert found.value in {origin.value, "other"}
    assert found is SnapshotOrigin.OTHER or not written or accept
    assert own or found is not SnapshotOrigin.OTHER


def test_a_list_says_who_was_cloned_and_what_is_stale() -> None:
    shelf = Shelf()
    shelf.world.up(replace(_declared("one"), name="two"))
    (kept,) = shelf.world.snapshots.kept
    shelf.world.snapshots.kept.append(replace(kept, name="old", recipes=frozenset(), made=MOMENT, volume="v"))

    newest, oldest = list_snapshots(shelf.parts, shelf.declared)

    assert (newest.used_by, newest.stale) == (("two/shop",), None)
    assert (oldest.name, oldest.used_by, oldest.stale) == ("old", (), "other images, migrations or data are declared")


def test_a_restore_takes_the_copy_that_fits_and_goes_in_place_where_it_can() -> None:
    shelf = Shelf()
    owner, database, found = shelf.restoring.target("shop", None, None)

    assert shelf.restoring.restore(owner, database, found).in_place
    shelf.data.in_place = False
    assert not shelf.restoring.restore(owner, database, found).in_place
    assert shelf.world.snapshots.volumes["one", "shop"] == found.name


def test_a_restore_that_was_cut_off_fills_the_folder_without_asking_the_server() -> None:
    shelf = Shelf()
    shelf.runtime.more = [RunningPart("one", "shop", "restore", "i", Health.STOPPED, MOMENT)]

    assert not shelf.restoring.restore(*shelf.restoring.target("shop", None, None)).in_place


def test_a_copy_of_another_schema_is_not_put_in_place() -> None:
    shelf = Shelf()
    chosen = shelf.restoring.target("shop", None, None)
    shelf.data.catalog = "newer"

    with pytest.raises(BlockedError, match="another schema"):
        shelf.restoring.restore(*chosen)


@pytest.mark.parametrize(
    ("place", "name", "error", "said"),
    [("prod/shop", None, PolicyError, "prod is protected"), ("one/shop", "shpo", UsageError, "unknown snapshot")],
)
def test_a_restore_that_must_not_be_is_refused(place: str, name: str | None, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Shelf().restoring.target(place, None, name)


def test_pruning_asks_what_may_go_and_removes_what_was_planned() -> None:
    shelf = Shelf()

    def plan(keep: int | None, older_than: timedelta | None = None) -> PrunePlan:
        return plan_pruning(shelf.parts, shelf.declared, keep=keep, older_than=older_than)

    with pytest.raises(UsageError, match="which golden copies"):
        plan(None)
    (kept,) = shelf.world.snapshots.kept
    assert report_of(plan(1)).kept == (KeptSnapshot(kept.name, "shop", "one of the newest 1"),)
    assert plan(None, timedelta(days=1000)).remove == ()
    every = plan(0)
    assert prune(shelf.parts, every).removed == tuple(item.name for item in every.remove)
    assert shelf.world.snapshots.kept == []
    assert every.remove[0].origin is SnapshotOrigin.SYNTHETIC
