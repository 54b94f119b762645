"""Runs the benchmarks, prints the tables and writes them as JSON: `python -m benchmarks [PART ...] [--rounds N] [--sizes 5,50,300]`.

All parts go to benchmarks/results/latest.json, chosen ones to a file of their name. `make bench` runs all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import compose, data, engines, environments, golden_copies, ledger, promotion, startup

RESULTS = Path(__file__).parent / "results"
Rows = list[dict[str, Any]]
PARTS: Mapping[str, tuple[Callable[[argparse.Namespace], Rows], Callable[[Rows], None]]] = {
    "startup": (lambda _: startup.run(), startup.show),
    "environments": (lambda given: environments.run(given.rounds or 5), environments.show),
    "golden-copies": (lambda given: golden_copies.run(given.rounds or 5), golden_copies.show),
    "compose": (lambda given: compose.run(given.rounds or 3), compose.show),
    "engines": (lambda given: engines.run(given.sizes, given.rounds or 3), engines.show),
    "ledger": (lambda given: ledger.run(given.rounds or 3, given.records), ledger.show),
    "promotion": (lambda given: promotion.run(given.services, given.rounds or 3), promotion.show),
    "data": (lambda given: data.run(given.rows, given.rounds or 3, given.customers, plot=given.plot), data.show),
}


def main() -> None:
    """The chosen parts, one after the other; nothing else should run on the machine meanwhile."""
    given = _arguments()
    found: Rows = []
    for part in given.parts or PARTS:
        measure, show = PARTS[part]
        rows = measure(given)
        show(rows)
        print(flush=True)
        found += rows
    _write(RESULTS / f"{'-'.join(given.parts) or 'latest'}.json", found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures liftlock beside its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="repetitions of each, of which the median counts")
    parser.add_argument("--sizes", type=_sizes, default=tuple(engines.MIXES), help="sizes of the engines' programs (default: 5,50,300)")
    records = "sizes of the ledgers (default: 10000,100000)"
    parser.add_argument("--records", type=lambda text: tuple(map(int, text.split(","))), default=ledger.SIZES, help=records)
    parser.add_argument("--services", type=_numbers, default=promotion.SIZES, help="sizes of the projects (default: 100,1000,10000)")
    rows = "sizes of synthesis (default: 100000,500000,1000000)"
    parser.add_argument("--rows", type=_numbers, default=data.SIZES, help=rows)
    parser.add_argument("--customers", type=int, default=500_000, help="of the source that is copied (default: 500000)")
    parser.add_argument("--plot", action="store_true", help="rows of data against time and memory, up to 5 million (some minutes more)")
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)} (there are: {', '.join(PARTS)})")
    return given


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(int(part) for part in text.split(","))
    if unknown := [size for size in sizes if size not in engines.MIXES]:
        raise argparse.ArgumentTypeError(f"no program of {unknown[0]} resources")
    return sizes


def _write(path: Path, rows: Rows) -> None:
    path.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(), "system": platform.system()}
    document = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine, "rows": rows}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    main()
