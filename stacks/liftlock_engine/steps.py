"""What to do, decided: recorded state + goal + the provider's diff -> frozen steps. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from liftlock_engine.model import Goal, ResourceState
from liftlock_engine.paths import is_covered
from liftlock_engine.providers.port import Diff, DiffKind, PropertyDiff
from liftlock_engine.urns import is_default_provider


class Op(StrEnum):
    """A step's kind, in Pulumi's words."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    DELETE = "delete"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"


REPLACING: Final = frozenset({Op.REPLACE, Op.CREATE_REPLACEMENT, Op.READ_REPLACEMENT, Op.IMPORT_REPLACEMENT})
_UNCOUNTED: Final = frozenset({*REPLACING, Op.DELETE_REPLACED, Op.DISCARD_REPLACED, Op.READ, Op.REFRESH}) - {Op.REPLACE}
NO_DIFF: Final = Diff()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. old: the recorded state it starts from. keys: the properties that force a replacement.

    hidden: paths whose differences the program wants nobody to see. found_new: a read whose object is not as it was read before.
    former: the URN that the resource had when the run began, where it was renamed since; it is told by that.
    """

    op: Op
    urn: str
    type: str
    old: ResourceState | None = None
    diff: Diff = NO_DIFF
    keys: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    found_new: bool = False
    former: str = ""

    @property
    def shown_urn(self) -> str:
        """The URN by which the step is told."""
        return self.former or self.urn

    @property
    def recorded(self) -> ResourceState:
        """The recorded state of a step that cannot do without one."""
        assert self.old is not None  # noqa: S101 - the plan names no such step for a resource that is not recorded
        return self.old

    @property
    def shown_diff(self) -> Mapping[str, PropertyDiff]:
        """What differs, but for what is hidden."""
        return {path: item for path, item in self.diff.detailed.items() if not is_covered(path, self.hidden)}

    @property
    def counted(self) -> bool:
        """Whether the step shows in a run's counts of changes."""
        return (self.found_new or self.op not in _UNCOUNTED) and not is_default_provider(self.urn)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A resource that must be replaced because one that it depends on is. keys: its properties that cannot follow in place."""

    state: ResourceState
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A plan that may not be carried out, and why."""

    reason: str


def plan_registration(
    goal: Goal,
    old: ResourceState | None,
    diff: Diff,
    *,
    condemned: tuple[str, ...] | None = None,
    dependents: Callable[[ResourceState], tuple[Dependent, ...]] = lambda _: (),
) -> tuple[Step, ...] | Blocked:
    """The steps that make the registered resource as the program wants it.

    condemned: the object was removed earlier, because one that it depends on is replaced; the keys are why.
    dependents: asked only where the object must go before its successor is made.
    """
    step = Step(Op.CREATE, goal.urn, goal.type, old, diff, hidden=goal.hide_diffs)
    if old is None:
        return (step,)
    if old.external:  # read until now: what somebody else made stays, and this stack makes one of its own
        return (replace(step, op=Op.CREATE_REPLACEMENT), replace(step, op=Op.REPLACE))
    if condemned is not None:
        return (replace(step, op=Op.REPLACE, diff=NO_DIFF), replace(step, op=Op.CREATE_REPLACEMENT, diff=NO_DIFF, keys=condemned))
    if not diff.replacing and not old.pending_replacement:
        return (replace(step, op=Op.UPDATE if diff.changed or old.init_errors else Op.SAME),)
    return _plan_replacement(goal, old, diff, dependents)


def _plan_replacement(
    goal: Goal, old: ResourceState, diff: Diff, dependents: Callable[[ResourceState], tuple[Dependent, ...]]
) -> tuple[Step, ...] | Blocked:
    # What the program says outright goes before what the provider would rather have.
    before = goal.delete_before_replace if goal.delete_before_replace is not None else diff.delete_before_replace
    removed = dependents(old) if before and not old.pending_replacement else ()
    if blocked := _protected(dependent.state for dependent in removed):
        return blocked
    new = Step(Op.CREATE_REPLACEMENT, goal.urn, goal.type, old, diff, diff.replaces, goal.hide_diffs)
    shown = replace(new, op=Op.REPLACE)
    if not before:
        return (new, shown)
    own = () if old.pending_replacement else (Step(Op.DELETE_REPLACED, old.urn, old.type, old),)
    return (*_removals(removed), *own, shown, new)


def clear_the_way(
    steps: tuple[Step, ...], superseded: Iterable[ResourceState], dependents: Callable[[ResourceState], tuple[Dependent, ...]]
) -> tuple[Step, ...] | Blocked:
    """The steps, preceded by the removal of superseded objects of the same resource, where they make a new one.

    An earlier run was cut off between making the successor and removing these; they may hold the name that the new object is to have.
    """
    if not any(step.op in (Op.CREATE, Op.CREATE_REPLACEMENT) for step in steps):
        return steps
    for state in superseded:
        removed = dependents(state)
        if blocked := _protected(dependent.state for dependent in removed):
            return blocked
        first = (*_removals(removed), Step(Op.DELETE_REPLACED, state.urn, state.type, state))
        going = {id(step.old) for step in first}
        steps = (*first, *(step for step in steps if step.op is not Op.DELETE_REPLACED or id(step.old) not in going))
    return steps


