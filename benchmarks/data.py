"""Rows for lower environments, on one machine: synthesis, copies, their check, clones; beside each the naive way and the floor.

Every way runs in a process of its own against one server in a container. The naive ways get fewer rows, as their rate does not depend on
how many there are. Rows against time are drawn to benchmarks/results/data.svg.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.data_plot import rows_against_time
from benchmarks.data_ways import SOURCE, TARGET
from benchmarks.data_workload import CUSTOMERS, GREENMASK_PLAIN_SECONDS, GREENMASK_SECONDS, cells_of, rows_of, workload
from tests.postgres import RunningPostgres, postgres_image, run_postgres

_ROOT = Path(__file__).parent.parent
_SCHEMA = _ROOT / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql"
SIZES = (100_000, 500_000, 1_000_000, 5_000_000)
_NAIVE_ROWS = 10_000
_BESIDE = 500_000  # the size of synthesis that is held against the target and the naive way
_TARGETS = {"synthesis": 150_000, "anonymised copy": 100_000, "check": 500_000}


def run(sizes: Sequence[int] = SIZES, rounds: int = 3, customers: int = CUSTOMERS) -> list[dict[str, Any]]:
    """One row per way and size: what, how many, seconds, rate, peak memory, and the rate of the peer beside it."""
    image = postgres_image()
    if image is None:
        raise SystemExit("the images are missing: run make images")
    with run_postgres(image) as server:
        server.administer("ALTER ROLE liftlock CREATEDB")
        return [*_synthesis(server, sizes), *_copies(server, customers), *_clones(server, rounds, customers)]


def _synthesis(server: RunningPostgres, sizes: Sequence[int]) -> list[dict[str, Any]]:
    schema = _SCHEMA.read_text(encoding="utf-8")
    found = []
    for way, rows in (("naive-synthesis", _NAIVE_ROWS), *(("synthesis", size) for size in sizes)):
        with server.database(schema) as target:
            found.append(_measure("synthesis", way, rows, server, target=target))
    return found


def _copies(server: RunningPostgres, customers: int) -> list[dict[str, Any]]:
    """The workload of anonymised copies, and the check of such a copy."""
    with ExitStack() as stack:
        source = stack.enter_context(server.database(workload(customers)))
        plain, naive, masked = (stack.enter_context(server.database("SELECT 1")) for _ in range(3))
        found = [
            _measure("copy", "naive-copy", _NAIVE_ROWS, server, source, naive),
            _measure("copy", "plain-copy", rows_of(customers), server, source, plain),
            _measure("copy", "anonymised-copy", rows_of(customers), server, source, masked),
        ]
        return [*found, _measure("check", "check", cells_of(customers), server, source, masked)]


def _clones(server: RunningPostgres, rounds: int, customers: int) -> list[dict[str, Any]]:
    """A golden copy (of 500,000 customers: about 150 MB), cloned by PostgreSQL itself and by us; the medians of several rounds."""
    with ExitStack() as stack:
        golden, target = (
            stack.enter_context(server.database(workload(customers * 3 // 5))),
            stack.enter_context(server.database("SELECT 1")),
        )
        size = _megabytes(server, golden)
        server.administer(f"ALTER DATABASE {golden} RENAME TO golden")
        try:
            server.administer("COMMENT ON DATABASE golden IS 'golden'")
            server.administer("ALTER DATABASE golden IS_TEMPLATE true")
            found = []
            for way in ("template-clone", "snapshot-clone"):
                several = sorted(
                    (_measure("clone", way, 1, server, "postgres", target) for _ in range(rounds)), key=lambda row: row["seconds"]
                )
                found.append({**several[rounds // 2], "megabytes": size})
            return found
        finally:
            server.administer("ALTER DATABASE golden IS_TEMPLATE false")
            server.administer(f"ALTER DATABASE golden RENAME TO {golden}")


def _megabytes(server: RunningPostgres, database: str) -> int:
    with server.connect(database) as connection:
        row = connection.execute("SELECT pg_database_size(current_database()) / 1000000").fetchone()
    return int(str(row[0])) if row else 0


def _measure(what: str, way: str, count: int, server: RunningPostgres, source: str = "", target: str = "") -> dict[str, Any]:
    """Runs one way in a fresh process."""
    addresses = {SOURCE: server.url(source) if source else "", TARGET: server.url(target) if target else ""}
    command = [sys.executable, "-m", "benchmarks.data_ways", way, str(count)]
    done = subprocess.run(command, env={**os.environ, **addresses}, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(f"{way}: {done.stderr.strip()}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{way}: {measured['done']:,} in {measured['seconds']} s", file=sys.stderr, flush=True)
    return {"benchmark": what, "way": way, **measured, "per_second": round(measured["done"] / measured["seconds"])}


def show(found: list[dict[str, Any]]) -> None:
    """The table for people, and the plot."""
    print(f"{'what':<12}{'way':<18}{'rows or cells':>15}{'seconds':>10}{'per second':>13}{'peak MiB':>10}")
    for row in found:
        print(
            f"{row['benchmark']:<12}{row['way']:<18}{row['done']:>15,}{row['seconds']:>10.2f}{row['per_second']:>13,}{row['peak_mib']:>10}"
        )
    by_way = {row["way"]: row for row in found}
    ours = [row for row in found if row["way"] == "synthesis"]
    if ours:
        beside = min(ours, key=lambda row: abs(row["done"] - _BESIDE))
        print(f"synthesis of {beside['done']:,} rows: {_against(beside['per_second'], 'synthesis')}, "
              f"{beside['per_second'] / by_way['naive-synthesis']['per_second']:.1f} times the naive way")  # fmt: skip
    if "anonymised-copy" in by_way:
        copied, plain = by_way["anonymised-copy"], by_way["plain-copy"]
        times = copied["seconds"] / plain["seconds"]
        peer = GREENMASK_SECONDS / GREENMASK_PLAIN_SECONDS
        verdict = f"target: at most 1.6: {'met' if times <= 1.6 else 'MISSED'}; Greenmask on its machine: {peer:.1f}"
        print(f"anonymised copy: {_against(copied['per_second'], 'anonymised copy')}; {times:.2f} times pg_dump | psql ({verdict})")
    if "check" in by_way:
        print(f"check: {_against(by_way['check']['per_second'], 'check')}, in cells of the copy")
    if "snapshot-clone" in by_way:
        times = by_way["snapshot-clone"]["seconds"] / by_way["template-clone"]["seconds"]
        size = by_way["snapshot-clone"]["megabytes"]
        print(f"clone of {size} MB: {times:.2f} times PostgreSQL's own (target: at most 1.5: {'met' if times <= 1.5 else 'MISSED'})")
    plot = Path(__file__).parent / "results" / "data.svg"
    plot.parent.mkdir(exist_ok=True)
    plot.write_text(rows_against_time(ours), encoding="utf-8")
    print(f"rows against time: {plot.relative_to(_ROOT)}")


def _against(rate: float, what: str) -> str:
    target = _TARGETS[what]
    return f"{rate:,.0f}/s (target: {target:,}/s: {'met' if rate >= target else 'MISSED'})"
