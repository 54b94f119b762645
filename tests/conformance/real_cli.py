"""Runs a program with the real Pulumi CLI and says what it did, in the shape in which the comparison takes it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pulumi import automation

from liftlock_engine import StackName
from tests.conformance.facts import Facts, Happening, checkpoint_resources
from tests.conformance.features import CASES
from tests.conformance.reasons import reasons
from tests.fakes.things_plugin import install
from tests.pulumi_cli import pulumi_cli, pulumi_environment

PASSPHRASE = "a passphrase"
_EVENTS = {"resource_pre": "resource_pre_event", "res_outputs": "res_outputs_event", "res_op_failed": "res_op_failed_event"}


class RealCli:
    """The CLI with a home, a backend and a work folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = pulumi_environment(folder, PASSPHRASE)
        tools = folder / "tools" / "bin"
        tools.mkdir(parents=True)
        (tools / "pulumi").symlink_to(pulumi_cli())
        self._command = automation.PulumiCommand(str(tools.parent))
        self.home = folder / "home"

    def run(self, operation: str, name: StackName, program: Callable[[], Any], config: Mapping[str, tuple[str, bool]] | None) -> Facts:
        """Does the operation; a failure is one of the facts."""
        stack = self._stack(name, program)
        for key, (value, secret) in (config or {}).items():
            stack.set_config(key, automation.ConfigValue(value, secret=secret))
        events: list[automation.EngineEvent] = []
        outputs: Mapping[str, Any] = {}
        error = ""
        try:
            done = getattr(stack, operation)(on_event=events.append)
            outputs = getattr(done, "outputs", {})
        except automation.CommandError as err:
            error = str(err)
        changes = next((event.summary_event.resource_changes for event in events if event.summary_event), {})
        shown = {key: (True, "[secret]") if item.secret else (False, item.value) for key, item in outputs.items()}
        messages = (event.diagnostic_event for event in events if event.diagnostic_event is not None)
        told = ((item.urn or "", _plain(item.message)) for item in messages if item.severity == "error")
        state = self._folder / "state" / ".pulumi" / "stacks" / name.project / f"{name.stack}.json"
        resources = checkpoint_resources(state, PASSPHRASE)
        happened = tuple(item for event in events for item in _happenings(event))
        return Facts("", operation, not error, {str(key): int(n) for key, n in changes.items()}, shown, happened, resources, reasons(told))

    def _stack(self, name: StackName, program: Callable[[], Any]) -> automation.Stack:
        work = self._folder / f"work-{name.project}"
        work.mkdir(exist_ok=True)
        settings = automation.ProjectSettings(name=name.project, runtime="python")
        options = automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_command=self._command,
            pulumi_home=str(self.home),
            env_vars=self._environment,
            project_settings=settings,
        )
        return automation.create_or_select_stack(name.stack, name.project, program, opts=options)


def _happenings(event: automation.EngineEvent) -> list[Happening]:
    found: list[Happening] = []
    for kind, field in _EVENTS.items():
        part = getattr(event, field)
        if part is None:
            continue
        told = part.metadata
        detailed = {path: str(getattr(item.diff_kind, "value", item.diff_kind)) for path, item in (told.detailed_diff or {}).items()}
        keys, diffs = tuple(sorted(told.keys or ())), tuple(sorted(told.diffs or ()))
        found.append(Happening(kind, str(getattr(told.op, "value", told.op)), told.urn, keys, diffs, detailed))
    return found


def _plain(message: str) -> str:
    """Without the marks for colours."""
    return re.sub(r"<\{%[^%]*%\}>", "", message)


def facts_of_case(case: str, folder: Path) -> list[Facts]:
    """What the CLI did in each turn of a case, in a process of its own: the Automation API leaves sockets and coroutines behind."""
    report = folder / "facts.json"
    command = [sys.executable, "-m", "tests.conformance.real_cli", case, str(folder), str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return [_read_back(raw) for raw in json.loads(report.read_text())]


def _read_back(raw: Mapping[str, Any]) -> Facts:
    happenings = (
        Happening(item["event"], item["op"], item["urn"], tuple(item["keys"]), tuple(item["diffs"]), item["detailed"])
        for item in raw["happenings"]
    )
    return Facts(
        "",
        raw["operation"],
        raw["succeeded"],
        raw["changes"],
        {key: (secret, value) for key, (secret, value) in raw["outputs"].items()},
        tuple(happenings),
        tuple(raw["resources"]),
        frozenset((urn, message) for urn, message in raw["errors"]),
    )


def _written(facts: Facts) -> dict[str, Any]:
    return {**asdict(facts), "errors": sorted(facts.errors)}


def main(case: str, folder: str, report: str) -> None:
    """Runs the case and writes the facts."""
    world = Path(folder) / "world"
    cli = RealCli(Path(folder))
    install(cli.home, world)
    facts = []
    for turn in CASES[case]:
        turn.before(world)
        facts.append(_written(cli.run(turn.operation, StackName(turn.project, turn.stack), turn.program, turn.config)))
    Path(report).write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
