"""Drift as a pure comparison of three sides of every resource: declared, last applied, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from liftlock.core.ledger import Json
from liftlock.core.ports import LiveState, Observation, RunningPart


class Cause(StrEnum):
    """Why the three sides differ."""

    OUTSIDE = "changed outside"
    UNAPPLIED = "not applied yet"
    BOTH = "changed outside and not applied yet"


class ResourceDrift(StrEnum):
    """What became of a resource as a whole."""

    IN_SYNC = "in sync"
    CHANGED = "changed"
    RECREATED = "re-created outside"
    MISSING = "missing"
    UNDECLARED = "no longer declared"
    NOT_CREATED = "not created yet"
    STRAY = "not in the state"
    UNKNOWN = "unknown"


ABSENT = "∅"
"""How a property that a side does not have is shown; a JSON result leaves the side out instead."""


@dataclass(frozen=True, slots=True)
class PropertyDrift:
    """One property from three sides; a side that does not have it is None in `sides` and absent from `has`."""

    path: str
    declared: Json
    applied: Json
    live: Json
    has: tuple[str, ...]
    cause: Cause


@dataclass(frozen=True, slots=True)
class DriftedResource:
    """One resource that is not in sync, or could not be looked at."""

    urn: str
    type: str
    name: str
    drift: ResourceDrift
    properties: tuple[PropertyDrift, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was found in one environment. Unknown is never clean: `complete` says whether every resource could be looked at."""

    environment: str
    resources: tuple[DriftedResource, ...]
    in_sync: int
    state_checksum: str | None

    @property
    def complete(self) -> bool:
        """Whether every resource was seen."""
        return all(resource.drift is not ResourceDrift.UNKNOWN for resource in self.resources)

    @property
    def clean(self) -> bool:
        """Whether everything was seen and nothing differs."""
        return not self.resources

    @property
    def coverage(self) -> float:
        """The share of resources that were seen, 0 to 1; 1 where there are none."""
        total = self.in_sync + len(self.resources)
        unseen = sum(resource.drift is ResourceDrift.UNKNOWN for resource in self.resources)
        return 1.0 if not total else (total - unseen) / total


def find_drift(
    environment: str, observations: Sequence[Observation], *, strays: Sequence[DriftedResource] = (), state_checksum: str | None = None
) -> DriftReport:
    """Every resource that is not exactly as declared and applied, in the order given; then what runs and is in no state."""
    judged = [judge(observation) for observation in observations]
    drifted = tuple(resource for resource in judged if resource.drift is not ResourceDrift.IN_SYNC)
    return DriftReport(environment, (*drifted, *strays), len(judged) - len(drifted), state_checksum)


def find_strays(running: Sequence[RunningPart], made: frozenset[str]) -> tuple[DriftedResource, ...]:
    """Containers with the environment's labels that the state did not make; by name, for an object may have been made anew."""
    return tuple(
        DriftedResource("", "docker:index/container:Container", part.name, ResourceDrift.STRAY, (), f"remove it: docker rm -f {part.name}")
        for part in running
        if part.name and part.name not in made
    )


def unseen(environment: str, reason: str) -> DriftReport:
    """The report of an environment that could not be looked at, which is never a clean one."""
    return DriftReport(environment, (DriftedResource("", "", environment, ResourceDrift.UNKNOWN, (), reason),), 0, None)


def judge(seen: Observation) -> DriftedResource:
    """What became of one resource."""

    def say(drift: ResourceDrift, properties: tuple[PropertyDrift, ...] = ()) -> DriftedResource:
        return DriftedResource(seen.urn, seen.type, seen.name, drift, properties, seen.reason)

    if seen.state is LiveState.UNKNOWN:
        return say(ResourceDrift.UNKNOWN)
    if seen.applied is None:
        return say(ResourceDrift.NOT_CREATED)
    if seen.declared is None:
        return say(ResourceDrift.UNDECLARED)
    if seen.state is LiveState.MISSING:
        return say(ResourceDrift.MISSING)
    properties = compare(seen.declared, seen.applied, seen.live, seen.secret)
    if seen.recreated:
        return say(ResourceDrift.RECREATED, properties)
    return say(ResourceDrift.CHANGED if properties else ResourceDrift.IN_SYNC, properties)


def compare(
    declared: Mapping[str, Json], applied: Mapping[str, Json], live: Mapping[str, Json], secret: frozenset[str] = frozenset()
) -> tuple[PropertyDrift, ...]:
    """The property paths at which the three sides are not all equal, sorted. Values at secret paths are compared, never carried."""
    sides = {"declared": flatten(declared), "applied": flatten(applied), "live": flatten(live)}
    paths = sorted({path for side in sides.values() for path in side})
    found = (_property(path, sides) for path in paths)
    return tuple(_masked(item) if item.path in secret else item for item in found if item is not None)


def flatten(value: Mapping[str, Json]) -> dict[str, Json]:
    """Leaf paths of a resource's properties. Lists whose items have a name are keyed by it, so that order says nothing.

    `labels.owner`, `envs.LOG_LEVEL`, `networksAdvanced[shop-dev].aliases[0]`. Nulls and empty containers are as if absent.
    """
    leaves: dict[str, Json] = {}
    for key, item in value.items():
        if not key.startswith("__"):
            _walk(key, item, leaves)
    return leaves


def _walk(path: str, value: Json, leaves: dict[str, Json]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.startswith("__"):
                _walk(f"{path}.{key}", item, leaves)
    elif isinstance(value, list):
        for part, item in _keyed(path, value):
            _walk(part, item, leaves)
    elif value is not None:
        leaves[path] = value


def _keyed(path: str, items: list[Json]) -> list[tuple[str, Json]]:
    if path == "envs":
        pairs = [str(item).partition("=") for item in items]
        return [(f"{path}.{name}", value) for name, _, value in pairs]
    if path == "labels":
        return [(f"{path}.{item['label']}", item.get("value")) for item in items if isinstance(item, dict) and "label" in item]
    for name in ("name", "internal", "containerPath", "target"):
        if items and all(isinstance(item, dict) and name in item for item in items):
            return [(f"{path}[{item[name]}]", item) for item in items if isinstance(item, dict)]
    return [(f"{path}[{index}]", item) for index, item in enumerate(items)]


def _property(path: str, sides: Mapping[str, Mapping[str, Json]]) -> PropertyDrift | None:
    missing = object()
    declared, applied, live = (sides[side].get(path, missing) for side in ("declared", "applied", "live"))
    outside, unapplied = applied != live, declared != applied
    if not outside and not unapplied:
        return None
    cause = Cause.BOTH if outside and unapplied else Cause.OUTSIDE if outside else Cause.UNAPPLIED
    has = tuple(side for side in ("declared", "applied", "live") if path in sides[side])
    values = [sides[side].get(path) for side in ("declared", "applied", "live")]
    return PropertyDrift(path, values[0], values[1], values[2], has, cause)


def _masked(item: PropertyDrift) -> PropertyDrift:
    """Says which sides agree, and nothing of what they hold; a side without the property stays without."""

    def show(side: str, value: Json) -> Json:
        if side not in item.has:
            return None
        return "[secret]" if value == item.declared else "[another secret]"

    return PropertyDrift(
        item.path, show("declared", item.declared), show("applied", item.applied), show("live", item.live), item.has, item.cause
    )