def _removals(removed: tuple[Dependent, ...]) -> tuple[Step, ...]:
    return tuple(Step(Op.DELETE_REPLACED, item.state.urn, item.state.type, item.state, keys=item.keys) for item in reversed(removed))


def _protected(states: Iterable[ResourceState]) -> Blocked | None:
    found = next((state for state in states if state.protect and not state.delete), None)
    return Blocked(protected_message(found.urn, "replaced")) if found is not None else None


def protected_message(urn: str, verb: str) -> str:
    """Why a protected resource stays."""
    return (
        f'resource "{urn}" cannot be {verb}\nbecause it is protected. Take `protect` off it in the program, run an update, and try again.'
    )


def plan_dependents(
    root: ResourceState,
    recorded: Iterable[ResourceState],
    registered: frozenset[str],
    must_replace: Callable[[ResourceState, frozenset[str]], tuple[str, ...] | None],
) -> tuple[Dependent, ...]:
    """The recorded resources that must go before `root` can, in dependency order; among them superseded ones, whose successor is made.

    recorded: in the order of the state, dependencies first. registered: seen already in this run; they cannot depend on `root`
    any more. must_replace: the keys that force a replacement when the properties that depend on the given URNs become unknown;
    None where the resource can stay. What the program wants replaced whenever `root` is (`replace_with`) goes as if it had to.
    """
    replaced = {root.urn}
    affected = {root.urn}  # through resources that stay, too: a component stays and its dependents may not
    found: list[Dependent] = []
    for state in recorded:
        if state.delete and state.needs & replaced:
            found.append(Dependent(state, ()))
            affected.add(state.urn)  # what used the superseded object and is not registered yet still does
            replaced.add(state.urn)
        if state is root or state.delete or state.pending_replacement or state.urn in registered or not state.needs & affected:
            continue
        affected.add(state.urn)
        keys = () if root.urn in state.replace_with else must_replace(state, frozenset(replaced)) if state.managed else None
        if keys is not None:
            found.append(Dependent(state, keys))
            replaced.add(state.urn)
    return tuple(found)


def plan_deletes(leftovers: Iterable[ResourceState]) -> tuple[Step, ...]:
    """A step for each resource that the program does not have any more, dependents first (the reverse of the state's order)."""
    return tuple(_plan_delete(state) for state in reversed(tuple(leftovers)) if not state.pending_replacement)


def _plan_delete(state: ResourceState) -> Step:
    if state.external:
        return Step(Op.DISCARD_REPLACED if state.delete else Op.DISCARD, state.urn, state.type, state)
    return Step(Op.DELETE_REPLACED if state.delete else Op.DELETE, state.urn, state.type, state)


def plan_refresh(old: ResourceState, seen_id: str | None, backwards: Diff) -> Step:
    """What a refresh found: gone, changed or same. backwards: the diff that would lead from the live object to the recorded one."""
    if seen_id is None:
        return Step(Op.DELETE, old.urn, old.type, old)
    diff = invert(backwards)
    changed = diff.changed or seen_id != old.id
    return Step(Op.UPDATE if changed else Op.SAME, old.urn, old.type, old, diff)


_INVERSE: Final = {
    DiffKind.ADD: DiffKind.DELETE,
    DiffKind.DELETE: DiffKind.ADD,
    DiffKind.ADD_REPLACE: DiffKind.DELETE_REPLACE,
    DiffKind.DELETE_REPLACE: DiffKind.ADD_REPLACE,
}


def invert(diff: Diff) -> Diff:
    """The diff seen from the other side: what was added is deleted."""
    detailed = {path: replace(item, kind=_INVERSE.get(item.kind, item.kind)) for path, item in diff.detailed.items()}
    return replace(diff, detailed=detailed)


def force_replace(diff: Diff, replace_on_changes: tuple[str, ...]) -> Diff:
    """The diff with every change at the given paths made one that replaces."""
    hit = {path for path in (*diff.detailed, *diff.diffs) if is_covered(path, replace_on_changes)}
    if not hit:
        return diff
    detailed = {path: _as_replace(item) if path in hit else item for path, item in diff.detailed.items()}
    return replace(diff, detailed=detailed, replaces=tuple(sorted({*diff.replaces, *hit.intersection(diff.diffs)})), forced=True)


def _as_replace(item: PropertyDiff) -> PropertyDiff:
    return item if item.kind.replaces else replace(item, kind=DiffKind(f"{item.kind.value}-replace"))
