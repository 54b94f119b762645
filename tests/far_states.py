"""States that only the Pulumi CLI reaches, on real servers: a PostgreSQL, and a bucket with a key."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import psycopg

from tests.aws import RunningAws, run_aws
from tests.postgres import RunningPostgres, postgres_image, run_postgres


@dataclass(frozen=True, slots=True)
class FarState:
    """backend, keeper: as `engine.backend` and `engine.secrets_provider` name them. variables: what a client finds in its environment.

    put: stores something; held: everything that is stored, by name.
    """

    backend: str
    keeper: str
    put: Callable[[str, bytes], None]
    held: Callable[[], Mapping[str, bytes]]
    variables: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def state_in_postgres(server: RunningPostgres) -> Iterator[FarState]:
    """An empty database of its own, under a password that is escaped in a URL."""
    with server.database("SELECT") as name, server.connect(name) as connection:
        url = f"{server.url(name).replace('postgresql://', 'postgres://')}?sslmode=disable"
        yield FarState(url, "passphrase", partial(_put, connection, f"{name}/"), partial(_held, connection, f"{name}/"))


@contextmanager
def state_in_bucket(aws: RunningAws) -> Iterator[FarState]:
    """An empty bucket of its own, and a key."""
    name = f"state-{uuid.uuid4().hex[:8]}"
    yield FarState(aws.bucket(name), aws.key(), partial(aws.put, name), partial(aws.objects, name), aws.variables)


@contextmanager
def far_state(kind: str) -> Iterator[FarState]:
    """kind: `postgres` or `bucket`."""
    if kind == "bucket":
        with run_aws() as aws, state_in_bucket(aws) as found:
            yield found
        return
    image = postgres_image()
    assert image is not None, "needs the project's images: run make images"
    with run_postgres(image) as server, state_in_postgres(server) as found:
        yield found


def _put(connection: psycopg.Connection[tuple[object, ...]], prefix: str, name: str, content: bytes) -> None:
    """As Pulumi keeps its files in a table, which it has made by then; the database's name stands before each of theirs."""
    row = json.dumps({"data": base64.b64encode(content).decode()})
    store = "INSERT INTO pulumi_state (key, data) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET data = excluded.data"
    connection.execute(store, (f"{prefix}{name}", row))


def _held(connection: psycopg.Connection[tuple[object, ...]], prefix: str) -> dict[str, bytes]:
    if connection.execute("SELECT to_regclass('pulumi_state')").fetchone() == (None,):
        return {}
    rows = connection.execute("SELECT key, data ->> 'data' FROM pulumi_state").fetchall()
    return {str(key).removeprefix(prefix): base64.b64decode(str(data)) for key, data in rows}
