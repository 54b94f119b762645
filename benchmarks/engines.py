"""The embedded engine beside the Pulumi CLI: the same program, the same provider code, the same kind of state.

    python -m benchmarks engines [--sizes 5,50,300] [--rounds 3]

Each operation is a process of its own, as a person would type it. Under the CLI our docker provider runs as an ordinary plugin, because
Pulumi's own cannot be had as source; that one would also sleep two seconds on each network and volume. Both engines work on 16 resources at
once. Docker's floor is the same calls by hand, in the same run: one after the other, and 16 at once. The SDK's floor is a Python that loads
what the program loads and ends: no engine that runs the program in a new process can be faster.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.docker_floor import remove_labelled
from benchmarks.engine_floor import Floor, Mix
from benchmarks.processes import Measured, measure, median
from liftlock_engine.plugin.install import install
from tests.images import tiny_image
from tests.pulumi_cli import pulumi_cli, pulumi_environment, with_language_host

# Docker has addresses for about 30 networks, and a container takes it 0.4 s: the rest are volumes.
MIXES = {5: Mix(1, 2, 2), 50: Mix(5, 33, 12), 300: Mix(8, 268, 24)}
PARALLEL = 16
_OPERATIONS = ("first up", "no change", "preview", "refresh", "one change", "destroy")
_EMBEDDED = {"first up": "up", "no change": "up", "one change": "up", "preview": "preview", "refresh": "refresh", "destroy": "destroy"}
_YES = ("--yes", "--skip-preview", "--non-interactive", "--parallel", str(PARALLEL))
_CLI = {
    **dict.fromkeys(("first up", "no change", "one change"), ("up", *_YES)),
    "preview": ("preview", "--non-interactive", "--parallel", str(PARALLEL)),
    "refresh": ("refresh", *_YES),
    "destroy": ("destroy", *_YES),
}
_HERE = Path(__file__).parent
_SDK_ALONE = [sys.executable, "-c", "import gc, pulumi, pulumi_docker; gc.freeze()"]
Operate = Callable[[str, Mapping[str, str]], Measured]


def run(sizes: tuple[int, ...] = (5, 50, 300), rounds: int = 3) -> list[dict[str, Any]]:
    """One row per size and operation: both engines' medians, the floor, and the ratios between them."""
    rows = []
    for size in sizes:
        run_id = f"bench-{uuid.uuid4().hex[:6]}"
        labels = {"liftlock.managed": "true", "liftlock.role": "benchmark", "liftlock.benchmark": run_id}
        try:
            rows += _run_size(MIXES[size], rounds, run_id, labels)
        finally:
            remove_labelled({"label": [f"liftlock.benchmark={run_id}"]})
    return rows


