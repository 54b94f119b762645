"""Reading pull requests of one repository on GitHub, with everything that a promotion is judged by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

from liftlock.adapters.forges import github_shapes as shapes
from liftlock.adapters.forges.addresses import RepositoryAddress
from liftlock.adapters.forges.answers import Fields
from liftlock.adapters.forges.http import ForgeHttp, Params
from liftlock.core.errors import IncompleteError, UsageError
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState, Review

PER_PAGE = 100
_COMMITS = 250  # more than so many commits of one pull request GitHub does not list


class GitHubPulls:
    """Pull requests as they are now. note_once: tells a person something, once."""

    def __init__(self, http: ForgeHttp, address: RepositoryAddress, note_once: Callable[[str], None]) -> None:
        self._http, self._address, self._note_once = http, address, note_once
        self._repo = f"/repos/{address.owner}/{address.name}"

    def listed(self, state: PullState | None) -> Sequence[PullRequest]:
        """All pull requests, or those in one state, by number; without reviews, checks and contributors."""
        asked = "all" if state is None else "open" if state is PullState.OPEN else "closed"
        params: Params = {"state": asked, "sort": "created", "direction": "asc", "per_page": PER_PAGE}
        pulls = [self.shown(item) for item in self._http.pages(f"{self._repo}/pulls", params=params, needs=shapes.PULLS_READ)]
        return sorted((pull for pull in pulls if state in (None, pull.state)), key=lambda pull: pull.number)

    def shown(self, item: Fields) -> PullRequest:
        """What an answer says of a pull request."""
        return shapes.pull_request(item, self._address.host)

    def complete(self, item: Fields) -> PullRequest:
        """The same with reviews, checks and contributors."""
        pull = self.shown(item)
        reviews, checks = self._reviews(pull.number), self._checks(pull.commit)
        return replace(pull, reviews=reviews, checks=checks, contributors=self._contributors(item))

    def item(self, number: int) -> Fields:
        """GitHub's answer about the pull request; UsageError where there is none of that number."""
        answer = self._http.get(f"{self._repo}/pulls/{number}", accept=(404,), needs=shapes.PULLS_READ)
        if answer.status == 404:
            self._http.get(self._repo, needs=shapes.METADATA_READ)  # is it the repository that is not there, or not for this token?
            raise UsageError(f"there is no pull request #{number} in {self._address.url}", hint="run: liftlock promote status")
        return answer.object()

    def _reviews(self, number: int) -> tuple[Review, ...]:
        items = self._http.pages(f"{self._repo}/pulls/{number}/reviews", params={"per_page": PER_PAGE}, needs=shapes.PULLS_READ)
        found = shapes.verdicts(items, self._address.host)
        approvers = [review.reviewer.login for review in found if review.approved and review.reviewer.login]
        return shapes.counted(found, [login for login in approvers if self._may_write(login)])

    def _may_write(self, login: str) -> bool:
        """Whether the account may write: on a public repository everybody can approve, and that must mean nothing."""
        path = f"{self._repo}/collaborators/{quote(login, safe='')}/permission"
        answer = self._http.get(path, accept=(404,), needs=shapes.METADATA_READ)
        return answer.status == 200 and shapes.may_write(answer.object())

    def statuses(self, commit: str) -> Sequence[Fields]:
        """The last word of each context; a commit that GitHub does not know is UsageError."""
        path = f"{self._repo}/commits/{commit}/status"
        answer = self._http.get(path, params={"per_page": PER_PAGE}, accept=(404, 422), needs=shapes.STATUSES_READ)
        if answer.status in (404, 422):
            raise UsageError(f"commit {commit[:12]} is not on GitHub, or not for this token", hint="push it first")
        return list(self._http.pages_from(answer, needs=shapes.STATUSES_READ, under="statuses"))

    def _checks(self, commit: str) -> tuple[Check, ...]:
        return shapes.merged_checks((*shapes.statuses(self.statuses(commit)), *self._check_runs(commit)))

    def _check_runs(self, commit: str) -> tuple[Check, ...]:
        """The check runs. A fine-grained token can never read them: that is said, and never taken for 'there are none'."""
        path = f"{self._repo}/commits/{commit}/check-runs"
        answer = self._http.get(path, params={"per_page": PER_PAGE, "filter": "latest"}, accept=(403,), needs=shapes.CHECKS_READ)
        if answer.status == 403:
            reason = f"this token may not read check runs; a GitHub App's token with {shapes.CHECKS_READ} or GITHUB_TOKEN may"
            self._note_once(f"GitHub: {reason}")
            return (Check(shapes.UNREADABLE_CHECKS, CheckState.PENDING, None, reason),)
        return shapes.check_runs(self._http.pages_from(answer, needs=shapes.CHECKS_READ, under="check_runs"))

    def _contributors(self, item: Fields) -> tuple[Identity, ...]:
        number, count = item.number("number"), item.number("commits")
        path = f"{self._repo}/pulls/{number}/commits"
        commits = list(self._http.pages(path, params={"per_page": PER_PAGE}, needs=shapes.PULLS_READ))
        if count > _COMMITS:
            raise IncompleteError(
                f"pull request #{number} has {count} commits; GitHub lists {_COMMITS}", hint="make it anew: liftlock promote open"
            )
        return shapes.contributors(commits, self._address.host)
