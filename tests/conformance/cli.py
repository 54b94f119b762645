"""The real Pulumi CLI on a stack in a folder, with the project's own docker provider as its plugin, through the Automation API."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation.events import EngineEvent

from liftlock_engine.plugin.install import install
from tests.conformance.facts import Facts, cli_facts
from tests.pulumi_cli import pulumi_cli, pulumi_environment

NEEDS_CLI = [
    pytest.mark.pulumi,
    pytest.mark.docker,
    pytest.mark.slow,
    # The Automation API leaves its event loop and its program's tasks open where a run fails.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    pytest.mark.usefixtures("collected"),
]
"""Marks of tests that run the CLI through the Automation API."""


@dataclass
class CliStack:
    """One stack of the CLI. folder: holds its home, its state and its work folder, which `Pulumi.<stack>.yaml` lies in.

    owner_labels: handed to the provider. create: whether to make the stack now, or to find it when it is first used.
    """

    folder: Path
    project: str
    name: str
    passphrase: str
    owner_labels: tuple[str, ...] = ()
    create: bool = True
    events: list[EngineEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = self.folder / "state"
        self.environment = pulumi_environment(self.folder, self.passphrase)
        install(Path(self.environment["PULUMI_HOME"]), owner_labels=self.owner_labels)
        self.work = self.folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n")
        if self.create:
            assert self.stack

    @functools.cached_property
    def stack(self) -> automation.Stack:
        """The stack in the Automation API; made where it is not there."""
        workspace = automation.LocalWorkspace(
            work_dir=str(self.work), program=lambda: None, env_vars=self.environment, pulumi_command=_command(self.folder)
        )
        return automation.Stack.create_or_select(self.name, workspace)

    def configure(self, config: Mapping[str, tuple[str, bool]]) -> None:
        """Sets configuration: key -> (value, secret)."""
        self.stack.set_all_config({key: automation.ConfigValue(value, secret) for key, (value, secret) in config.items()})

    def run(self, operation: str, program: Any = None) -> tuple[Any, str]:
        """An operation in the words of the recordings; its result, or None and what the CLI said."""
        self.stack.workspace.program = program or (lambda: None)
        self.events = []
        try:
            return getattr(self.stack, operation)(on_event=self.events.append), ""
        except automation.CommandError as err:
            return None, str(err)

    def facts(self, step: Mapping[str, Any]) -> Facts:
        """Does a recorded step."""
        if "config" in step:
            self.configure(step["config"])
        result, _ = self.run(step["op"], step["program"])
        succeeded = result is not None
        outputs = result.outputs if succeeded and step["op"] == "up" else self.stack.outputs() if step["op"] == "up" else {}
        return cli_facts(step["name"], step["op"], self.events, outputs, self.checkpoint, self.passphrase, succeeded=succeeded)

    @property
    def checkpoint(self) -> Path:
        """The state's file."""
        return self.state / ".pulumi" / "stacks" / self.project / f"{self.name}.json"

    def __call__(self, *args: str, fails: bool = False) -> str:
        """What a command of the CLI prints on stdout (where it fails, as it must then: on stderr)."""
        command = [str(pulumi_cli()), *args, "--non-interactive", "--color", "never"]
        environment = os.environ | self.environment
        done = subprocess.run(command, cwd=self.work, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode != 0) == fails, f"pulumi {' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout


def _command(folder: Path) -> automation.PulumiCommand:
    """The CLI where the Automation API looks for one: `bin/pulumi` of some folder."""
    link = folder / "cli" / "bin" / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(pulumi_cli())
    return automation.PulumiCommand(str(folder / "cli"))
