"""`env up` and `env down` beside docker compose v2: the same three containers, with the same images, settings and health checks.

    python -m benchmarks compose [--rounds 3]

Two services of the sample shop without a database, and the router. compose is given what liftlock's environment turned out to be, read from
Docker: it waits for the same health checks (`up --wait`). What only liftlock does counts against it: the job that checks and loads the
router's routes, the digests asked of the registry, state and ledger. The first run without a change is a full one; what it proves
lets those after it only look (docs/adr/0016).
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.docker_floor import Objects, labelled_objects, remove_labelled, remove_project
from benchmarks.processes import Measured, measure
from machine.compose import ensure_compose
from machine.places import IMAGES_FILE

_LIFTLOCK = str(Path(sys.executable).parent / "liftlock")
_ACTOR = {"LIFTLOCK_ACTOR": "Bench <bench@liftlock.invalid>"}
_SERVICE = """\
  {name}:
    repository: shop/web
    port: 8000
    health: {{path: /healthz, interval: 1s, timeout: 2s, retries: 3, start_period: 5s}}
    route: {route}
"""
TARGETS = {"from nothing": 1.3, "down": 1.3}
UNCHANGED_SECONDS = 0.3
Commands = Mapping[str, Callable[[], Measured]]


def run(rounds: int = 3) -> list[dict[str, Any]]:
    """One row per operation: both medians and the ratio."""
    compose = ensure_compose()
    project = f"bench{uuid.uuid4().hex[:5]}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            return _compare(Path(folder), project, compose, rounds)
        finally:
            remove_project(project)
            remove_labelled({"label": [f"liftlock.benchmark={project}"]})


def _compare(folder: Path, project: str, compose: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    ours = _liftlock(_repository(folder, project))
    ours["from nothing"]()  # the first one of all fills caches, and what it made is what compose is given
    text = compose_file(labelled_objects(project, "dev"), project)
    ours["down"]()
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    theirs = _compose(folder, compose, project)
    found: dict[str, tuple[list[Measured], list[Measured]]] = {name: ([], []) for name in ours}
    for number in range(rounds):
        sys.stderr.write(f"compose: round {number + 1} of {rounds}\n")
        for side, commands in enumerate((ours, theirs)):
            for name, command in commands.items():
                found[name][side].append(command())
    return [_row(name, *measured) for name, measured in found.items()]


def _repository(folder: Path, project: str) -> Path:
    place, forge = folder / "environments", folder / "forge.git"
    settings = ["--project", project, "--forge", str(forge), "--images", str(IMAGES_FILE)]
    measure([_LIFTLOCK, "init", str(place), *settings], env=_ACTOR)
    services = "services:\n" + _SERVICE.format(name="web", route="/healthz") + _SERVICE.format(name="side", route="/version")
    declared = place / "liftlock.yaml"
    declared.write_text(re.sub(r"^services:\n.*?(?=^# A release)", f"{services}\n", declared.read_text(), flags=re.MULTILINE | re.DOTALL))
    (place / "environments" / "base.yaml").write_text("services: {web: {memory: 128MiB}, side: {memory: 128MiB}}\n")
    for name in ("dev", "staging", "prod", "branch"):
        more = "class: ephemeral\nttl: 72h\nrelease: dev\n" if name == "branch" else ""
        (place / "environments" / f"{name}.yaml").write_text(f"extends: base\n{more}")
    author = ["-c", "user.name=Bench", "-c", "user.email=bench@liftlock.invalid"]
    measure(["git", *author, "commit", "--quiet", "--all", "--message", "Two services and no database"], cwd=place)
    measure(["git", "push", "--quiet", str(forge), "HEAD:main"], cwd=place)
    measure([_LIFTLOCK, "image", "record", "--env", "dev", "web=v1", "side=v1"], cwd=place, env=_ACTOR)
    return place


def _liftlock(place: Path) -> Commands:
    def do(*words: str) -> Callable[[], Measured]:
        return lambda: measure([_LIFTLOCK, *words], cwd=place, env=_ACTOR)

    up = do("env", "up", "dev")
    return {"from nothing": up, "no change, first": up, "no change, then": up, "down": do("env", "down", "dev", "--yes")}


def _compose(folder: Path, compose: Sequence[str], project: str) -> Commands:
    def do(*words: str) -> Callable[[], Measured]:
        return lambda: measure([*compose, "--project-name", f"{project}-compose", *words], cwd=folder)

    up = do("up", "--detach", "--wait")
    return {"from nothing": up, "no change, first": up, "no change, then": up, "down": do("down", "--volumes", "--timeout", "10")}


def compose_file(objects: Objects, run_id: str) -> str:
    """The environment's services and router for compose, as JSON, which is YAML. Jobs are left out."""
    labels = {"liftlock.managed": "true", "liftlock.role": "benchmark", "liftlock.benchmark": run_id}
    kept = [found for found in objects.containers if found["Config"]["Labels"]["liftlock.role"] in {"service", "router"}]
    volumes = sorted({bind.partition(":")[0] for found in kept for bind in found["HostConfig"]["Binds"] or ()})
    document = {
        "services": {found["Config"]["Labels"].get("liftlock.service") or "router": _service(found, labels) for found in kept},
        "volumes": {name: {"labels": labels} for name in volumes},
        "networks": {"default": {"labels": labels}},
    }
    return json.dumps(document, indent=2).replace("$", "$$")


