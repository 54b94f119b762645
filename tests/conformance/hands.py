"""The two engines as two hands on one stack: the same state, configuration, passphrase and provider."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pulumi
import pulumi_docker as docker

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, Result, Severity, StackName
from liftlock_engine.locks import Holder, is_dead, read_holder
from liftlock_engine.passphrase import Crypter
from liftlock_engine.providers.docker.provider import DockerProvider
from tests.conformance.cli import CliStack
from tests.images import tiny_image

ENGINES = ("embedded", "pulumi")
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
    protects: bool = False
    grace: int = 1

    def __call__(self) -> None:
        config = pulumi.Config()
        label: Any = {"label": OWNER, "value": STACK}
        part = pulumi.ComponentResource("shop:index:Part", "part")
        net = docker.Network("net", name="ref-hand-net", internal=self.internal, labels=[label])
        data = docker.Volume("data", name="ref-hand-data", labels=[label], opts=pulumi.ResourceOptions(parent=part, protect=self.protects))
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
            destroy_grace_seconds=self.grace,
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

    def run(self, operation: str, program: Callable[[], None] | None = None) -> Done:
        """up, preview, refresh, preview_refresh or destroy."""
        ...


@dataclass
class CliHand:
    """The Pulumi CLI."""

    stack: CliStack

    def run(self, operation: str, program: Callable[[], None] | None = None) -> Done:
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

    def run(self, operation: str, program: Callable[[], None] | None = None) -> Done:
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

    def both(self, first: str) -> tuple[Hand, Hand]:
        """The one of that name and the other."""
        return (self.cli, self.embedded) if first == "pulumi" else (self.embedded, self.cli)

    @property
    def latest(self) -> dict[str, Any]:
        """The deployment in the checkpoint."""
        latest: dict[str, Any] = json.loads(self.cli.stack.checkpoint.read_text())["checkpoint"]["latest"]
        return latest

    @property
    def pending(self) -> list[str]:
        """What a run has begun, or had when it was cut off."""
        return [operation["type"] for operation in self.latest.get("pending_operations", ())]

    @property
    def holders(self) -> list[Holder]:
        """Who holds the lock, or held it when it was killed."""
        folder = self.embedded.engine.backend.lock_folder(StackName(PROJECT, STACK))
        return [holder for path in folder.glob("*.json") if (holder := read_holder(path))]

    @contextlib.contextmanager
    def running(self, engine: str, operation: str, program: Shop, until: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
        """A run in processes of its own that came as far as `until` says. It is killed in the end at the latest."""
        assert self.cli.stack.stack  # both find the stack there
        words = [str(self.cli.stack.folder), engine, operation, json.dumps(asdict(program))]
        with subprocess.Popen([sys.executable, "-c", _RUN, *words], start_new_session=True) as run:
            try:
                assert soon(until), (engine, operation)
                yield run
            finally:
                self.kill(run)

    def kill(self, run: subprocess.Popen[bytes]) -> None:
        """SIGKILL for a run and all that it started. Comes back when the one that holds the lock is gone: a big process takes a moment."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait(60)
        assert soon(lambda: all(is_dead(holder) for holder in self.holders))


_RUN = """
import json, sys
from pathlib import Path
from tests.conformance.hands import Shop, join_hands
folder, engine, operation, fields = sys.argv[1:]
with join_hands(Path(folder)) as hands:
    hands.hand(engine).run(operation, Shop(**json.loads(fields)) if operation == "up" else None)
"""


def soon(done: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether it comes true; asked again and again, since nothing tells when it does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError):  # not made yet, or replaced just now
            if done():
                return True
        time.sleep(0.1)
    return False


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
