"""Fakes of the ports that environments stand on. tests/contract/ runs the same tests on them and on the real adapters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from liftlock.core.errors import ConflictError
from liftlock.core.ledger import Json
from liftlock.core.ports import (
    Health,
    LiveState,
    Observation,
    Progress,
    ResourceChange,
    RunningPart,
    StackResult,
    StackSummary,
    StepOperation,
)

TYPE = "docker:index/container:Container"


@dataclass
class QuietProgress:
    """Keeps what would have been shown."""

    lines: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.lines.append(text)

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        self.lines.append(f"{name} {state}")

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


@dataclass
class _Stack:
    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    resources: dict[str, dict[str, Json]]


@dataclass
class FakeEngine:
    """One resource per service; `broken` services fail, `live` can be changed behind its back."""

    name: str = "fake"
    broken: dict[str, str] = field(default_factory=dict)
    stacks_by_name: dict[str, _Stack] = field(default_factory=dict)
    live: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)
    unreachable: bool = False
    published: bool = True

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        return StackResult(self._plan(environment, values), {}, {}, 0.0)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        changes = self._plan(environment, values)
        stack = self.stacks_by_name.setdefault(environment, _Stack({}, {}, {}))
        stack.values, stack.secrets = values, secrets
        failures = {}
        for name, wanted in _services(values).items():
            if name in self.broken:
                failures[name] = self.broken[name]
                continue
            stack.resources[name] = wanted
            self.live[environment, name] = dict(wanted)
        databases = values.get("databases") if self.published else None
        ports: dict[str, Json] = (
            {str(item["name"]): 5432 for item in databases if isinstance(item, dict)} if isinstance(databases, list) else {}
        )
        return StackResult(changes, {"databases": ports}, failures, 0.1)

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        stack = self.stacks_by_name.pop(environment, None)
        names = list(stack.resources) if stack else []
        for name in names:
            self.live.pop((environment, name), None)
        return StackResult(tuple(ResourceChange(f"urn:{name}", TYPE, name, StepOperation.DELETE) for name in names), {}, {}, 0.1)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        stack = self.stacks_by_name[environment]
        return [self._observe(environment, name, wanted, stack.resources.get(name)) for name, wanted in _services(values).items()]

    def checksum(self, environment: str) -> str | None:
        stack = self.stacks_by_name.get(environment)
        return hashlib.sha256(json.dumps(stack.resources, sort_keys=True).encode()).hexdigest() if stack else None

    def stack(self, environment: str) -> StackSummary | None:
        stack = self.stacks_by_name.get(environment)
        return StackSummary(environment, stack.values, {}, datetime(2026, 1, 1, tzinfo=UTC), len(stack.resources)) if stack else None

    def stacks(self) -> Sequence[StackSummary]:
        return [found for name in sorted(self.stacks_by_name) if (found := self.stack(name)) is not None]

    def secrets(self, environment: str) -> Mapping[str, str]:
        stack = self.stacks_by_name.get(environment)
        return stack.secrets if stack else {}

    def _plan(self, environment: str, values: Mapping[str, Json]) -> tuple[ResourceChange, ...]:
        stack = self.stacks_by_name.get(environment)
        before = stack.resources if stack else {}
        changes = []
        for name, wanted in _services(values).items():
            same = before.get(name) == wanted == self.live.get((environment, name))
            operation = StepOperation.SAME if same else StepOperation.UPDATE if name in before else StepOperation.CREATE
            changes.append(ResourceChange(f"urn:{name}", TYPE, name, operation))
        return tuple(changes)

    def _observe(self, environment: str, name: str, wanted: dict[str, Json], applied: dict[str, Json] | None) -> Observation:
        live = self.live.get((environment, name))
        state = LiveState.UNKNOWN if self.unreachable else LiveState.MISSING if live is None else LiveState.PRESENT
        reason = "the fake does not answer" if self.unreachable else None
        return Observation(f"urn:{name}", TYPE, name, wanted, applied, live or {}, state, reason)


def _services(values: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    services = values.get("services")
    return (
        {str(item["name"]): {"image": item["image"], "memory": item["memory"]} for item in services if isinstance(item, dict)}
        if isinstance(services, list)
        else {}
    )


@dataclass
class FakeRuntime:
    """Runs what the fake engine's live side says."""

    engine: FakeEngine
    used_ports: set[int] = field(default_factory=set)
    swept: list[str] = field(default_factory=list)

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        return [
            RunningPart(place, name, "service", str(live["image"]), Health.HEALTHY, datetime(2026, 1, 1, tzinfo=UTC))
            for (place, name), live in self.engine.live.items()
            if environment in {None, place}
        ]

    def free_port(self, candidates: Sequence[int]) -> int | None:
        return next((port for port in candidates if port not in self.used_ports), None)

    def logs(self, project: str, environment: str, service: str, *, lines: int) -> str:
        return ""

    def sweep(self, project: str, environment: str) -> Sequence[str]:
        self.swept.append(environment)
        return []


@dataclass
class FakeSeeder:
    """Counts what it was asked to load."""

    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def seed(self, url: str, *, rows: int, seed: int, progress: Progress) -> int:
        again = (url, rows, seed) in self.asked
        self.asked.append((url, rows, seed))
        return 0 if again else rows


@dataclass
class FakeProbe:
    """Answers with one status."""

    status: int = 200

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        return self.status


@dataclass
class FakeSecrets:
    """Resolves references to themselves, generates numbered secrets."""

    generated: int = 0

    def resolve(self, reference: str) -> str:
        return f"value of {reference}"

    def generate(self) -> str:
        self.generated += 1
        return f"generated-{self.generated}"


@dataclass
class FakeLocks:
    """Held by one at a time, never waits."""

    held: set[str] = field(default_factory=set)

    @contextmanager
    def hold(self, environment: str) -> Iterator[None]:
        if environment in self.held:
            raise ConflictError(f"{environment} is held by another run")
        self.held.add(environment)
        try:
            yield
        finally:
            self.held.discard(environment)
