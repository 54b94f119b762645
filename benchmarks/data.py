"""Rows for lower environments, on one machine: synthesis, copies, their check, clones; beside each the naive way and the floor.

Every way runs in a process of its own against one server in a container, one after the other. The naive ways get fewer rows, as their
rate does not depend on how many there are. Rows against time and memory are drawn to benchmarks/results/data.svg.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.data_plot import rows_against_time
from benchmarks.data_ways import READY_MADE, SOURCE, TARGET, bare_clone
from benchmarks.data_workload import CUSTOMERS, GREENMASK_PLAIN_SECONDS, GREENMASK_SECONDS, cells_of, rows_of, workload
from benchmarks.processes import measure
from tests.postgres import RunningPostgres, postgres_image, run_postgres

_ROOT = Path(__file__).parent.parent
_SCHEMA = _ROOT / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql"
SIZES = (100_000, 500_000, 1_000_000)
PLOTTED = (500_000, 1_500_000, 5_000_000)
_NAIVE_ROWS = 10_000
_BESIDE = 500_000  # the size of synthesis that is held against the target and the naive way
_TARGETS = {"synthesis": 150_000, "anonymised copy": 100_000, "check": 500_000}

Row = dict[str, Any]


def run(sizes: Sequence[int] = SIZES, rounds: int = 3, customers: int = CUSTOMERS, *, plot: bool = False) -> list[Row]:
    """One row per way and size: what, how many, seconds, rate, peak memory. plot: also three ways with up to 5 million rows."""
    image = postgres_image()
    if image is None:
        raise SystemExit("the images are missing: run make images")
    with run_postgres(image) as server:
        found = [*_synthesis(server, sizes, rounds), *_copies(server, rounds, customers), *_clones(server, rounds, customers)]
        return [*found, *_plotted(server, PLOTTED if plot else ())]


def _synthesis(server: RunningPostgres, sizes: Sequence[int], rounds: int) -> Iterator[Row]:
    """The naive way, then each size beside psql with the same rows as ready-made text, round by round."""
    with server.database(_schema()) as target:
        yield _measure("synthesis", "naive-synthesis", _NAIVE_ROWS, server, target=target)
    for size in sizes:
        with TemporaryDirectory() as folder:
            laps = [_beside_ready_made(server, size, Path(folder, "rows.sql")) for _ in range(rounds)]
        ratio = statistics.median(ours["seconds"] / floor["seconds"] for ours, floor in laps)
        slowest = min(ours["per_second"] for ours, _ in laps)
        yield {**_middle([ours for ours, _ in laps]), "times_floor": round(ratio, 2), "slowest": slowest}
        yield _middle([floor for _, floor in laps])


def _synthesised(server: RunningPostgres, size: int, target: str) -> Row:
    return _measure("synthesis", "synthesis", size, server, target=target)


def _beside_ready_made(server: RunningPostgres, size: int, text: Path) -> tuple[Row, Row]:
    """One lap. The text is a dump of the first one's rows."""
    with server.database(_schema()) as target, server.database("SELECT 1") as other:
        ours = _synthesised(server, size, target)
        if not text.exists():
            subprocess.run(["pg_dump", "--no-owner", "-N", "liftlock_data", f"--file={text}", server.url(target)], check=True)
        return ours, _measure("synthesis", "ready-made", ours["done"], server, target=other, ready_made=text)


def _schema() -> str:
    return _SCHEMA.read_text(encoding="utf-8")


def _copies(server: RunningPostgres, rounds: int, customers: int) -> Iterator[Row]:
    """The workload of anonymised copies beside the plain copy, round by round, each with a second run; and the check of the last one."""
    rows = rows_of(customers)
    with ExitStack() as stack:
        source = stack.enter_context(server.database(workload(customers)))
        masked, naive = (stack.enter_context(server.database("SELECT 1")) for _ in range(2))
        yield _measure("copy", "naive-copy", _NAIVE_ROWS, server, source, naive)
        laps = []
        for _ in range(rounds):
            with server.database("SELECT 1") as plain:
                before = _measure("copy", "plain-copy", rows, server, source, plain)
            ours = _measure("copy", "anonymised-copy", rows, server, source, masked)
            laps.append((before, ours, _measure("copy", "second-run", rows, server, source, masked)))
        yield _middle([before for before, _, _ in laps])
        ratio = statistics.median(ours["seconds"] / before["seconds"] for before, ours, _ in laps)
        yield {**_middle([ours for _, ours, _ in laps]), "times_floor": round(ratio, 2)}
        again = statistics.median(second["seconds"] / ours["seconds"] for _, ours, second in laps)
        yield {**_middle([second for _, _, second in laps]), "times_first": round(again, 2)}
        yield _measure("check", "check", cells_of(customers), server, source, masked)


def _plotted(server: RunningPostgres, sizes: Sequence[int]) -> Iterator[Row]:
    """The same three at each size."""
    for size in sizes:
        with server.database(_schema()) as target:
            made = _synthesised(server, size, target)
        yield {**made, "benchmark": "plot", "rows": made["done"]}
        customers = size // 3
        with server.database(workload(customers)) as source, server.database("SELECT 1") as masked:
            copied = _measure("plot", "anonymised-copy", rows_of(customers), server, source, masked)
            yield {**copied, "rows": copied["done"]}
            yield {**_measure("plot", "check", cells_of(customers), server, source, masked), "rows": copied["done"]}


