"""Writes release plans: the promotion plan with everything around it that a person wants to know beforehand. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.core.gates.review import Exclusion
from liftlock.core.ledger import Fact, images_of
from liftlock.core.ledger_chain import select
from liftlock.core.people import People, spelled_identity
from liftlock.core.ports import Identity
from liftlock.core.project import Project
from liftlock.core.promotion import promotable_stage
from liftlock.core.promotion_gates import approval_rule
from liftlock.core.promotion_pull import exclusions
from liftlock.core.promotion_types import PromotionPlan, PromotionRequest
from liftlock.core.proposal import RELEASES
from liftlock.core.release_plan import ReleasePlan, Surroundings, release_plan
from liftlock.services.promotion_view import PromotionParts, PromotionView


class ReleasePlans:
    """Plans as documents."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project, self._parts = project, parts
        self._view = PromotionView(project, parts)

    def write(self, request: PromotionRequest, requester: Identity | None) -> ReleasePlan:
        """The document for what promoting would do now. requester: who would ask for it."""
        stage, plan = promotable_stage(self._project, request), self._view.plan(request, explain=True)
        policy = self._view.policy(plan.base)
        around = Surroundings(
            present={name: str(image) for name, image in self._view.release(plan.base, request.target).images.items()},
            policy=policy,
            excluded=self._excluded(plan, requester),
            requester=str(requester) if requester else None,
            required=approval_rule(stage, request, People(policy.people)).required,
            now=self._parts.clock.now(),
        )
        return release_plan(self._project, stage, plan, around)

    def _excluded(self, plan: PromotionPlan, requester: Identity | None) -> Sequence[Exclusion]:
        """Who may not approve: of an open pull request as its review counts them, before that who asks and who brought the images in."""
        digests = {change.new.image.digest.text for change in plan.changes}
        introducers = self._parts.repository.introducers(plan.base, RELEASES, digests) if digests else {}
        wrote = {text: introducers.get(text, ()) for text in digests}
        records = self._parts.ledger.records()
        if plan.pull is not None:
            pull = self._parts.forge.pull(plan.pull)
            return exclusions(pull, self._parts.repository.commit(pull.commit), wrote, records)
        found = [Exclusion(requester, "asks for the change")] if requester else []
        for record in select(records, {Fact.RECORDED}):
            if not digests.isdisjoint(image.rpartition("@")[2] for image in images_of(record.entry).values()):
                person = spelled_identity(record.entry.actor)
                found.append(Exclusion(person, f"recorded an image of it for {record.entry.environment}"))
        found += [Exclusion(person, "wrote an image of it into a release file") for people in wrote.values() for person in people]
        return tuple(dict.fromkeys(found))