def _service(found: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    config, host = found["Config"], found["HostConfig"]
    service: dict[str, Any] = {
        "image": config["Image"],
        "environment": config["Env"],
        "labels": labels,
        "volumes": host["Binds"] or [],
        "ports": [f"127.0.0.1::{port.partition('/')[0]}" for port in host["PortBindings"] or ()],
        "restart": host["RestartPolicy"]["Name"] or "no",
    }
    if config["Cmd"]:
        service["command"] = config["Cmd"]
    if host["Memory"]:
        service["mem_limit"] = host["Memory"]
    if health := config.get("Healthcheck"):
        service["healthcheck"] = _health(health)
    return service


def _health(found: Mapping[str, Any]) -> dict[str, Any]:
    times = {"Interval": "interval", "Timeout": "timeout", "StartPeriod": "start_period"}
    spans = {theirs: f"{found[ours]}ns" for ours, theirs in times.items() if found.get(ours)}
    return {"test": found["Test"], **spans, **({"retries": found["Retries"]} if found.get("Retries") else {})}


def _row(name: str, ours: list[Measured], theirs: list[Measured]) -> dict[str, Any]:
    row: dict[str, Any] = {"benchmark": "compose", "what": name, "runs": len(ours)}
    for side, found in (("liftlock", ours), ("compose", theirs)):
        row[side] = {key: round(statistics.median(getattr(one, key) for one in found), 2) for key in ("wall", "cpu", "peak_mib")}
    row["times_compose"] = round(statistics.median(a.wall / b.wall for a, b in zip(ours, theirs, strict=True)), 2)
    return row


def show(rows: list[dict[str, Any]]) -> None:
    """The table for people."""
    print(f"{'':22}{'liftlock':^24}{'docker compose v2':^24}{'x compose':>10}")
    print(f"{'':22}{'wall s':>8}{'cpu s':>8}{'MiB':>8}{'wall s':>8}{'cpu s':>8}{'MiB':>8}")
    for row in rows:
        cells = "".join(f"{row[side][key]!s:>8}" for side in ("liftlock", "compose") for key in ("wall", "cpu", "peak_mib"))
        print(f"{row['what']:22}{cells}{row['times_compose']:>10}")
    print(f"targets: from nothing and down at most {TARGETS['down']} x compose; no change, then at most {UNCHANGED_SECONDS} s of wall time")
