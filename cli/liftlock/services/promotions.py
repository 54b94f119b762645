"""Opening promotions: plan, then carry out exactly the plan.

Whatever another process did in between leads to a new plan, not to a second pull request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.ports import Identity, PullRequest
from liftlock.core.project import Project
from liftlock.core.promotion import Adopt, Close, LeaveAlone, Open, PromotionPlan, PromotionRequest, Update
from liftlock.core.promotion_messages import commit_message
from liftlock.core.promotion_pull import branch_changes, release_path
from liftlock.core.release_file import edit_release
from liftlock.services.promotion_view import PromotionParts, PromotionView

_ATTEMPTS = 8


class OpenOutcome(StrEnum):
    """What `promote open` did."""

    OPENED = "opened"
    ADOPTED = "adopted"
    UPDATED = "updated"
    NOTHING = "nothing"
    BLOCKED = "blocked"
    LEFT_ALONE = "left-alone"


@dataclass(frozen=True, slots=True)
class OpenReport:
    """What was done about the plan. closed: the pull requests that it superseded; notes: what a person should know."""

    outcome: OpenOutcome
    plan: PromotionPlan
    pull: PullRequest | None = None
    closed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


class Promotions:
    """Plans promotions and opens their pull requests."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._view = PromotionView(project, parts)

    def request(self, source: str | None, target: str, services: Sequence[str]) -> PromotionRequest:
        """The promotion that a person means: the only upstream environment is the source where none is named."""
        stage = self._project.stage(target)
        upstream = stage.upstream if stage else ()
        if source is None and len(upstream) > 1:
            raise UsageError(f"releases come to {target} from {' and '.join(upstream)}", hint=f"say which: --from {upstream[0]}")
        return PromotionRequest(source or (upstream[0] if upstream else target), target, tuple(sorted(set(services))) or None)

    def plan(self, request: PromotionRequest) -> PromotionPlan:
        """What promoting would take now; nothing is changed."""
        return self._view.plan(request)

    def open(self, request: PromotionRequest, actor: Identity, *, reviewed: str | None = None) -> OpenReport:
        """One open pull request for the promotion, whoever else asks for the same at the same time.

        reviewed: the digest of the plan that was looked at; ConflictError where the plan is another one by now.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            plan = self._view.plan(request)
            if reviewed is not None and plan.digest != reviewed:
                raise ConflictError(f"the plan is {plan.digest} by now, not {reviewed}", hint="look at it again: liftlock promote plan")
            try:
                return self.apply(plan, actor)
            except ConflictError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def apply(self, plan: PromotionPlan, actor: Identity) -> OpenReport:
        """Carries out the plan's actions; ConflictError where the world is not what was planned from."""
        if plan.blockers:
            return OpenReport(OpenOutcome.BLOCKED, plan)
        outcome, pull = OpenOutcome.NOTHING, None
        closed: list[int] = []
        notes: list[str] = []
        for action in plan.actions:
            match action:
                case Open():
                    outcome, pull = OpenOutcome.OPENED, self._open(plan, actor)
                case Adopt(number=number):
                    outcome, pull = OpenOutcome.ADOPTED, self._parts.forge.pull(number)
                case Update(number=number):
                    outcome, pull = OpenOutcome.UPDATED, self._update(plan, number, actor)
                    notes.append(f"#{number} was made anew: {action.reason}; earlier approvals do not count any more")
                case LeaveAlone(number=number, reason=reason, hinders=hinders):
                    notes.append(f"#{number} is left alone: {reason}")
                    if hinders:
                        outcome, pull = OpenOutcome.LEFT_ALONE, self._parts.forge.pull(number)
                case Close(number=number, reason=reason):
                    self._parts.forge.close(number, reason=f"{reason}{f' by #{pull.number}: {pull.url}' if pull else ''}", by=actor)
                    closed.append(number)
                case _:
                    assert_never(action)
        return OpenReport(outcome, plan, pull, tuple(closed), tuple(notes))

    def _open(self, plan: PromotionPlan, actor: Identity) -> PullRequest:
        parts, text = self._parts, self._parts.describe(plan)
        try:
            self._push(plan, actor, force=False)
        except ConflictError:
            self._take_over(plan, actor)
        pull = parts.forge.open_pull(title=text.title, body=text.body, head=plan.branch, base=self._project.forge.base, author=actor)
        details: dict[str, Json] = {
            "pull": pull.number,
            "url": pull.url,
            "source": plan.request.source,
            "plan": plan.digest,
            "services": {change.service: str(change.new.image) for change in plan.changes},
        }
        parts.ledger.append([Entry(Fact.PROMOTION_OPENED, plan.request.target, str(actor), parts.clock.now(), plan.release, details)])
        return pull

    def _update(self, plan: PromotionPlan, number: int, actor: Identity) -> PullRequest:
        text = self._parts.describe(plan)
        self._push(plan, actor, force=True)
        return self._parts.forge.update_pull(number, title=text.title, body=text.body)

    def _push(self, plan: PromotionPlan, actor: Identity, *, force: bool) -> None:
        path, repository = release_path(plan.request.target), self._parts.repository
        text = edit_release(repository.read(plan.base, path), plan.new_images)
        repository.commit_files(
            base=plan.base, branch=plan.branch, files={path: text}, message=commit_message(plan), author=actor, force=force
        )

    def _take_over(self, plan: PromotionPlan, actor: Identity) -> None:
        """The branch is there without a pull request: a run before this one was interrupted, or another one is just about to open it."""
        repository = self._parts.repository
        repository.fetch()
        try:
            tip = repository.head(plan.branch)
        except UsageError as err:
            raise ConflictError(f"{plan.branch} came and went while it was pushed", hint="run the same command again") from err
        facts = self._view.facts(tip, plan.request.target, plan.base)
        changes, reason = branch_changes(plan.branch, plan.request.target, facts)
        if reason is not None:
            raise ConflictError(f"{reason} (by {facts.head.author}), and it has no open pull request",
                                hint=f"look at it, then delete it: git push origin --delete {plan.branch}")  # fmt: skip
        if facts.before != facts.current or changes != plan.new_images:
            self._push(plan, actor, force=True)
