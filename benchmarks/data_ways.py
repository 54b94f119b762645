"""One way of making or copying rows, measured in a process of its own, whose peak memory is its own. Called by benchmarks/data.py.

The addresses come through the environment, as they hold passwords; the result is one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import psycopg
from psycopg import sql

from liftlock_datagen.snapshots.restore import restore_template  # here, as it takes so short a time that loading it would count

SOURCE, TARGET, READY_MADE = "BENCHMARK_SOURCE_URL", "BENCHMARK_TARGET_URL", "BENCHMARK_READY_MADE"
_SEED = 1


def _synthesis(rows: int) -> int:
    from liftlock_datagen.synthesis.load import seed  # noqa: PLC0415 - each process loads what it measures

    return seed(os.environ[TARGET], rows=rows, seed=_SEED, on_progress=lambda *_: None).total


def _naive_synthesis(rows: int) -> int:
    from benchmarks.naive_shop import fill_naively  # noqa: PLC0415

    return fill_naively(os.environ[TARGET], rows)


def _ready_made(rows: int) -> int:
    """The same rows as text that lies ready: psql, with keys and indexes behind the rows as pg_dump puts them, and statistics.

    The floor of a synthesis: nothing is planned, made or marked. In one transaction and with as much memory for indexes.
    """
    told = ["psql", "-qX1o", os.devnull, "-v", "ON_ERROR_STOP=1", "-f", os.environ[READY_MADE], "-c", "ANALYZE", os.environ[TARGET]]
    subprocess.run(told, check=True, env={**os.environ, "PGOPTIONS": "-c maintenance_work_mem=256MB"})
    return rows


def _plain_copy(rows: int) -> int:
    """pg_dump | psql: the floor of every copy."""
    dump = subprocess.Popen(["pg_dump", "--no-owner", os.environ[SOURCE]], stdout=subprocess.PIPE)
    try:
        subprocess.run(["psql", "-qXo", os.devnull, "-v", "ON_ERROR_STOP=1", os.environ[TARGET]], stdin=dump.stdout, check=True)
    finally:
        if dump.wait() != 0:
            raise RuntimeError("pg_dump failed")
    return rows


def _naive_copy(rows: int) -> int:
    """Each row read, its sensitive values made by Faker, written by executemany; no value is the same twice, no key of any kind."""
    from faker import Faker  # noqa: PLC0415 - a development dependency, for this way only

    Faker.seed(_SEED)
    fake = Faker()
    with psycopg.connect(os.environ[SOURCE]) as source, psycopg.connect(os.environ[TARGET]) as target, target.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, full_name text, phone text, street text)"
        )
        found = source.execute("SELECT id FROM customers ORDER BY id LIMIT %s", [rows]).fetchall()
        values = [(row[0], f"{row[0]}.{fake.email()}", fake.name(), fake.phone_number(), fake.street_address()) for row in found]
        cursor.executemany("INSERT INTO customers VALUES (%s, %s, %s, %s, %s)", values)
    return len(values)


def _anonymised_copy(_: int) -> int:
    """A copy with pseudonyms in four columns, its uniqueness kept; the other rows pass through."""
    from benchmarks.data_workload import KEY, SPEC  # noqa: PLC0415
    from liftlock_datagen.masking.run import MaskRequest  # noqa: PLC0415
    from liftlock_datagen.postgres import PostgresEngine  # noqa: PLC0415

    request = MaskRequest(os.environ[SOURCE], os.environ[TARGET], SPEC, KEY, replace=True, fresh=True)
    return PostgresEngine().anonymise(request, on_progress=lambda *_: None).total


def _second_run(_: int) -> int:
    """The same copy once more, of a source that did not change: it is seen that nothing is to be written."""
    from benchmarks.data_workload import KEY, SPEC  # noqa: PLC0415
    from liftlock_datagen.masking.run import MaskRequest  # noqa: PLC0415
    from liftlock_datagen.postgres import PostgresEngine  # noqa: PLC0415

    request = MaskRequest(os.environ[SOURCE], os.environ[TARGET], SPEC, KEY, replace=True)
    done = PostgresEngine().anonymise(request, on_progress=lambda *_: None)
    if not done.unchanged:
        raise RuntimeError("the second run wrote something")
    return done.total


def _check(cells: int) -> int:
    """The certificate over every cell of source and copy; how many cells the copy has."""
    from benchmarks.data_workload import KEY, SPEC  # noqa: PLC0415
    from liftlock_datagen.certificate.model import Sides, Verdict  # noqa: PLC0415
    from liftlock_datagen.postgres import PostgresEngine  # noqa: PLC0415

    sides = Sides(os.environ[SOURCE], os.environ[TARGET], "source", "copy", "benchmark")
    found = PostgresEngine().check(sides, SPEC, naming=b"benchmark", key=KEY, on_progress=lambda *_: None)
    if found.verdict is Verdict.INCOMPLETE:
        raise RuntimeError("the check was incomplete")
    return cells


def _template_clone(_: int) -> int:
    """PostgreSQL's own, with files copied as ours are. Dropping it is not of the measured."""
    with psycopg.connect(os.environ[SOURCE], autocommit=True) as connection:
        name = sql.Identifier(bare_clone(str(psycopg.conninfo.conninfo_to_dict(os.environ[TARGET])["dbname"])))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE golden STRATEGY file_copy").format(name))
    return 1


def bare_clone(target: str) -> str:
    """The name of PostgreSQL's own clone beside the target."""
    return f"{target}_bare"


def _snapshot_clone(_: int) -> int:
    """What data snapshot restore does: cloned beside, with the old one's rights and settings, swapped in, the old one dropped behind."""
    if not restore_template(os.environ[TARGET], template="golden", comment="golden", on_note=lambda _: None):
        raise RuntimeError("the golden copy was not found")
    return 1


WAYS: Mapping[str, Callable[[int], int]] = {
    "synthesis": _synthesis,
    "naive-synthesis": _naive_synthesis,
    "ready-made": _ready_made,
    "plain-copy": _plain_copy,
    "naive-copy": _naive_copy,
    "anonymised-copy": _anonymised_copy,
    "second-run": _second_run,
    "check": _check,
    "template-clone": _template_clone,
    "snapshot-clone": _snapshot_clone,
}


def _measured(way: str, count: int) -> dict[str, float]:
    began = time.perf_counter()
    done = WAYS[way](count)
    seconds = time.perf_counter() - began
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = max(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"done": done, "seconds": round(seconds, 3), "peak_mib": round(peak / unit)}


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], int(sys.argv[2]))))
