"""Compares what the embedded engine did with what the Pulumi CLI did. All of it must agree; `differences` is applied before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.conformance.facts import Facts, Happening

Name = tuple[str, str, str]


def disagreements(recorded: Facts, seen: Facts) -> list[str]:
    """Each difference in one line; empty where the two agree."""
    return [
        *_plainly("result", recorded.succeeded, seen.succeeded),
        *_plainly("changes", dict(recorded.changes), dict(seen.changes)),
        *_plainly("outputs", dict(recorded.outputs), dict(seen.outputs)),
        *_plainly("errors", sorted(recorded.errors), sorted(seen.errors)),
        *_happenings(recorded, seen),
        *_order(recorded, seen),
        *_resources(recorded, seen),
    ]


def _plainly(what: str, recorded: Any, seen: Any) -> Iterator[str]:
    if recorded != seen:
        yield f"{what}: recorded {recorded!r}, seen {seen!r}"


def _happenings(recorded: Facts, seen: Facts) -> Iterator[str]:
    theirs, ours = (Counter(item.name for item in facts.happenings) for facts in (recorded, seen))
    for name in sorted((theirs - ours).elements()):
        yield f"recorded, not seen: {name}"
    for name in sorted((ours - theirs).elements()):
        yield f"seen, not recorded: {name}"
    for name in sorted(ours.keys() & theirs.keys()):
        for part in ("keys", "diffs", "detailed"):
            before, after = ([getattr(item, part) for item in facts.happenings if item.name == name] for facts in (recorded, seen))
            yield from (f"{name} {part}: recorded {a!r}, seen {b!r}" for a, b in zip(before, after, strict=False) if a != b)


def _order(recorded: Facts, seen: Facts) -> Iterator[str]:
    """The order within each resource, and between resources what their dependencies force; both as recorded."""
    for urn in sorted({item.urn for item in recorded.happenings}):
        yield from _plainly(f"order of {urn}", _ops(recorded.happenings, urn), _ops(seen.happenings, urn))
    if "refresh" in recorded.operation:
        return  # looks at all at once
    theirs, ours = _places(recorded.happenings), _places(seen.happenings)
    for first, second in sorted(_forced(recorded)):
        if theirs[first] < theirs[second] and first in ours and second in ours and ours[first] > ours[second]:
            yield f"{second} came before {first}"


def _ops(happenings: tuple[Happening, ...], urn: str) -> list[tuple[str, str]]:
    return [(item.event, item.op) for item in happenings if item.urn == urn]


def _places(happenings: tuple[Happening, ...]) -> dict[Name, int]:
    """The first place of each happening: a preview tells a component's outputs twice, the second time when the program gets there."""
    places: dict[Name, int] = {}
    for place, item in enumerate(happenings):
        places.setdefault(item.name, place)
    return places


def _forced(recorded: Facts) -> set[tuple[Name, Name]]:
    """The pairs of happenings whose order is no accident: of two resources, where one needs the other."""
    by_urn: dict[str, set[Name]] = {}
    for item in recorded.happenings:
        by_urn.setdefault(item.urn, set()).add(item.name)
    pairs: set[tuple[Name, Name]] = set()
    for resource in (*recorded.earlier, *recorded.resources):
        mine = by_urn.get(resource["urn"], set())
        for needed in _needs(resource):
            its = by_urn.get(needed, set())
            pairs |= {(a, b) for a in mine for b in its} | {(b, a) for a in mine for b in its}
        # A component is registered before its children and removed after them; when its outputs come, is the program's affair.
        its = by_urn.get(resource.get("parent", ""), set())
        pairs |= {(b, a) for a in mine for b in its if a[0] == b[0] == "resource_pre"}
        pairs |= {(a, b) for a in mine for b in its if a[0] == "res_outputs" and b[:2] == ("resource_pre", "delete")}
    return pairs


def _needs(resource: Mapping[str, Any]) -> set[str]:
    """What must be there before the resource, its parent aside."""
    named = (resource.get("provider", "").rsplit("::", 1)[0], resource.get("deletedWith", ""))
    of_properties = (urn for urns in resource.get("propertyDependencies", {}).values() for urn in urns)
    return {*named, *of_properties, *resource.get("dependencies", ())} - {""}


def _resources(recorded: Facts, seen: Facts) -> Iterator[str]:
    theirs, ours = _by_name(recorded.resources), _by_name(seen.resources)
    yield from _plainly("resources", sorted(theirs), sorted(ours))
    for name in sorted(theirs.keys() & ours.keys()):
        yield from _fields(name[0], theirs[name], ours[name])
    known: set[str] = set()
    for resource in seen.resources:
        needed = {*_needs(resource), resource.get("parent", "")} - {""}
        yield from (f"{resource['urn']} stands before {urn} in the checkpoint" for urn in sorted(needed - known))
        known.add(resource["urn"])


def _by_name(resources: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], Mapping[str, Any]]:
    """Each resource by its URN and its number: one that is replaced and not yet removed stands beside its successor."""
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for resource in resources:
        number = sum(1 for urn, _ in found if urn == resource["urn"])
        found[resource["urn"], number] = resource
    return found


def _fields(urn: str, recorded: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*recorded, *seen}):
        before, after = recorded.get(key), seen.get(key)
        if key == "dependencies":
            before, after = sorted(before or ()), sorted(after or ())
        if isinstance(before, dict) and isinstance(after, dict):
            for part in sorted({*before, *after}):
                yield from _plainly(f"{urn} {key}.{part}", before.get(part, "(nothing)"), after.get(part, "(nothing)"))
        else:
            yield from _plainly(f"{urn} {key}", before, after)
