"""Fakes of the ports that environments stand on. tests/contract/ runs the same tests on them and on the real adapters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from liftlock.core.environment import Database
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, PolicyError, UsageError
from liftlock.core.ledger import Json
from liftlock.core.ports import (
    Health,
    LiveState,
    Observation,
    Passed,
    Progress,
    ResourceChange,
    RunningPart,
    StackResult,
    StackSummary,
    StepOperation,
)
from liftlock.core.ports.snapshots import Building, Target
from liftlock.core.receipt import Clues, Receipt
from liftlock.core.snapshot import Snapshot
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.snapshots.facts import DatabaseFacts, HeldDatabase, Origin

TYPE = "docker:index/container:Container"


@dataclass
class QuietProgress:
    """Keeps what would have been shown."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def watching(self, title: str, known: int = 0) -> Iterator[None]:
        yield

    def step(self, text: str) -> None:
        self.lines.append(text)

    def item(self, name: str, state: str, seconds: float | None = None) -> None:
        self.lines.append(f"{name} {state}")

    def passed(self, name: str, how: Passed) -> None:
        self.lines.append(f"{name} {how.value}")

    def stopping(self) -> None:
        self.lines.append("stopping")

    def note(self, text: str) -> None:
        self.lines.append(f"note: {text}")

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


@dataclass
class _Stack:
    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    resources: dict[str, dict[str, Json]]
    outputs: Mapping[str, Json]


@dataclass
class FakeEngine:
    """One resource per service. `broken` services fail, `stuck` ones cannot be removed, `live` can be changed behind its back,
    `held` names who else is at work."""

    name: str = "fake"
    broken: dict[str, str] = field(default_factory=dict)
    stuck: dict[str, str] = field(default_factory=dict)
    stacks_by_name: dict[str, _Stack] = field(default_factory=dict)
    live: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    unreachable: bool = False
    published: bool = True

    def preview(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> StackResult:
        return StackResult(self._plan(environment, values), {}, {}, 0.0)

    def up(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str], *, progress: Progress) -> StackResult:
        self._refuse_if_held(environment)
        changes = self._plan(environment, values)
        stack = self.stacks_by_name.setdefault(environment, _Stack({}, {}, {}, {}))
        stack.values, stack.secrets, stack.outputs = values, secrets, self._outputs(values)
        failures = {}
        for change in changes:
            if change.operation is StepOperation.DELETE:
                del stack.resources[change.name]
                self.live.pop((environment, change.name), None)
        for name, wanted in _services(values).items():
            if name in self.broken:
                failures[name] = _hide(self.broken[name], secrets)
                continue
            stack.resources[name] = wanted
            self.live[environment, name] = dict(wanted)
        kept = tuple(change for change in changes if change.name not in failures)
        return StackResult(kept, stack.outputs, failures, 0.1, checksum=str(self.checksum(environment)))

    def down(self, environment: str, *, progress: Progress) -> StackResult:
        self._refuse_if_held(environment)
        if self.stuck:
            return StackResult((), {}, dict(self.stuck), 0.1)
        stack = self.stacks_by_name.pop(environment, None)
        names = list(stack.resources) if stack else []
        for name in names:
            self.live.pop((environment, name), None)
        return StackResult(tuple(_change(name, StepOperation.DELETE) for name in names), {}, {}, 0.1)

    def observe(self, environment: str, values: Mapping[str, Json], secrets: Mapping[str, str]) -> Sequence[Observation]:
        declared, applied = _services(values), self._applied(environment)
        return [self._observe(environment, name, declared.get(name), applied.get(name)) for name in {**declared, **applied}]

    def checksum(self, environment: str) -> str | None:
        stack = self.stacks_by_name.get(environment)
        return hashlib.sha256(json.dumps(stack.resources, sort_keys=True).encode()).hexdigest() if stack else None

    def stack(self, environment: str) -> StackSummary | None:
        stack = self.stacks_by_name.get(environment)
        updated = datetime(2026, 1, 1, tzinfo=UTC)
        return StackSummary(environment, stack.values, stack.outputs, updated, len(stack.resources)) if stack else None

    def stacks(self) -> Sequence[StackSummary]:
        return [found for name in sorted(self.stacks_by_name) if (found := self.stack(name)) is not None]

    def secrets(self, environment: str) -> Mapping[str, str]:
        stack = self.stacks_by_name.get(environment)
        return stack.secrets if stack else {}

    def _applied(self, environment: str) -> dict[str, dict[str, Json]]:
        stack = self.stacks_by_name.get(environment)
        return stack.resources if stack else {}

    def _outputs(self, values: Mapping[str, Json]) -> dict[str, Json]:
        databases = values.get("databases") if self.published else None
        named = [str(item["name"]) for item in databases if isinstance(item, dict)] if isinstance(databases, list) else []
        return {"databases": dict.fromkeys(named, 5432)}

    def _refuse_if_held(self, environment: str) -> None:
        if environment in self.held:
            raise ConflictError(f"{environment} is held by {self.held[environment]}")

    def _plan(self, environment: str, values: Mapping[str, Json]) -> tuple[ResourceChange, ...]:
        before, declared = self._applied(environment), _services(values)
        changes = []
        for name, wanted in declared.items():
            same = before.get(name) == wanted == self.live.get((environment, name))
            operation = StepOperation.SAME if same else StepOperation.UPDATE if name in before else StepOperation.CREATE
            changes.append(_change(name, operation))
        return (*changes, *(_change(name, StepOperation.DELETE) for name in before if name not in declared))

    def _observe(self, environment: str, name: str, wanted: dict[str, Json] | None, applied: dict[str, Json] | None) -> Observation:
        if self.unreachable:
            return Observation(f"urn:{name}", TYPE, name, wanted, applied, {}, LiveState.UNKNOWN, "the fake does not answer")
        live = self.live.get((environment, name))
        state = LiveState.MISSING if live is None else LiveState.PRESENT
        return Observation(f"urn:{name}", TYPE, name, wanted, applied, live or {}, state)


