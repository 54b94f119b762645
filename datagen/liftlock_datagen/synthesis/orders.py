"""Meets CHECKs between two columns of a row: start <= end, discount < price, a <> b. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock_datagen.catalog.model import Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.demands import Different, Ordered, describe
from liftlock_datagen.synthesis.draws import Besides, Boxed, Earlier, Later, Milestone, Uniform
from liftlock_datagen.synthesis.forms import Day, Moment, Whole
from liftlock_datagen.synthesis.generators import Null, Reference, Scaled
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.plan_data import ColumnPlan, Link
from liftlock_datagen.synthesis.semantics import ANY_NUMBER, DAY, milestone_window, usual_range


def order_columns(
    table: Table, plans: Sequence[ColumnPlan], demands: Sequence[Ordered | Different], limits: Mapping[str, Limits], links: Sequence[Link]
) -> tuple[tuple[ColumnPlan, ...], tuple[Problem, ...]]:
    """The column plans with the greater columns following the lesser ones, and what cannot be met."""
    by_name = {plan.name: plan for plan in plans}
    problems: list[Problem] = []
    pending: list[Ordered] = []
    for demand in demands:
        met = _met_already(demand, by_name, links)
        ordered = Ordered(demand.one, demand.other, strict=True) if isinstance(demand, Different) else demand
        if met or _is_null(by_name, ordered):
            continue
        if not _comparable(by_name, ordered):
            text = f"{describe(demand)} cannot be planned for these two columns"
            problems.append(Problem(str(table.name), ordered.greater, ProblemCode.UNPLANNABLE_CHECK, text))
        else:
            pending.append(ordered)
    highs: dict[str, int] = {}
    for name in _by_dependency(pending):
        about = [demand for demand in pending if demand.greater == name]
        followed = _follow(by_name, about, limits[name], highs)
        if followed is None:
            text = "; ".join(map(describe, about)) + " leaves no room between the columns' limits, or is circular"
            problems.append(Problem(str(table.name), name, ProblemCode.UNPLANNABLE_CHECK, text))
        else:
            by_name.update(followed)
    return tuple(by_name[plan.name] for plan in plans), tuple(problems)


def _is_null(plans: Mapping[str, ColumnPlan], demand: Ordered) -> bool:
    return any(name in plans and isinstance(plans[name].generator, Null) for name in (demand.lesser, demand.greater))


def _met_already(demand: Ordered | Different, plans: Mapping[str, ColumnPlan], links: Sequence[Link]) -> bool:
    """A parent in the same table is an earlier row, so another one; milestones in windows that do not overlap are in order."""
    if isinstance(demand, Different):
        for one, other in ((demand.one, demand.other), (demand.other, demand.one)):
            match plans.get(one):
                case ColumnPlan(_, Reference(link, _, column)) if column == other:
                    return any(found.name == link and found.source == Earlier(own_root=False) for found in links)
        told = [plans.get(name) for name in (demand.one, demand.other)]
        names = {plan.generator.link for plan in told if plan is not None and isinstance(plan.generator, Reference)}
        return any(found.name in names and isinstance(found.source, Besides) and found.source.link in names for found in links)
    match plans.get(demand.lesser), plans.get(demand.greater):
        case ColumnPlan(lesser), ColumnPlan(_, Scaled(Later(bases, strict))) if lesser in bases:
            return strict or not demand.strict
        case ColumnPlan(_, Scaled(Milestone() as earlier)), ColumnPlan(_, Scaled(Milestone() as later)) if earlier.unit == later.unit:
            return earlier.late + (later.unit if demand.strict else 0) <= later.early
    return False


def _comparable(plans: Mapping[str, ColumnPlan], demand: Ordered) -> bool:
    forms = []
    for name in (demand.lesser, demand.greater):
        plan = plans.get(name)
        if plan is None or not isinstance(plan.generator, Scaled) or not isinstance(plan.generator.form, Whole | Day | Moment):
            return False
        forms.append(plan.generator.form)
    return forms[0] == forms[1]


def _by_dependency(pending: Sequence[Ordered]) -> list[str]:
    """The greater columns, those last in a chain first: a lesser column's room depends on what follows it."""
    names = list(dict.fromkeys(demand.greater for demand in pending))
    height: dict[str, int] = dict.fromkeys(names, 0)
    for _ in names:
        for demand in pending:
            if demand.lesser in height:
                height[demand.lesser] = min(len(names), max(height[demand.lesser], height[demand.greater] + 1))
    return sorted(names, key=lambda name: height[name])


def _follow(plans: Mapping[str, ColumnPlan], about: Sequence[Ordered], own: Limits, highs: dict[str, int]) -> dict[str, ColumnPlan] | None:
    """The greater column as a follower of the lesser ones, and these with their upper ends cut to leave it room.

    highs: how far each column may go, so that those which follow it have room; it is lowered for the lesser columns.
    """
    name = about[0].greater
    plan = plans[name]
    generator = plan.generator
    if not isinstance(generator, Scaled) or not isinstance(generator.source, Uniform | Milestone):
        return None
    strict = any(demand.strict for demand in about)
    high = min(own.high, highs.get(name, own.high))
    low = generator.source.low if isinstance(generator.source, Uniform) else own.low
    changed: dict[str, ColumnPlan] = {}
    for demand in about:
        highs[demand.lesser] = min(high - strict, highs.get(demand.lesser, high))
        cut = _cut(plans[demand.lesser], highs[demand.lesser])
        if cut is None or demand.lesser == name or _depends(plans, demand.lesser, name):
            return None
        changed[demand.lesser] = cut
    later = Later(tuple(demand.lesser for demand in about), strict, _gap(name, generator), min(low, high), high)
    changed[name] = replace(plan, generator=Scaled(later, generator.form))
    return changed


def _depends(plans: Mapping[str, ColumnPlan], name: str, on: str) -> bool:
    match plans[name].generator:
        case Scaled(Later(bases)):
            return on in bases or any(_depends(plans, base, on) for base in bases)
    return False


def _gap(name: str, generator: Scaled) -> int:
    match generator.form:
        case Whole(scale):
            usual = usual_range(name) or ANY_NUMBER
            unit: int = 10 ** max(0, scale)
            return max(1, (usual.high - usual.low)) * unit
        case _:
            early, late = milestone_window(name)
            return max(late - early, DAY) // (DAY if isinstance(generator.form, Day) else 1)


def _cut(plan: ColumnPlan, high: int) -> ColumnPlan | None:
    """The plan with no number above `high`; None where that cannot be."""
    match plan.generator:
        case Scaled(Uniform(low, old, skewed), form, shared):
            if low > high:
                return None
            return plan if old <= high else replace(plan, generator=Scaled(Uniform(low, high, skewed), form, shared))
        case Scaled(Milestone(unit, _, last, _, late)):
            return plan if (last + late) // unit <= high else None
        case Scaled(Boxed(_, _, highs)):
            return plan if max(highs) <= high else None
        case Scaled():
            return plan
        case _:
            return None
