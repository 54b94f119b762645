"""A real PostgreSQL for tests, from the project's own image, in a container of its own; every test gets an empty database."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

# The reaper's image comes from a hub that may not be there; what is started here is removed here. Read when testcontainers is imported.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
from testcontainers.core.container import DockerContainer

from tests.waiting import eventually

OWN_VERSION = 15
_IMAGES = Path(__file__).parent.parent / ".machine" / "images.json"
_LABELS = {"liftlock.managed": "true", "liftlock.role": "test"}
_USER = "liftlock"
_START = """
find "$PGDATA" -mindepth 1 -delete
/native/bin/initdb --no-sync --encoding=UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=reject --username=postgres
fast='-c fsync=off -c synchronous_commit=off -c full_page_writes=off'
exec /native/bin/postgres -D "$PGDATA" -c config_file=/etc/postgresql/postgresql.conf $fast
"""
"""The cluster that the image brings is of its own version. Who may connect is said by the image's settings, not by the cluster's."""
PASSWORD = "a/p@ss:word"


@dataclass(frozen=True, slots=True)
class RunningPostgres:
    """A server on a loopback port, with a role that owns what it makes and is no superuser. administer: runs SQL as the superuser."""

    port: int
    administer: Callable[[str], None]
    major: int = OWN_VERSION

    def url(self, database: str = "liftlock") -> str:
        """The database's URL, password included (its signs are escaped)."""
        return f"postgresql://{_USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "liftlock") -> psycopg.Connection[tuple[object, ...]]:
        """A connection that commits each statement."""
        parts = make_conninfo(host="127.0.0.1", port=self.port, user=_USER, password=PASSWORD, dbname=database)
        return psycopg.connect(parts, autocommit=True)

    def end_connections(self, database: str) -> None:
        """Ends every connection to the database at once."""
        self.administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608 - our own name

    @contextmanager
    def database(self, schema: str) -> Iterator[str]:
        """A new database with this schema; its name. Dropped at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.administer(f"CREATE DATABASE {name} OWNER {_USER}")
        try:
            with self.may_make_extensions(schema), self.connect(name) as connection:
                connection.execute(schema.encode())
            yield name
        finally:
            self.drop(name)

    @contextmanager
    def may_make_extensions(self, schema: str) -> Iterator[None]:
        """The role may make those of the schema: before 13 that is for superusers alone, whatever the extension."""
        if self.major >= 13 or "CREATE EXTENSION" not in schema:
            yield
            return
        self.administer(f"ALTER ROLE {_USER} SUPERUSER")
        try:
            yield
        finally:
            self.administer(f"ALTER ROLE {_USER} NOSUPERUSER")

    def drop(self, database: str) -> None:
        """Drops a database, whoever is connected."""
        if self.major < 13:  # which has no word for it
            self.administer(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            self.end_connections(database)
        self.administer(f"DROP DATABASE {database}{' WITH (FORCE)' if self.major >= 13 else ''}")


def postgres_image() -> str | None:
    """The image's reference by digest; None where the images were not made."""
    if not _IMAGES.exists():
        return None
    images: dict[str, str] = json.loads(_IMAGES.read_text())["images"]
    return images.get("postgres")


@contextmanager
def run_postgres(image: str) -> Iterator[RunningPostgres]:
    """A fresh server; removed at the end, its volume too."""
    container = DockerContainer(image)
    for name, value in {"POSTGRES_USER": _USER, "POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": "liftlock", "PGFAST": "1"}.items():
        container.with_env(name, value)
    with _started(container, OWN_VERSION) as server:
        eventually(lambda: _answers(server))
        _without_autovacuum(server)
        yield server


@contextmanager
def run_postgres_version(image: str, major: int, native: Path) -> Iterator[RunningPostgres]:
    """A fresh server of another version: the programs of that folder, in a container of the project's image and with its settings.

    So they run as nobody in particular, whoever runs the tests; PostgreSQL refuses to be run by root.
    """
    container = DockerContainer(image)
    container.with_volume_mapping(str(native), "/native", "ro")
    container.with_command(["sh", "-ec", _START])
    with _started(container, major) as server:
        eventually(lambda: container.exec(["psql", "-U", "postgres", "-d", "postgres", "-qc", "SELECT 1"]).exit_code == 0)
        server.administer(f"CREATE ROLE {_USER} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
        server.administer(f"CREATE DATABASE liftlock OWNER {_USER}")
        _without_autovacuum(server)
        yield server


@contextmanager
def _started(container: DockerContainer, major: int) -> Iterator[RunningPostgres]:
    container.with_kwargs(labels=_LABELS)
    container.ports["5432/tcp"] = ("127.0.0.1", None)  # type: ignore[assignment]  # Docker's own way to say: loopback, any port
    container.start()
    try:
        inner = container.get_wrapped_container()
        inner.reload()
        port = int(inner.attrs["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"])
        yield RunningPostgres(port, partial(_administer, container), major)
    finally:
        container.stop(force=True, delete_volume=True)


def _without_autovacuum(server: RunningPostgres) -> None:
    """Else what a test finds in statistics and on pages hangs on when the server had a quiet moment."""
    server.administer("ALTER SYSTEM SET autovacuum = off")
    server.administer("SELECT pg_reload_conf()")


def _administer(container: DockerContainer, statement: str) -> None:
    done = container.exec(["psql", "-U", "postgres", "-d", "postgres", "-qc", statement])
    if done.exit_code != 0:
        raise RuntimeError(done.output.decode())


def _answers(server: RunningPostgres) -> bool:
    try:
        server.connect().close()
    except psycopg.OperationalError:
        return False
    return True
