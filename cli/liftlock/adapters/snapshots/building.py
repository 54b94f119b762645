"""The server in which a golden copy is made: a container on a volume of its own, open on the loopback address."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from docker import APIClient

from liftlock.adapters.snapshots import scripts
from liftlock.adapters.snapshots.jobs import Job, Mounted, create_job, ensure_image, failure_of, remove_container, run_job
from liftlock.core.environment import Database
from liftlock.core.errors import LiftlockError, UnavailableError
from liftlock.core.snapshot import template_comment, template_name

_START_SECONDS = 60.0
_STOP_SECONDS = 120
_DATA = "/var/lib/postgresql/data"
_OWN_SCHEMA = "liftlock_data"  # where the marker of filled tables is
TEMPLATE_LIMIT = 1 << 30
"""Bytes up to which a copy holds a pristine second one for restores in place; above, it would cost more than it saves."""


def start_server(client: APIClient, name: str, volume: str, database: Database, labels: Mapping[str, str]) -> str:
    """The URL of the empty database, when the server answers."""
    ensure_image(client, str(database.image))
    password = secrets.token_urlsafe(24)
    # What is made here is worth nothing before it is whole, so speed comes before durability; the end writes everything to the disk.
    environment = {"POSTGRES_USER": database.name, "POSTGRES_DB": database.name, "POSTGRES_PASSWORD": password, "PGFAST": "1"}
    config = client.create_host_config(binds=[f"{volume}:{_DATA}"], port_bindings={5432: ("127.0.0.1", None)}, shm_size="256m")
    made = client.create_container(
        str(database.image), name=name, labels=dict(labels), environment=environment, ports=[5432], host_config=config
    )
    client.start(made["Id"])
    deadline = time.monotonic() + _START_SECONDS
    while True:
        found = client.inspect_container(made["Id"])
        if not found["State"]["Running"]:
            said = client.logs(made["Id"], tail=5).decode(errors="replace").strip()
            raise LiftlockError(f"the server for the golden copy of {database.name} did not start: {said}")
        url = _published_url(found, database.name, password)
        if url is not None and _answers(url):
            return url
        if time.monotonic() > deadline:
            raise UnavailableError(f"the server for the golden copy of {database.name} does not answer", hint="is the machine overloaded?")
        time.sleep(0.05)


def is_ready(client: APIClient, container: str, database: str, password: str) -> bool:
    """Whether a server that was started again answers. Asked over its port where that is open: a program inside takes a second to start."""
    url = _published_url(client.inspect_container(container), database, password)
    if url is not None:
        return _answers(url)
    asking = client.exec_create(container, ["pg_isready", "-q", "-h", "127.0.0.1", "-U", database, "-d", database])["Id"]
    client.exec_start(asking)
    return bool(client.exec_inspect(asking)["ExitCode"] == 0)


def _published_url(inspected: Mapping[str, Any], database: str, password: str) -> str | None:
    """None where its port is not open on this machine."""
    port = (inspected["NetworkSettings"]["Ports"].get("5432/tcp") or [{}])[0].get("HostPort")
    return f"postgresql://{quote(database)}:{quote(password, safe='')}@127.0.0.1:{port}/{quote(database)}" if port else None


def _answers(url: str) -> bool:
    import psycopg  # noqa: PLC0415 - for those who make a copy

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Copying:
    """A database's way into the server: with pg_dump and psql of the image, in a container on the machine's own network."""

    source_url: str
    target_url: str
    image: str
    empty: Sequence[tuple[str, str]] | None
    moment: str | None

    def job(self, name: str, labels: Mapping[str, str]) -> Job:
        """The container's work."""
        source, source_password = _split(self.source_url)
        target, target_password = _split(self.target_url)
        return Job(
            name=name,
            what="copying the database",
            image=self.image,
            script=scripts.COPY,
            mounts=(),
            labels=labels,
            environment={
                "SOURCE": source,
                "SOURCE_PASSWORD": source_password,
                "TARGET": target,
                "TARGET_PASSWORD": target_password,
            },
            arguments=self._arguments(),
            network="host",
        )

    def _arguments(self) -> list[str]:
        moment = [f"--snapshot={self.moment}"] if self.moment else []
        if self.empty is None:
            return moment
        tables = [f"--exclude-table-data={quoted(schema)}.{quoted(table)}" for schema, table in self.empty]
        return [*moment, "--no-blobs", f"--exclude-schema={_OWN_SCHEMA}", *tables]


def make_template(client: APIClient, container: str, database: str, volume: str) -> None:
    """A pristine second copy in the same server, which nobody can connect to; its owner may make databases from it."""
    pristine, name = quoted(template_name(database)), quoted(database)
    administer(
        client,
        container,
        [
            "\\connect postgres",
            f"CREATE DATABASE {pristine} TEMPLATE {name} OWNER {name};",
            f"ALTER DATABASE {pristine} IS_TEMPLATE true ALLOW_CONNECTIONS false;",
            f"COMMENT ON DATABASE {pristine} IS '{template_comment(volume)}';",
        ],
    )


def administer(client: APIClient, container: str, statements: Sequence[str]) -> None:
    """Runs them as the superuser, one by one."""
    running = client.exec_create(
        container, ["/bin/sh", "-c", scripts.ADMINISTER], user="postgres", environment={"STATEMENTS": "\n".join(statements)}
    )["Id"]
    said = client.exec_start(running)
    if client.exec_inspect(running)["ExitCode"] != 0:
        raise failure_of("administering the database server", said.decode(errors="replace").strip())


def stop_server(client: APIClient, name: str) -> None:
    """Ends it as PostgreSQL wants to be ended."""
    client.stop(name, timeout=_STOP_SECONDS)
    found = client.inspect_container(name)
    if found["State"]["ExitCode"] != 0:
        raise LiftlockError(
            f"the server of the golden copy ended with {found['State']['ExitCode']}", hint="see docker logs; then run again"
        )


def finish(client: APIClient, name: str, image: str, volume: str, labels: Mapping[str, str]) -> int:
    """Proves that the data folder is whole, writes it to the disk and marks it; its size in bytes."""
    job = Job(name, "finishing the golden copy", image, scripts.FINISH, [Mounted(volume, "/to")], labels, {"SNAPSHOT": volume})
    try:
        return int(run_job(client, create_job(client, job), job.what).splitlines()[-1]) * 1024
    finally:
        remove_container(client, name)


def _split(url: str) -> tuple[str, str]:
    """The connection string without its password, and the password."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415 - likewise

    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    password = parts.pop("password", "")
    return make_conninfo(**parts), password


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
