"""The order that dependencies force, worked out here and not by the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from liftlock_engine.model import ResourceState, Snapshot


def needs_of(state: ResourceState) -> set[str]:
    """The URNs of what must be there before the resource."""
    of_properties = (urn for urns in state.property_dependencies.values() for urn in urns)
    return {
        *state.dependencies,
        *of_properties,
        state.parent,
        state.provider.rpartition("::")[0],
        state.deleted_with,
        *state.replace_with,
    } - {""}


def check_recorded(resources: Sequence[ResourceState]) -> None:
    """Everything stands behind what it needs, as Pulumi demands of a checkpoint."""
    known: set[str] = set()
    for state in resources:
        assert needs_of(state) <= known, f"{state.urn} stands before {needs_of(state) - known}"
        known.add(state.urn)


def check_destroyed_in_order(before: Snapshot, calls: Sequence[tuple[str, str]]) -> None:
    """Nothing was removed while something that needs it was still to be removed. calls: to the provider, `delete` and `deleted` of URNs."""
    counted = Counter(state.urn for state in (*before.resources, *(operation.state for operation in before.pending)))
    for state in before.resources:
        if counted[state.urn] > 1 or ("delete", state.urn) not in calls:
            continue
        for urn in needs_of(state):
            if counted[urn] == 1 and ("delete", urn) in calls:
                assert ("deleted", state.urn) in calls[: calls.index(("delete", urn))], f"{urn} went before {state.urn}"
