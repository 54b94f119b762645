"""Golden copies of 150 MB: restore in place and clone into a new environment, against PostgreSQL's own clone of a template.

    python -m benchmarks.golden_copies

The floors are measured in the same run and round: `CREATE DATABASE … TEMPLATE … STRATEGY file_copy` by hand in the same server, and a
container that does nothing, which a clone into a volume cannot do without. The server runs as those of branches do, without waiting for
the disk.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from docker import APIClient

from benchmarks.docker_floor import remove_project
from liftlock.adapters.snapshots.jobs import Job, create_job, remove_container, run_job
from liftlock.adapters.snapshots.vault import DockerSnapshots
from liftlock.core.environment import Database
from liftlock.core.image import ImageRef
from liftlock.core.ports.snapshots import Target
from liftlock.core.snapshot import Snapshot, SnapshotOrigin, template_comment, template_name
from liftlock_datagen.postgres import PostgresEngine

_IMAGES = Path(__file__).parent.parent / ".machine" / "images.json"
TARGET = 1.5
_FILL = """
CREATE TABLE filler AS SELECT i, md5(i::text) AS a, md5((i * 7)::text) AS b, repeat('x', 40) AS c FROM generate_series(1, 900000) i;
CREATE INDEX ON filler (i)
"""  # about 150 MB


def run(rounds: int = 5) -> list[dict[str, Any]]:
    """One row per way to have the data again: median seconds, and the ratio to its floor where it has one."""
    with _bench() as bench:
        size = bench.size()
        laps = [bench.lap(number) for number in range(rounds)]
    middle = {what: statistics.median(lap[what] for lap in laps) for what in laps[0]}
    rows = [{"benchmark": "golden copies", "what": what, "mb": round(size / 1e6), "wall": round(wall, 3)} for what, wall in middle.items()]
    ratio = statistics.median(lap[_RESTORE] / lap[_TEMPLATE] for lap in laps)
    beyond = statistics.median((lap[_CLONE] - lap[_NOTHING]) / lap[_TEMPLATE] for lap in laps)
    ratios = {_RESTORE: round(ratio, 2), _CLONE: round(beyond, 2)}
    return [{**row, **({"times_floor": ratios[row["what"]]} if row["what"] in ratios else {})} for row in rows]


_TEMPLATE, _RESTORE = "PostgreSQL's clone of a template", "restore in place"
_NOTHING, _CLONE = "a container that does nothing", "clone into a new volume"


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'what':42}{'MB':>6}{'wall s':>9}{'x floor':>9}")
    for row in rows:
        print(f"{row['what']:42}{row['mb']:>6}{row['wall']:>9}{row.get('times_floor', '')!s:>9}")
    print(f"target: restore at most {TARGET} times the template's clone; the clone's ratio is of what it takes beyond an empty container,")
    print("and it copies the database twice: once to be used, once pristine")


@dataclass
class _Bench:
    vault: DockerSnapshots
    client: APIClient
    snapshot: Snapshot
    url: str
    project: str

    def size(self) -> int:
        """Of the database, in bytes."""
        return PostgresEngine().facts(self.url, counted=False).size

    def lap(self, number: int) -> dict[str, float]:
        """Each way once."""
        return {
            _TEMPLATE: _seconds(lambda: self._template(number)),
            _RESTORE: _seconds(self._restore),
            _NOTHING: _seconds(self._nothing),
            _CLONE: _seconds(lambda: self.vault.clone(self.snapshot, _target(self.project, f"lap{number}"))),
        }

    def _template(self, number: int) -> None:
        with psycopg.connect(self.url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE by_hand_{number} TEMPLATE {template_name('shop')} STRATEGY file_copy".encode())

    def _restore(self) -> None:
        comment = template_comment(self.snapshot.volume)
        if not PostgresEngine().restore(self.url, template=template_name("shop"), comment=comment, on_note=lambda _: None):
            raise RuntimeError("the clone has no pristine copy inside")

    def _nothing(self) -> None:
        job = Job(f"{self.project}-nothing", "nothing", self.snapshot.image, "exit 0", [], {}, {})
        run_job(self.client, create_job(self.client, job), job.what)
        remove_container(self.client, job.name)


@contextmanager
def _bench() -> Iterator[_Bench]:
    image = str(json.loads(_IMAGES.read_text())["images"]["postgres"])
    project, database = f"bench{uuid.uuid4().hex[:5]}", Database("shop", ImageRef.parse(image))
    client = APIClient(timeout=600)
    with tempfile.TemporaryDirectory() as folder:
        vault = DockerSnapshots(project, "bench", Path(folder))
        try:
            with vault.building(database) as building:
                with psycopg.connect(building.url) as connection:
                    connection.execute(_FILL.encode())
                facts = PostgresEngine().facts(building.url)
                moment = datetime.now(UTC)
                made = Snapshot(
                    "bench", "shop", SnapshotOrigin.OTHER, facts.catalog, "", "", image, "", facts.rows, facts.size, moment, building.volume
                )
                snapshot = vault.keep(building, made)
            vault.clone(snapshot, _target(project, "served"))
            yield _Bench(vault, client, snapshot, _serve(client, project, image), project)
        finally:
            remove_project(project)
            client.close()


def _target(project: str, environment: str) -> Target:
    labels = {"liftlock.managed": "true", "liftlock.project": project, "liftlock.project-id": "bench", "liftlock.environment": environment}
    return Target(project, environment, "shop", labels, "bench", disposable=True)


def _serve(client: Any, project: str, image: str) -> str:
    """A server on the clone, as a branch has it; its URL when it answers."""
    config = client.create_host_config(
        binds=[f"{project}-served-db-shop-data:/var/lib/postgresql/data"], port_bindings={5432: ("127.0.0.1", None)}
    )
    environment = {"POSTGRES_USER": "shop", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "bench", "PGFAST": "1"}
    labels = {"liftlock.managed": "true", "liftlock.project": project, "liftlock.role": "database"}
    made = client.create_container(image, environment=environment, labels=labels, ports=[5432], host_config=config)
    client.start(made["Id"])
    port = client.inspect_container(made["Id"])["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"]
    url = f"postgresql://shop:bench@127.0.0.1:{port}/shop"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return url
    raise RuntimeError("the server does not answer")


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    show(run())