def _change(name: str, operation: StepOperation) -> ResourceChange:
    return ResourceChange(f"urn:{name}", TYPE, name, operation)


def _hide(reason: str, secrets: Mapping[str, str]) -> str:
    for secret in secrets.values():
        reason = reason.replace(secret, "[secret]")
    return reason


def _services(values: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    services = values.get("services")
    return (
        {str(item["name"]): {"image": item["image"], "memory": item["memory"]} for item in services if isinstance(item, dict)}
        if isinstance(services, list)
        else {}
    )


@dataclass
class FakeRuntime:
    """Runs what the fake engine's live side says, all of it of one project."""

    engine: FakeEngine
    used_ports: set[int] = field(default_factory=set)
    swept: list[str] = field(default_factory=list)
    project: str = "shop"

    def parts(self, project: str, environment: str | None = None) -> Sequence[RunningPart]:
        return [
            RunningPart(place, name, "service", str(live["image"]), Health.HEALTHY, datetime(2026, 1, 1, tzinfo=UTC), name="")
            for (place, name), live in self.engine.live.items()
            if environment in {None, place} and project == self.project
        ]

    def free_port(self, candidates: Sequence[int]) -> int | None:
        return next((port for port in candidates if port not in self.used_ports), None)

    def logs(self, project: str, environment: str, service: str, *, lines: int) -> str:
        if (environment, service) not in self.engine.live:
            raise UsageError(f"{environment} runs no {service}")
        return ""

    def sweep(self, project: str, environment: str) -> Sequence[str]:
        self.swept.append(environment)
        names = [name for place, name in self.engine.live if place == environment]
        for name in names:
            del self.engine.live[environment, name]
        return names


@dataclass
class FakeSeeder:
    """Counts what it was asked to load. held: what a database has that is to stay, in words."""

    asked: list[tuple[str, int, int]] = field(default_factory=list)
    held: str = ""

    def seed(self, url: str, database: Database, *, progress: Progress) -> int:
        if self.held:
            raise PolicyError(self.held)
        rows, seed = database.data.rows, database.data.seed
        again = (url, rows, seed) in self.asked
        self.asked.append((url, rows, seed))
        return 0 if again else rows


@dataclass
class FakeDataEngine(PostgresEngine):
    """Every database has one table, and the rows that the seeder was asked for."""

    seeder: FakeSeeder
    catalog: str = "catalog"
    written_since: str = ""
    vouched: list[str] = field(default_factory=list)

    @contextmanager
    def held(self, url: str) -> Iterator[HeldDatabase]:
        facts = self.facts(url)
        yield HeldDatabase(facts, self.written_since if facts.origin is not Origin.OTHER else "", "moment-1")

    def vouch(self, url: str) -> None:
        self.vouched.append(url)

    def facts(self, url: str, *, counted: bool = True) -> DatabaseFacts:
        asked = [(rows, seed) for place, rows, seed in self.seeder.asked if place == url]
        data = f"seed {asked[-1][1]}, {asked[-1][0]} rows" if asked else ""
        rows = asked[-1][0] if asked else 0
        origin = Origin.SYNTHETIC if asked else Origin.OTHER
        return DatabaseFacts(self.catalog, origin, data, {TableName("public", "thing"): rows}, rows * 100, 150000)


@dataclass
class FakeSnapshots:
    """Golden copies in memory. `broken` is why nothing can be built; `volumes` are the data folders that there are,
    `half_made` those of killed clones."""

    kept: list[Snapshot] = field(default_factory=list)
    volumes: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: str = ""
    built: int = 0
    moments: list[str | None] = field(default_factory=list)
    allowed: list[tuple[str, str]] = field(default_factory=list)
    half_made: list[tuple[str, str]] = field(default_factory=list)

    def snapshots(self) -> Sequence[Snapshot]:
        return sorted(self.kept, key=lambda item: (item.made, item.volume))

    def clones(self) -> Mapping[tuple[str, str], str]:
        return {place: name for place, name in self.volumes.items() if name}

    def clone(self, snapshot: Snapshot, target: Target) -> bool:
        self.discard_half_made(target)
        place = (target.environment, target.database)
        if place in self.volumes:
            return False
        self.volumes[place] = snapshot.name
        return True

    def discard_half_made(self, target: Target) -> None:
        place = (target.environment, target.database)
        if place in self.half_made:
            self.half_made.remove(place)
            self.volumes.pop(place, None)

    def let_build(self, environment: str, database: str) -> None:
        self.allowed.append((environment, database))

    def refill(self, snapshot: Snapshot, target: Target) -> None:
        self.volumes[target.environment, target.database] = snapshot.name

    @contextmanager
    def building(self, database: Database) -> Iterator[Building]:
        if self.broken:
            raise LiftlockError(self.broken)
        self.built += 1
        yield Building(f"postgresql://building/{self.built}", f"volume-{self.built}")

    def copy(
        self,
        source_url: str,
        building: Building,
        database: Database,
        *,
        empty: Sequence[tuple[str, str]] | None = None,
        moment: str | None = None,
    ) -> None:
        self.moments.append(moment)

    def keep(self, building: Building, snapshot: Snapshot) -> Snapshot:
        self.kept.append(snapshot)
        return snapshot

    def add_recipe(self, snapshot: Snapshot, recipe: str) -> None:
        self.kept.remove(snapshot)
        self.kept.append(replace(snapshot, recipes=snapshot.recipes | {recipe}))

    def remove(self, snapshot: Snapshot) -> None:
        if snapshot in self.kept:
            self.kept.remove(snapshot)

    def sweep(self) -> Sequence[str]:
        return []


@dataclass
class FakeProbe:
    """Answers with one status."""

    status: int = 200

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        return self.status


@dataclass
class FakeSecrets:
    """Resolves references to themselves but for those that are missing, generates numbered secrets."""

    generated: int = 0
    missing: frozenset[str] = frozenset()

    def resolve(self, reference: str) -> str:
        if reference in self.missing:
            raise ConfigError(f"secret {reference} is not there")
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


@dataclass
class FakeReceipts:
    """Keeps receipts in memory."""

    kept: dict[str, Receipt] = field(default_factory=dict)

    def read(self, environment: str) -> Receipt | None:
        return self.kept.get(environment)

    def write(self, environment: str, receipt: Receipt) -> None:
        self.kept[environment] = receipt

    def drop(self, environment: str) -> None:
        self.kept.pop(environment, None)


@dataclass
class FakeWitness:
    """Sees what the fake engine has and holds, and `other` facts; nothing where it is blind."""

    engine: FakeEngine
    other: dict[str, str] = field(default_factory=dict)
    blind: bool = False

    def look(self, clues: Clues) -> Mapping[str, str] | None:
        if self.blind or self.engine.unreachable:
            return None
        live = {name: facts for (place, name), facts in self.engine.live.items() if place == clues.environment}
        return {**self.other, "state": str(self.engine.checksum(clues.environment)), "live": json.dumps(live, sort_keys=True)}
