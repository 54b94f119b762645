"""Golden copies on a real Docker engine: whole or not there at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import docker
import psycopg
import pytest

from liftlock.adapters.snapshots.vault import DockerSnapshots
from liftlock.core.environment import Database
from liftlock.core.errors import LiftlockError
from liftlock.core.image import ImageRef
from liftlock.core.ports.snapshots import Target
from liftlock.core.snapshot import Snapshot, SnapshotOrigin, template_comment, template_name
from liftlock_datagen.database.connect import connected
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.facts import Origin
from liftlock_datagen.snapshots.markers import Anonymised, mark_anonymised
from tests.postgres import postgres_image
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow]
_PASSWORD = "of-the-clone"


@dataclass
class Shelf:
    """A project of its own on the engine."""

    project: str
    root: Path
    database: Database

    @property
    def vault(self) -> DockerSnapshots:
        return DockerSnapshots(self.project, "id", self.root)

    def target(self, environment: str) -> Target:
        labels = {"liftlock.managed": "true", "liftlock.project": self.project, "liftlock.project-id": "id"}
        return Target(self.project, environment, "shop", {**labels, "liftlock.environment": environment}, _PASSWORD, disposable=True)

    def volume(self, environment: str) -> str:
        return f"{self.project}-{environment}-db-shop-data"

    def objects(self) -> list[str]:
        client, chosen = docker.from_env().api, {"label": [f"liftlock.project={self.project}"]}
        names = [item["Names"][0].lstrip("/") for item in client.containers(all=True, filters=chosen)]
        names += [item["Name"] for item in client.volumes(filters=chosen).get("Volumes") or ()]
        client.close()
        return sorted(names)

    def clean(self) -> None:
        client, chosen = docker.from_env().api, {"label": [f"liftlock.project={self.project}"]}
        for item in client.containers(all=True, filters=chosen):
            client.remove_container(item["Id"], force=True, v=True)
        for item in client.volumes(filters=chosen).get("Volumes") or ():
            client.remove_volume(item["Name"], force=True)
        client.close()

    @contextmanager
    def server(self, environment: str) -> Iterator[str]:
        """A server on the environment's volume, as the program would make it; its URL."""
        client: Any = docker.from_env().api
        labels = {**{str(k): str(v) for k, v in self.target(environment).labels.items()}, "liftlock.role": "database"}
        made = client.create_container(
            str(self.database.image),
            labels={**labels, "liftlock.service": "shop"},
            environment={"POSTGRES_USER": "shop", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD": _PASSWORD, "PGFAST": "1"},
            ports=[5432],
            host_config=client.create_host_config(
                binds=[f"{self.volume(environment)}:/var/lib/postgresql/data"], port_bindings={5432: ("127.0.0.1", None)}
            ),
        )
        client.start(made["Id"])
        try:
            port = client.inspect_container(made["Id"])["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"]
            yield f"postgresql://shop:{quote(_PASSWORD)}@127.0.0.1:{port}/shop"
        finally:
            client.remove_container(made["Id"], force=True)
            client.close()


def _count(url: str) -> int:
    eventually(lambda: _answers(url))
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM person").fetchone()
        return int(row[0]) if row else -1


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    image = postgres_image()
    if image is None:
        pytest.skip("needs the project's images: run make images")
    found = Shelf(f"g{uuid.uuid4().hex[:6]}", tmp_path_factory.mktemp("checkout"), Database("shop", ImageRef.parse(image)))
    try:
        yield found
    finally:
        found.clean()


@pytest.fixture(scope="module")
def golden(shelf: Shelf) -> Snapshot:
    """A whole copy: 50 rows, made from another database, with a schema alone beside."""
    with shelf.vault.building(shelf.database) as source, shelf.vault.building(shelf.database) as building:
        with psycopg.connect(source.url) as connection:
            connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
            connection.execute("INSERT INTO person SELECT i, 'name' FROM generate_series(1, 50) i")
        shelf.vault.copy(source.url, building, shelf.database)
        facts = PostgresEngine().facts(building.url)
        with shelf.vault.building(shelf.database) as bare:
            shelf.vault.copy(source.url, bare, shelf.database, empty=[("public", "person")])
            assert _count(bare.url) == 0
        made = datetime.now(UTC)
        found = Snapshot(
            "nightly",
            "shop",
            SnapshotOrigin.OTHER,
            facts.catalog,
            facts.data,
            "t",
            str(shelf.database.image),
            "here",
            facts.rows,
            facts.size,
            made,
            "",
        )
        return shelf.vault.keep(building, found)


def test_a_whole_copy_is_listed_with_all_that_is_known_of_it(shelf: Shelf, golden: Snapshot) -> None:
    shelf.vault.add_recipe(golden, "0123")

    assert shelf.vault.snapshots() == [replace(golden, recipes=frozenset({"0123"}))]
    assert golden.rows == 50
    assert {name for name in shelf.objects() if not name.startswith(golden.volume)} == set()


def test_a_clone_has_the_rows_the_new_password_and_a_way_back(shelf: Shelf, golden: Snapshot) -> None:
    assert shelf.vault.clone(golden, shelf.target("one"))
    assert not shelf.vault.clone(golden, shelf.target("one"))
    assert shelf.vault.clones()["one", "shop"] == "nightly"

    with shelf.server("one") as url:
        assert _count(url) == 50
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM person")

        def restore(comment: str) -> bool:
            return PostgresEngine().restore(url, template=template_name("shop"), comment=comment, on_note=lambda _: None)

        assert not restore("another copy")
        assert _count(url) == 0
        assert restore(template_comment(golden.volume))
        assert _count(url) == 50


def test_a_copy_is_of_the_moment_that_is_held_and_its_clones_say_whose_rows_they_have(shelf: Shelf) -> None:
    engine = PostgresEngine()
    with shelf.vault.building(shelf.database) as source, shelf.vault.building(shelf.database) as building:
        with connected(source.url) as connection:
            connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
            connection.execute("INSERT INTO person SELECT i, 'nobody' FROM generate_series(1, 50) i")
            mark_anonymised(connection, Anonymised("0123abcd", "blake2b:00", "liftlock 1"))
            with engine.held(source.url) as held:
                connection.execute("INSERT INTO person VALUES (99, 'Ada Lovelace')")
                shelf.vault.copy(source.url, building, shelf.database, moment=held.snapshot)
        assert (held.written_since, _count(building.url)) == ("", 50)
        with engine.held(building.url) as unknown:
            assert "came with a dump" in unknown.written_since
        engine.vouch(building.url)
        facts = engine.facts(building.url)
        made = datetime.now(UTC)
        image, origin = str(shelf.database.image), SnapshotOrigin.ANONYMISED
        wanted = Snapshot("known", "shop", origin, facts.catalog, facts.data, "t", image, "here", facts.rows, facts.size, made, "")
        kept = shelf.vault.keep(building, wanted)

    shelf.vault.clone(kept, shelf.target("known"))
    with shelf.server("known") as url:
        assert _count(url) == 50
        with engine.held(url) as cloned:
            assert (cloned.facts.origin, cloned.written_since) == (Origin.ANONYMISED, "")
    shelf.vault.remove(kept)


def test_a_data_folder_in_use_is_filled_anew(shelf: Shelf, golden: Snapshot) -> None:
    shelf.vault.clone(golden, shelf.target("two"))
    with shelf.server("two") as url:
        assert _count(url) == 50
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE person")
        shelf.vault.refill(golden, shelf.target("two"))
        port = _port(shelf, "two")
        assert _count(f"postgresql://shop:{_PASSWORD}@127.0.0.1:{port}/shop") == 50


def test_a_clone_that_was_cut_off_is_thrown_away(shelf: Shelf, golden: Snapshot) -> None:
    client: Any = docker.from_env().api
    target = shelf.target("three")
    labels = {**{str(k): str(v) for k, v in target.labels.items()}, "liftlock.role": "clone"}
    client.create_volume(shelf.volume("three"), labels=labels)
    half = client.create_container(
        golden.image,
        ["/bin/sh", "-c", "echo 15 > /to/PG_VERSION"],
        user="0",
        name=f"{shelf.volume('three')}-clone",
        labels=labels,
        host_config=client.create_host_config(binds=[f"{shelf.volume('three')}:/to"]),
    )
    client.start(half["Id"])
    client.wait(half["Id"])
    client.close()

    assert shelf.vault.clone(golden, target)
    with shelf.server("three") as url:
        assert _count(url) == 50


@pytest.mark.parametrize("killed_at", ["create_job", "run_job", "remove_container"])
def test_a_run_that_is_killed_over_a_clone_leaves_none_that_passes_for_whole(shelf: Shelf, golden: Snapshot, killed_at: str) -> None:
    before, target = shelf.objects(), shelf.target("killed")
    _clone_until_killed(shelf, golden, killed_at)
    assert shelf.volume("killed") in shelf.objects()

    shelf.vault.discard_half_made(target)
    assert shelf.objects() == before

    _clone_until_killed(shelf, golden, killed_at)
    assert shelf.vault.clone(golden, target)
    whole = shelf.objects()
    shelf.vault.discard_half_made(target)
    assert shelf.objects() == whole
    assert set(whole) - set(before) == {shelf.volume("killed"), f"{shelf.volume('killed')}-from"}
    with shelf.server("killed") as url:
        assert _count(url) == 50
    _remove_volumes(*set(whole) - set(before))


def test_a_full_disk_is_told_and_leaves_the_mark_of_what_is_not_whole(shelf: Shelf, golden: Snapshot) -> None:
    client: Any = docker.from_env().api
    before, volume, target = shelf.objects(), shelf.volume("full"), shelf.target("full")
    labels = {str(key): str(value) for key, value in target.labels.items()}
    small = {"type": "tmpfs", "device": "tmpfs", "o": "size=4m"}
    client.create_volume(volume, driver="local", driver_opts=small, labels=labels)
    server = client.create_container(golden.image, labels={**labels, "liftlock.role": "database", "liftlock.service": "shop"})
    try:
        with pytest.raises(LiftlockError, match="restoring the data: there is no room left where Docker keeps its volumes") as raised:
            shelf.vault.refill(golden, target)
        assert "liftlock data snapshot prune --keep 1 makes room" in str(raised.value.hint)
        assert f"{volume}-restore" in shelf.objects()
    finally:
        for name in (server["Id"], f"{volume}-restore"):
            client.remove_container(name, force=True)
        client.remove_volume(volume)
        client.close()
    assert shelf.objects() == before


def _clone_until_killed(shelf: Shelf, golden: Snapshot, killed_at: str) -> None:
    """Clones in a process of its own that dies, without a word, where it would call this next."""
    work = (
        "import os, signal, sys; from pathlib import Path; from liftlock.core.ports.snapshots import Target;"
        "import liftlock.adapters.snapshots.vault as vault;"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL); setattr(vault, sys.argv[1], die);"
        "labels = dict(item.split('=') for item in sys.argv[5:]);"
        "shelf = vault.DockerSnapshots(sys.argv[2], 'id', Path(sys.argv[3]));"
        "(copy,) = [item for item in shelf.snapshots() if item.volume == sys.argv[4]];"
        "shelf.clone(copy, Target(sys.argv[2], 'killed', 'shop', labels, 'password', disposable=True))"
    )
    labels = [f"{key}={value}" for key, value in shelf.target("killed").labels.items()]
    command = [sys.executable, "-c", work, killed_at, shelf.project, str(shelf.root), golden.volume, *labels]
    done = subprocess.run(command, timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def _remove_volumes(*names: str) -> None:
    client: Any = docker.from_env().api
    for name in names:
        client.remove_volume(name)
    client.close()


def test_a_copy_whose_data_are_gone_gives_no_empty_clone(shelf: Shelf, golden: Snapshot) -> None:
    before = shelf.objects()
    gone = replace(golden, volume=f"{shelf.project}-golden-gone")

    with pytest.raises(LiftlockError, match="not whole, or is gone"):
        shelf.vault.clone(gone, shelf.target("four"))

    assert shelf.objects() == before
    docker.from_env().api.remove_volume(gone.volume)


def test_what_a_killed_run_left_is_no_copy_and_is_swept_by_its_own_checkout_only(shelf: Shelf, golden: Snapshot, tmp_path: Path) -> None:
    making = shelf.vault.building(shelf.database)
    making.__enter__()  # and its process dies here

    assert [item.volume for item in shelf.vault.snapshots()] == [golden.volume]
    assert DockerSnapshots(shelf.project, "id", tmp_path).sweep() == []
    assert len(shelf.vault.sweep()) == 2
    assert shelf.vault.sweep() == []
    assert [item.volume for item in shelf.vault.snapshots()] == [golden.volume]


def test_a_removed_copy_is_gone_with_all_that_told_of_it(shelf: Shelf, golden: Snapshot) -> None:
    before = shelf.objects()
    with shelf.vault.building(shelf.database) as building:
        with psycopg.connect(building.url) as connection:
            connection.execute("CREATE TABLE person (id int PRIMARY KEY)")
        short = shelf.vault.keep(building, replace(golden, name="short", made=datetime.now(UTC)))
    shelf.vault.add_recipe(short, "4567")
    assert [item.name for item in shelf.vault.snapshots()] == ["nightly", "short"]

    shelf.vault.remove(short)
    shelf.vault.remove(short)

    assert shelf.objects() == before


def test_rows_that_fail_to_be_copied_are_not_quoted_and_leave_nothing(shelf: Shelf, golden: Snapshot) -> None:
    before = shelf.objects()
    with pytest.raises(LiftlockError) as raised, shelf.vault.building(shelf.database) as building:
        with psycopg.connect(building.url) as connection:
            connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text CHECK (name = ''))")
        with shelf.vault.building(shelf.database) as source:
            with psycopg.connect(source.url) as connection:
                connection.execute("CREATE TABLE person (id int PRIMARY KEY, name text)")
                connection.execute("INSERT INTO person VALUES (1, 'Ada Lovelace')")
            shelf.vault.copy(source.url, building, shelf.database)
    assert "Ada" not in raised.value.message
    assert shelf.objects() == before


def _port(shelf: Shelf, environment: str) -> str:
    client: Any = docker.from_env().api
    found = client.containers(filters={"label": [f"liftlock.environment={environment}", f"liftlock.project={shelf.project}"]})
    client.close()
    return str(next(port["PublicPort"] for port in found[0]["Ports"] if "PublicPort" in port))
