"""One operation of the embedded engine in a process of its own: `python -m benchmarks.engine_process OPERATION STATE`."""

from __future__ import annotations

import gc
import importlib
import runpy
import sys
import time
from pathlib import Path

from liftlock_engine import Engine, FileBackend, Operation, StackName
from liftlock_engine.providers.docker import DockerProvider

PROGRAM = Path(__file__).parent / "engine_program" / "__main__.py"


def main(operation: str, state: str) -> int:
    """0 where it succeeded."""
    engine = Engine(FileBackend(Path(state)), {"docker": DockerProvider()}, lambda: "")
    chosen = Operation(operation)
    if chosen.runs_program:
        importlib.import_module("pulumi_docker")  # the engine would load it; its own time is told without
    began = time.monotonic()
    result = engine.run(chosen, StackName("bench", "dev"), lambda: runpy.run_path(str(PROGRAM)))
    print(f"engine alone: {time.monotonic() - began:.3f}")
    if not result.succeeded:
        sys.stderr.write(f"{result.error}\n")
    return 0 if result.succeeded else 1


if __name__ == "__main__":
    gc.set_threshold(10_000)  # as liftlock itself does
    code = main(*sys.argv[1:])
    gc.freeze()
    sys.exit(code)
