"""Looks at a running environment for the reviewer of a promotion: what a deployment would change there, and what has drifted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from liftlock.core.errors import LiftlockError
from liftlock.core.promotion_types import PromotionPlan
from liftlock.core.surroundings import LiveLook, drift_lines, preview_lines
from liftlock.wiring import workspace
from liftlock.wiring.work import Workspace


def look_at(repo: Path | None, plan: PromotionPlan) -> LiveLook:
    """What can be seen from here, with this checkout's configuration. What cannot be looked at is said, and stops no promotion."""
    target = plan.request.target
    try:
        work = workspace(repo, runs=target)
    except LiftlockError as err:
        return LiveLook((_unseen(err),), (_unseen(err),))
    return LiveLook(_preview(work, plan), drift_lines(work.detect_drift(target)))


def _preview(work: Workspace, plan: PromotionPlan) -> tuple[str, ...]:
    try:
        declared = work.environment(plan.request.target)
        images = {name: released.image for name, released in plan.new_images.items()}
        services = tuple(replace(item, image=images.get(item.name, item.image)) for item in declared.services)
        return preview_lines(work.environments().preview(replace(declared, services=services)))
    except LiftlockError as err:
        return (_unseen(err),)


def _unseen(err: LiftlockError) -> str:
    return f"could not be looked at: {err.message.splitlines()[0]}"
