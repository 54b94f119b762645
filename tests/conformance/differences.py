"""What the embedded engine does otherwise than the Pulumi CLI with pulumi-docker, on purpose: the one list. Nothing else may differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.conformance.facts import Facts, Happening
from tests.conformance.reasons import MEMORY_ABOVE_SWAP

CONTAINER = "docker:index/container:Container"
Rewrite = Callable[[Facts], Facts]
EMBEDDED, CLI = frozenset({"embedded"}), frozenset({"pulumi"})
BOTH = EMBEDDED | CLI


@dataclass(frozen=True)
class Difference:
    """One thing, and why. recorded: turns what Pulumi did into what we do; seen: takes out of ours what Pulumi has not.

    engines: on which the thing is seen. What our docker provider does otherwise is seen under the Pulumi CLI, too.
    """

    what: str
    why: str
    engines: frozenset[str] = BOTH
    recorded: Rewrite = lambda facts: facts
    seen: Rewrite = lambda facts: facts


def _without_phantom(facts: Facts) -> Facts:
    happenings = tuple(_without_memory_swap(item) for item in facts.happenings)
    turned = {item.urn for item, before in zip(happenings, facts.happenings, strict=True) if item.op == "same" != before.op}
    changes = dict(facts.changes)
    for _ in turned:
        changes["update"] -= 1
        changes["same"] = changes.get("same", 0) + 1
    return replace(facts, happenings=happenings, changes={op: count for op, count in changes.items() if count})


def _without_memory_swap(item: Happening) -> Happening:
    diffs = tuple(key for key in item.diffs if key != "memorySwap")
    detailed = {path: kind for path, kind in item.detailed.items() if path != "memorySwap"}
    op = "same" if item.op == "update" and item.diffs and not diffs else item.op
    return replace(item, op=op, diffs=diffs, detailed=detailed)


def _in_outputs(type_: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Rewrite:
    def rewrite(facts: Facts) -> Facts:
        resources = (
            {**resource, "outputs": change(resource["outputs"])} if resource["type"] == type_ and "outputs" in resource else resource
            for resource in facts.resources
        )
        return replace(facts, resources=tuple(resources))

    return rewrite


def _without(*keys: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda outputs: {key: value for key, value in outputs.items() if key not in keys}


def _one_zero(outputs: dict[str, Any]) -> dict[str, Any]:
    networks = [{**item, "gwPriority": item["gwPriority"] or None} for item in outputs.get("networksAdvanced") or ()]
    volumes = [{**item, "readOnly": item["readOnly"] or None} for item in outputs.get("volumes") or ()]
    return {**outputs, "networksAdvanced": networks, "volumes": volumes}


def _without_empty_dependencies(facts: Facts) -> Facts:
    return replace(facts, resources=tuple(_filled(resource) for resource in facts.resources))


def _filled(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    filled = {key: urns for key, urns in resource.get("propertyDependencies", {}).items() if urns}
    bare = {key: value for key, value in resource.items() if key != "propertyDependencies"}
    return {**bare, "propertyDependencies": filled} if filled else bare


def _swap_follows(facts: Facts) -> Facts:
    done = {urn for urn, reason in facts.errors if reason == MEMORY_ABOVE_SWAP}
    happenings = tuple(
        replace(item, event="res_outputs") if item.urn in done and item.event == "res_op_failed" else item for item in facts.happenings
    )
    resources = tuple(_as_updated(resource) if resource["urn"] in done else resource for resource in facts.resources)
    errors = frozenset((urn, reason) for urn, reason in facts.errors if urn not in done)
    changes = {**facts.changes, "update": facts.changes.get("update", 0) + len(done)} if done else facts.changes
    succeeded = facts.succeeded or (bool(done) and not errors)
    return replace(facts, succeeded=succeeded, changes=changes, happenings=happenings, resources=resources, errors=errors)


def _as_updated(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    # A failed update of pulumi-docker leaves the wanted values in the outputs, the old ones in the inputs.
    inputs = {**resource["inputs"], "memory": resource["outputs"]["memory"]}
    return {key: value for key, value in {**resource, "inputs": inputs}.items() if key != "initErrors"}


def _started_again(facts: Facts) -> Facts:
    started = {item.urn for item in facts.happenings if item.op == "update" and item.event == "res_outputs" and "mustRun" in item.diffs}
    if facts.operation != "up":
        return facts
    bare = _without("exitCode", "networkDatas")
    resources = tuple({**r, "outputs": bare(r["outputs"])} if r["urn"] in started else r for r in facts.resources)
    return replace(facts, resources=resources)


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "A container with a memory limit and no `memorySwap` is not updated again and again.",
        "Docker sets the swap limit to twice the memory; pulumi-docker reads that as a change that the program did not ask for. The update"
        " that it makes each time does nothing but write 0 into the state, and a refresh writes Docker's number back.",
        recorded=_without_phantom,
    ),
    Difference(
        "The output `memorySwap` is what Docker has, also after an update.",
        "pulumi-docker's phantom update (above) records 0 where Docker has twice the memory.",
        recorded=_in_outputs(CONTAINER, _without("memorySwap")),
        seen=_in_outputs(CONTAINER, _without("memorySwap")),
    ),
    Difference(
        "`networksAdvanced[*].gwPriority` and `volumes[*].readOnly` are null where nothing is said.",
        "In pulumi-docker they are null after a create and 0 or false after its phantom update; both mean the default.",
        recorded=_in_outputs(CONTAINER, _one_zero),
        seen=_in_outputs(CONTAINER, _one_zero),
    ),
    Difference(
        "A refresh keeps the `propertyDependencies` that are empty.",
        "Pulumi's refresh drops them and the next update writes them back: a change of the state that means nothing.",
        engines=EMBEDDED,
        recorded=_without_empty_dependencies,
        seen=_without_empty_dependencies,
    ),
    Difference(
        "A change of a container's memory takes its swap limit along.",
        "Docker refuses a memory limit above the swap limit that is set; pulumi-docker's update fails there, and so does a repair of what"
        " somebody changed by hand.",
        recorded=_swap_follows,
    ),
    Difference(
        "A container that an update started again has the addresses and the exit code that Docker then reports.",
        "pulumi-docker records what it saw before the container ran: no address, and the exit code of the last run.",
        recorded=_started_again,
        seen=_started_again,
    ),
)


def differences_of(engine: frozenset[str]) -> tuple[Difference, ...]:
    """Those that are seen on an engine (EMBEDDED or CLI)."""
    return tuple(difference for difference in DIFFERENCES if engine <= difference.engines)


def without_race(case: str, recorded: Facts) -> Facts:
    """The recording without its one race: of two resources with one name, the second was refused before the first one's step was begun.

    Our program registers the second when the first is done: then that one stands in the events and is counted, once and as unchanged.
    """
    if (case, recorded.name) != ("docker-failure", "two resources of one name"):
        return recorded
    twice = next(iter(recorded.errors))[0]
    first = tuple(Happening(event, "same", twice) for event in ("resource_pre", "res_outputs"))
    changes = {**recorded.changes, "same": recorded.changes["same"] + 1}
    return replace(recorded, changes=changes, happenings=(*recorded.happenings, *first))
