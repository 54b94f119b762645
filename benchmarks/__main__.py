"""Runs every benchmark, prints the tables and writes benchmarks/results/latest.json."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import environments, synthesis

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """All of them, one after the other; nothing else should run on the machine meanwhile."""
    found = []
    for benchmark in (environments, synthesis):
        rows = benchmark.run()
        benchmark.show(rows)
        print()
        found += rows
    RESULTS.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(), "system": platform.system()}
    document = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine, "rows": found}
    path = RESULTS / "latest.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    main()
