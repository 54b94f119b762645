"""Runs a case on the real Pulumi CLI in a process of its own: the Automation API leaves sockets and coroutines behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.conformance.cli import CliStack
from tests.conformance.facts import Facts, Happening
from tests.conformance.features import CASES
from tests.fakes.things_plugin import install

PASSPHRASE = "a passphrase"


def facts_of_case(case: str, folder: Path) -> list[Facts]:
    """What the CLI did in each turn of a case."""
    report = folder / "facts.json"
    command = [sys.executable, "-m", "tests.conformance.real_cli", case, str(folder), str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return [_read_back(raw) for raw in json.loads(report.read_text())]


def _read_back(raw: Mapping[str, Any]) -> Facts:
    return Facts(
        raw["name"],
        raw["operation"],
        raw["succeeded"],
        raw["changes"],
        {key: (secret, value) for key, (secret, value) in raw["outputs"].items()},
        tuple(Happening(**{**item, "keys": tuple(item["keys"]), "diffs": tuple(item["diffs"])}) for item in raw["happenings"]),
        tuple(raw["resources"]),
        frozenset((urn, reason) for urn, reason in raw["errors"]),
        said=frozenset((severity, message) for severity, message in raw["said"]),
    )


def _written(facts: Facts) -> dict[str, Any]:
    return {**asdict(facts), "errors": sorted(facts.errors), "said": sorted(facts.said)}


def main(case: str, folder: Path, report: Path) -> None:
    """Runs the case and writes the facts."""
    world = folder / "world"
    install(folder / "home", world)
    facts = []
    for turn in CASES[case]:
        turn.before(world)
        stack = CliStack(folder, turn.project, turn.stack, PASSPHRASE)
        step = {"name": "", "op": turn.operation, "program": turn.program, "config": turn.config}
        facts.append(_written(stack.facts(step)))
    report.write_text(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