def _middle(rows: Sequence[Row]) -> Row:
    """The lap of the median time."""
    return sorted(rows, key=lambda row: float(row["seconds"]))[len(rows) // 2]


def _clones(server: RunningPostgres, rounds: int, customers: int) -> Iterator[Row]:
    """A golden copy (about 150 MB), cloned by PostgreSQL itself and put in a database's place by us; the medians of several rounds."""
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
            laps = []
            for _ in range(rounds):
                laps.append([_measure("clone", way, 1, server, "postgres", target) for way in ("template-clone", "snapshot-clone")])
                server.administer(f"DROP DATABASE {bare_clone(target)}")
            ratio = statistics.median(ours["seconds"] / floor["seconds"] for floor, ours in laps)
            yield {**_middle([floor for floor, _ in laps]), "megabytes": size}
            yield {**_middle([ours for _, ours in laps]), "megabytes": size, "times_floor": round(ratio, 2)}
        finally:
            server.administer("ALTER DATABASE golden IS_TEMPLATE false")
            server.administer(f"ALTER DATABASE golden RENAME TO {golden}")


def _megabytes(server: RunningPostgres, database: str) -> int:
    with server.connect(database) as connection:
        row = connection.execute("SELECT pg_database_size(current_database()) / 1000000").fetchone()
    return int(str(row[0])) if row else 0


def _measure(
    what: str, way: str, count: int, server: RunningPostgres, source: str = "", target: str = "", ready_made: Path | None = None
) -> Row:
    """Runs one way in a fresh process. peak_mib: of the largest process; sum_mib: of all at one time; cpu: theirs, not the server's."""
    given = {SOURCE: server.url(source) if source else "", TARGET: server.url(target) if target else "", READY_MADE: str(ready_made or "")}
    done = measure([sys.executable, "-m", "benchmarks.data_ways", way, str(count)], cwd=_ROOT, env=given)
    measured: Row = json.loads(done.printed.splitlines()[-1])
    print(f"{way}: {measured['done']:,} in {measured['seconds']} s", file=sys.stderr, flush=True)
    rate = round(measured["done"] / measured["seconds"])
    return {"benchmark": what, "way": way, **measured, "per_second": rate, "sum_mib": round(done.peak_mib), "cpu": round(done.cpu, 1)}


def show(found: list[Row]) -> None:
    """The table for people, and the plot."""
    print(f"{'what':<11}{'way':<17}{'rows or cells':>14}{'seconds':>9}{'per second':>12}{'CPU s':>8}{'peak MiB':>10}{'all MiB':>9}")
    for row in found:
        print(f"{row['benchmark']:<11}{row['way']:<17}{row['done']:>14,}{row['seconds']:>9.2f}{row['per_second']:>12,}"
              f"{row['cpu']:>8.1f}{row['peak_mib']:>10}{row['sum_mib']:>9}")  # fmt: skip
    for line in _verdicts([row for row in found if row["benchmark"] != "plot"]):
        print(line)
    plotted = [row for row in found if row["benchmark"] == "plot"]
    if plotted:
        plot = Path(__file__).parent / "results" / "data.svg"
        plot.parent.mkdir(exist_ok=True)
        plot.write_text(rows_against_time(plotted), encoding="utf-8")
        print(f"rows against time and memory: {plot.relative_to(_ROOT)}")


def _verdicts(found: Sequence[Row]) -> Iterator[str]:
    """Each target, and whether it was met."""
    by_way = {row["way"]: row for row in found}
    beside = min((row for row in found if row["way"] == "synthesis"), key=lambda row: abs(row["done"] - _BESIDE))
    times = beside["per_second"] / by_way["naive-synthesis"]["per_second"]
    rate = f"slowest round {_against(beside['slowest'], 'synthesis')}, median {beside['per_second']:,}/s"
    yield f"synthesis of {beside['done']:,} rows: {rate}, {times:.1f} times the naive way"
    yield f"synthesis: {beside['times_floor']:.2f} times psql with the same rows as ready-made text"
    copied = by_way["anonymised-copy"]
    peer = f"Greenmask on its machine: {GREENMASK_SECONDS / GREENMASK_PLAIN_SECONDS:.1f}"
    times = copied["per_second"] / by_way["naive-copy"]["per_second"]
    yield f"anonymised copy: {_against(copied['per_second'], 'anonymised copy')}, {times:.1f} times the naive way"
    yield f"anonymised copy: {_at_most(copied['times_floor'], 1.6)} times pg_dump | psql; {peer}"
    yield f"second run, nothing changed: {by_way['second-run']['times_first']:.2f} times the first one"
    yield f"check: {_against(by_way['check']['per_second'], 'check')}, in cells of the copy"
    clone = by_way["snapshot-clone"]
    yield f"restore of {clone['megabytes']} MB: {_at_most(clone['times_floor'], 1.5)} times PostgreSQL's own clone of a template, no drop"


def _at_most(times: float, most: float) -> str:
    return f"{times:.2f} (target: at most {most}: {'met' if times <= most else 'MISSED'})"


def _against(rate: float, what: str) -> str:
    target = _TARGETS[what]
    return f"{rate:,.0f}/s (target: {target:,}/s: {'met' if rate >= target else 'MISSED'})"
