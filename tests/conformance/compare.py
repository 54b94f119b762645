"""Compares what the embedded engine did with what the Pulumi CLI did. All of it must agree; `differences` is applied before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conformance.facts import Facts, Happening

_FORWARD = {"create", "update", "same", "create-replacement", "import"}


def disagreements(recorded: Facts, seen: Facts) -> list[str]:
    """Each difference in one line; empty where the two agree."""
    return [
        *_plainly("result", recorded.succeeded, seen.succeeded),
        *_plainly("changes", dict(recorded.changes), dict(seen.changes)),
        *_plainly("outputs", dict(recorded.outputs), dict(seen.outputs)),
        *_happenings(recorded, seen),
        *_order(recorded, seen),
        *_resources(recorded, seen),
    ]


def _plainly(what: str, recorded: Any, seen: Any) -> Iterator[str]:
    if recorded != seen:
        yield f"{what}: recorded {recorded!r}, seen {seen!r}"


def _happenings(recorded: Facts, seen: Facts) -> Iterator[str]:
    ours, theirs = {item.name: item for item in seen.happenings}, {item.name: item for item in recorded.happenings}
    for name in sorted(theirs.keys() - ours.keys()):
        yield f"recorded, not seen: {name}"
    for name in sorted(ours.keys() - theirs.keys()):
        yield f"seen, not recorded: {name}"
    for name in sorted(ours.keys() & theirs.keys()):
        for part in ("keys", "diffs", "detailed"):
            yield from _plainly(f"{name} {part}", getattr(theirs[name], part), getattr(ours[name], part))


def _order(recorded: Facts, seen: Facts) -> Iterator[str]:
    """The order within each resource, as recorded; between resources, the order that the dependencies force."""
    for urn in {item.urn for item in recorded.happenings}:
        theirs, ours = _ops(recorded.happenings, urn), _ops(seen.happenings, urn)
        if theirs != ours:
            yield f"order of {urn}: recorded {theirs}, seen {ours}"
    places = {item.name: place for place, item in enumerate(seen.happenings)}
    needs = {resource["urn"]: set(resource.get("dependencies", ())) for resource in (*recorded.resources, *seen.resources)}
    for item, place in places.items():
        event, op, urn = item
        for needed in needs.get(urn, ()):
            if event == "resource_pre" and op in _FORWARD:
                done = [places[other] for other in places if other[0] == "res_outputs" and other[1] in _FORWARD and other[2] == needed]
                if done and min(done) > place:
                    yield f"{urn} was begun before {needed} was done"
            if event == "res_outputs" and op.startswith("delete"):
                gone = places.get(("resource_pre", op, needed))
                if gone is not None and gone < place:
                    yield f"{needed} was begun to be deleted before {urn} was gone"


def _ops(happenings: tuple[Happening, ...], urn: str) -> list[tuple[str, str]]:
    found = [(item.event, item.op) for item in happenings if item.urn == urn]
    return list(dict.fromkeys(found))


def _resources(recorded: Facts, seen: Facts) -> Iterator[str]:
    theirs = {resource["urn"]: resource for resource in recorded.resources}
    ours = {resource["urn"]: resource for resource in seen.resources}
    yield from _plainly("resources", sorted(theirs), sorted(ours))
    yield from _plainly("number of resources", len(recorded.resources), len(seen.resources))
    for urn in theirs.keys() & ours.keys():
        yield from _fields(urn, theirs[urn], ours[urn])
    known: set[str] = set()
    for resource in seen.resources:
        needed = {*resource.get("dependencies", ()), resource.get("parent", ""), resource.get("provider", "").rsplit("::", 1)[0]} - {""}
        yield from (f"{resource['urn']} stands before {urn} in the checkpoint" for urn in needed - known)
        known.add(resource["urn"])


def _fields(urn: str, recorded: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*recorded, *seen}):
        before, after = recorded.get(key), seen.get(key)
        if key == "dependencies":
            before, after = sorted(before or ()), sorted(after or ())
        if isinstance(before, dict) and isinstance(after, dict):
            for part in sorted({*before, *after}):
                yield from _plainly(f"{urn} {key}.{part}", before.get(part), after.get(part))
        else:
            yield from _plainly(f"{urn} {key}", before, after)
