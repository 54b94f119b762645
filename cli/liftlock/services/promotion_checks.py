"""What a forge is told of a pull request, as the check that its protection of the base branch can require."""

from __future__ import annotations

from liftlock.core.errors import UsageError
from liftlock.core.ports import Check, PullRequest, PullState
from liftlock.core.project import Project
from liftlock.core.promotion_check import ordinary_check, promotion_check
from liftlock.core.proposal import read_branch, release_path
from liftlock.core.pull_request_body import decode_metadata
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.promotion_view import PromotionParts
from liftlock.services.review_results import PromotionStatus


class PromotionChecks:
    """Says the gates of pull requests on their commits."""

    def __init__(self, project: Project, parts: PromotionParts) -> None:
        self._project = project
        self._parts = parts
        self._reviews = PromotionReviews(project, parts)

    def publish(self, number: int, *, on: str | None = None) -> PromotionStatus | Check:
        """Says what the gates come to on the head commit or on `on`, a merge queue's; for a proposal of somebody else, the check itself.

        One that is merged or closed is only shown.
        """
        pull = self._parts.forge.pull(number)
        # A branch of ours is a proposal also where somebody took the block out of its description.
        if decode_metadata(pull.body) is not None or read_branch(pull.head) is not None:
            status = self._reviews.status(number)
            if status.state is PullState.OPEN:
                self._parts.forge.set_status(on or status.commit, promotion_check(status.gates, status.stale, status.url))
            return status
        check = ordinary_check(self._changed_releases(pull), pull.url)
        if pull.state is PullState.OPEN:
            self._parts.forge.set_status(on or pull.commit, check)
        return check

    def _changed_releases(self, pull: PullRequest) -> list[str]:
        """The environments behind the first ones whose release is another one there than on the base; all where it cannot be seen."""
        repository = self._parts.repository
        repository.fetch()
        later = [stage.environment for stage in self._project.pipeline if stage.upstream]
        try:
            repository.commit(pull.commit)
        except UsageError:  # the branch of a fork is not fetched
            return later
        base = repository.head(self._project.forge.base)
        paths = {name: release_path(name) for name in later}
        return [name for name, path in paths.items() if repository.read(pull.commit, path) != repository.read(base, path)]
