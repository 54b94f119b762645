"""The recorded cases: each step done by some engine and compared with what the Pulumi CLI and pulumi-docker did."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.conformance.compare import disagreements
from tests.conformance.differences import Difference, without_race
from tests.conformance.facts import RECORDED, Facts, normalised, recorded_facts, recorded_images
from tests.images import tiny_image

PROGRAMS = Path(__file__).parent / "programs"
PASSPHRASE = "reference"
CASES = tuple(sorted(path.stem for path in RECORDED.glob("docker-*.json")))
DOCKER_HOST = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
DoStep = Callable[[dict[str, Any]], Facts]


def wrong_steps(case: str, do: DoStep, differences: Iterable[Difference], *, registry: str = "") -> list[str]:
    """What disagrees with the recording, step by step. do: carries out one step. registry: the address that the program pulls from."""
    recorded = recorded_facts(case)
    theirs = recorded_images(case, recorded)
    wrong: list[str] = []
    for step in importlib.import_module(case.replace("-", "_")).steps():
        if "outside" in step:
            step["outside"](None)
            continue
        seen = do(step)
        expected, found = normalised(recorded.pop(step["name"]), theirs), normalised(seen, _our_names(registry))
        for difference in differences:
            expected, found = difference.recorded(expected), difference.seen(found)
        wrong += [f"{step['name']}: {line}" for line in disagreements(without_race(case, expected), found)]
    return [*wrong, *(f"{name}: recorded, and not done" for name in recorded)]


def _our_names(registry: str) -> dict[str, str]:
    """What differs on each machine -> the name in the recording."""
    names = {tiny_image(number): f"<image {number}>" for number in (1, 2)} | {DOCKER_HOST: "unix:///var/run/docker.sock"}
    if not registry:
        return names
    for number in (1, 2):
        box = f"{registry}/reference/box"
        digests = docker_says("image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", f"{box}:{number}").split()
        names |= {name.split("@")[1]: f"<digest {number}>" for name in digests if name.startswith(f"{box}@")}
    return names | {registry: "<registry>"}


def docker_says(*args: str) -> str:
    """What a docker command prints."""
    return subprocess.run(["docker", *args], capture_output=True, text=True, check=True, timeout=120).stdout