def _run_size(mix: Mix, rounds: int, prefix: str, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    image = tiny_image(1)
    program = {
        "BENCH_MIX": str(mix),
        "BENCH_PREFIX": prefix,
        "BENCH_IMAGE": image,
        "BENCH_LABELS": ",".join(f"{name}={value}" for name, value in labels.items()),
    }
    embedded: dict[str, list[Measured]] = {name: [] for name in _OPERATIONS}
    cli: dict[str, list[Measured]] = {name: [] for name in _OPERATIONS}
    sdk: list[Measured] = []
    floors: dict[int, dict[str, list[float]]] = {1: {}, PARALLEL: {}}
    for number in range(rounds):
        sys.stderr.write(f"engines: {mix.total} resources, round {number + 1} of {rounds}\n")
        with tempfile.TemporaryDirectory() as folder:
            _lifecycle(_embedded(Path(folder)), program, embedded)
        sdk.append(measure(_SDK_ALONE))
        with tempfile.TemporaryDirectory() as folder:
            _lifecycle(_pulumi(Path(folder)), program, cli)
        for parallel, found in floors.items():
            floor = Floor(mix, image, prefix, labels, parallel)
            try:
                for name, seconds in floor.seconds().items():
                    found.setdefault(name, []).append(seconds)
            finally:
                floor.close()
    rows = [_row(mix, name, embedded[name], cli[name], floors) for name in _OPERATIONS]
    return [*rows, {**_compared(mix, "the SDK alone", sdk, cli["no change"]), "against": "the CLI's run without a change"}]


def _lifecycle(operate: Operate, program: Mapping[str, str], measured: dict[str, list[Measured]]) -> None:
    for name in _OPERATIONS:
        release = "second" if name in {"one change", "destroy"} else "first"
        measured[name].append(operate(name, {**program, "BENCH_RELEASE": release}))


def _embedded(folder: Path) -> Operate:
    return lambda name, program: measure(
        [sys.executable, "-m", "benchmarks.engine_process", _EMBEDDED[name], str(folder)], cwd=_HERE.parent, env=program
    )


def _pulumi(folder: Path) -> Operate:
    environment = {**pulumi_environment(folder), "PATH": with_language_host(os.environ["PATH"])}
    install(Path(environment["PULUMI_HOME"]))
    project = folder / "project"
    shutil.copytree(_HERE / "engine_program", project)
    command = [str(pulumi_cli())]
    measure([*command, "stack", "init", "dev", "--non-interactive"], cwd=project, env=environment)
    return lambda name, program: measure([*command, *_CLI[name]], cwd=project, env={**environment, **program})


def _row(
    mix: Mix, name: str, embedded: list[Measured], cli: list[Measured], floors: Mapping[int, Mapping[str, list[float]]]
) -> dict[str, Any]:
    row = _compared(mix, name, embedded, cli)
    alone = [float(told.group(1)) for one in embedded if (told := re.search(r"engine alone: ([\d.]+)", one.printed))]
    row["embedded"]["engine_alone"] = round(statistics.median(alone), 2)
    for parallel, found_floor in floors.items():
        if seconds := found_floor.get(name):
            key = "one_by_one" if parallel == 1 else "at_once"
            row[f"docker_{key}"] = round(statistics.median(seconds), 2)
            row[f"times_docker_{key}"] = round(_ratio([(a.wall, s) for a, s in zip(embedded, seconds, strict=True)]), 2)
            row[f"alone_times_docker_{key}"] = round(_ratio(list(zip(alone, seconds, strict=True))), 2)
    return row


def _compared(mix: Mix, name: str, embedded: list[Measured], cli: list[Measured]) -> dict[str, Any]:
    row: dict[str, Any] = {"benchmark": "engines", "what": name, "resources": mix.total, "mix": str(mix), "runs": len(embedded)}
    for engine, found in (("embedded", median(embedded)), ("pulumi", median(cli))):
        row[engine] = {"wall": round(found.wall, 2), "cpu": round(found.cpu, 2), "peak_mib": round(found.peak_mib)}
    pairs = list(zip(embedded, cli, strict=True))
    row["times_faster"] = round(_ratio([(theirs.wall, ours.wall) for ours, theirs in pairs]), 2)
    row["times_less_cpu"] = round(_ratio([(theirs.cpu, ours.cpu) for ours, theirs in pairs]), 2)
    return row


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(above / below for above, below in pairs)


_FLOORS = {"docker_one_by_one": 16, "docker_at_once": 12, "times_docker_at_once": 9, "alone_times_docker_at_once": 9}


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    docker = f"{'Docker: 1 by 1':>16}{'16 at once':>12}{'x floor':>9}{'alone':>9}"
    print(f"{'':22}{'embedded':^24}{'Pulumi CLI':^24}{'faster':>8}{'less cpu':>10}{docker}")
    print(f"{'':22}{'wall s':>8}{'cpu s':>8}{'MiB':>8}{'wall s':>8}{'cpu s':>8}{'MiB':>8}")
    for row in rows:
        cells = "".join(f"{row[engine][key]!s:>8}" for engine in ("embedded", "pulumi") for key in ("wall", "cpu", "peak_mib"))
        floor = "".join(f"{row.get(key, '')!s:>{width}}" for key, width in _FLOORS.items())
        print(f"{row['resources']:>4} {row['what']:17}{cells}{row['times_faster']:>8}{row['times_less_cpu']:>10}{floor}")
    print("mixes: " + "; ".join(sorted({f"{row['resources']}: {row['mix']} (networks, volumes, containers)" for row in rows})))
    print("x floor: embedded / Docker, 16 at once; alone: the same without starting Python and loading Pulumi's SDK")
    print("the SDK alone: a Python that loads pulumi and pulumi_docker and ends, beside the CLI's run without a change")
    print("targets: no change and preview 8 times faster at 5 resources, no slower at 300; first up and destroy at most 1.3 x floor")
