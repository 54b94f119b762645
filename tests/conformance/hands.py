"""The two engines as two hands on one stack: the same state, configuration, passphrase and provider."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pulumi
import pulumi_docker as docker

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, Result, Severity, StackName
from liftlock_engine.passphrase import Crypter
from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.cli import CliStack
from tests.images import tiny_image

PROJECT, STACK, PASSPHRASE = "shop", "dev", "both know it"
OWNER = "ref.owner"
CONFIG = {"shop:greeting": ("hello", False), "shop:password": ("tree-frog-9", True)}


@dataclass(frozen=True)
class Shop:
    """A program of a network, a volume, a component and a container on them, with secrets in inputs and outputs."""

    image: str = field(default_factory=lambda: tiny_image(1))
    internal: bool = False
    memory: int | None = None
    waits: bool = False
    more: bool = False

    def __call__(self) -> None:
        config = pulumi.Config()
        label: Any = {"label": OWNER, "value": STACK}
        part = pulumi.ComponentResource("shop:index:Part", "part")
        net = docker.Network("net", name="ref-hand-net", internal=self.internal, labels=[label])
        data = docker.Volume("data", name="ref-hand-data", labels=[label], opts=pulumi.ResourceOptions(parent=part))
        password = config.require_secret("password")
        never = {"tests": ["CMD", "false"], "interval": "1s", "retries": 1000}
        waiting: Any = {"healthcheck": never, "wait": True, "wait_timeout": 600} if self.waits else {}
        box = docker.Container(
            "box",
            name="ref-hand-box",
            image=self.image,
            command=["sleep", "1000"],
            envs=[password.apply(lambda word: f"PASSWORD={word}")],
            memory=self.memory,
            labels=[label],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=net.name)],
            volumes=[docker.ContainerVolumeArgs(volume_name=data.name, container_path="/data")],
            destroy_grace_seconds=1,
            **waiting,
        )
        if self.more:
            docker.Volume("more", name="ref-hand-more", labels=[label])
        pulumi.export("greeting", config.require("greeting"))
        pulumi.export("password", password)
        pulumi.export("box", box.name)


@dataclass(frozen=True)
class Done:
    """What a run came to: counts by operation, and what was said of failures."""

    succeeded: bool
    changes: Mapping[str, int]
    errors: str = ""
    warnings: str = ""

    @property
    def unchanged(self) -> bool:
        """Whether nothing at all was, or would be, changed."""
        return self.succeeded and set(self.changes) <= {"same"}


class Hand(Protocol):
    """One engine."""

    def run(self, operation: str, program: Shop | None = None) -> Done:
        """up, preview, refresh, preview_refresh or destroy."""
        ...


@dataclass
class CliHand:
    """The Pulumi CLI."""

    stack: CliStack

    def run(self, operation: str, program: Shop | None = None) -> Done:
        """See Hand."""
        result, message = self.stack.run(operation, program)
        told = [event.diagnostic_event for event in self.stack.events if event.diagnostic_event]
        changes = next((event.summary_event.resource_changes for event in self.stack.events if event.summary_event), {})
        counts = {str(getattr(op, "value", op)): count for op, count in changes.items()}
        said = {level: "\n".join(item.message for item in told if item.severity == level) for level in ("error", "warning")}
        return Done(result is not None, counts, said["error"] or message, said["warning"])


@dataclass
class EmbeddedHand:
    """The embedded engine."""

    engine: Engine
    told: list[str]

    def run(self, operation: str, program: Shop | None = None) -> Done:
        """See Hand. The configuration is the one on file, as with the CLI."""
        events: list[Event] = []
        chosen = Operation(operation)
        result = self.engine.run(chosen, StackName(PROJECT, STACK), program if chosen.runs_program else None, on_event=events.append)
        return Done(result.succeeded, result.changes, _said(result, Severity.ERROR), _said(result, Severity.WARNING))


def _said(result: Result, level: Severity) -> str:
    return "\n".join(item.message for item in result.diagnostics if item.severity is level)


@dataclass
class Hands:
    """Both on one stack."""

    cli: CliHand
    embedded: EmbeddedHand

    def hand(self, name: str) -> Hand:
        """`pulumi` or `embedded`."""
        return self.cli if name == "pulumi" else self.embedded


@contextlib.contextmanager
def join_hands(folder: Path) -> Iterator[Hands]:
    """Two engines on one stack: what each wrote, the other finds."""
    stack = CliStack(folder, PROJECT, STACK, PASSPHRASE, owner_labels=(OWNER,), create=False)
    provider, told = DockerProvider(owner_labels=(OWNER,)), list[str]()
    engine = Engine(FileBackend(stack.state, stack.work), {"docker": provider}, lambda: PASSPHRASE, report=told.append)
    try:
        yield Hands(CliHand(stack), EmbeddedHand(engine, told))
    finally:
        provider.close()


def configured(engine: Engine) -> None:
    """The stack's configuration, written by the embedded engine."""
    values = {key: ConfigValue(value, secret) for key, (value, secret) in CONFIG.items()}
    engine.backend.save_config(StackName(PROJECT, STACK), values, Crypter("", lambda: PASSPHRASE))
