"""Gitea and Forgejo as forge. Acts as the account of the token, which needs the scope write:repository.

Of two that open a pull request for one branch in the same moment both may get one: the younger takes its own back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from liftlock.adapters.forges.gitea_answers import check_of, duplicate_of, pull_request, status_of, with_details
from liftlock.adapters.forges.gitea_api import GiteaApi
from liftlock.adapters.forges.gitea_merging import REFUSALS, MergeStyle, Verdict, judge_merge, merge_request, never_mergeable
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.core.errors import ConflictError, PolicyError, UsageError
from liftlock.core.ports import Check, Identity, PullRequest, PullState

_STATES = {None: "all", PullState.OPEN: "open", PullState.MERGED: "closed", PullState.CLOSED: "closed"}
_MERGE = MergeStyle()


class GiteaForge:
    """Forge port on one repository, `owner/name`."""

    def __init__(
        self,
        http: ForgeHttp,
        repository: str,
        style: MergeStyle = _MERGE,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = GiteaApi(http, repository)
        self._style = style
        self._sleep, self._now = sleep, now

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All pull requests by number, without their reviews, checks and contributors."""
        found = {pull.number: pull for pull in self._api.pulls(_STATES[state])}
        return [found[number] for number in sorted(found) if state in (None, found[number].state)]

    def pull(self, number: int) -> PullRequest:
        """The pull request with all that belongs to it."""
        pull, api = self._api.look(number), self._api
        commits = api.pages(f"/pulls/{number}/commits", {"files": "false", "verification": "false"})
        detailed = with_details(pull, api.pages(f"/pulls/{number}/reviews"), api.statuses(pull.commit) or (), commits)
        return replace(detailed, queued=self._style.queue and pull.state is PullState.OPEN and api.is_queued(number))

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        """A new pull request of the token's account."""
        api = self._api
        api.check_openable(head, base)
        made = api.send("POST", "/pulls", {"title": title, "body": body, "head": head, "base": base}, accept=(409,))
        if made.status == 409:
            same = (pull for pull in api.pulls("open") if (pull.head, pull.base) == (head, base))
            raise _already(head, next(same, None))
        pull = pull_request(made.object())
        older = duplicate_of(pull, api.newest_open())
        if older is None:
            return self.pull(pull.number)
        api.comment(pull.number, f"opened in the same moment as #{older.number}: {older.url}")
        api.close(pull.number)
        raise _already(head, older)

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same pull request with another title and body."""
        pull = self._api.look_open(number)
        if (pull.title, pull.body) != (title, body):
            self._api.send("PATCH", f"/pulls/{number}", {"title": title, "body": body}, repeatable=True)
        return self.pull(number)

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict of the token's account. PolicyError for its own pull request: Gitea takes no such review."""
        self._api.look_open(number, commit=commit)
        body = {"event": "APPROVED"} if approve else {"event": "REQUEST_CHANGES", "body": "Refused through liftlock."}
        answer = self._api.send("POST", f"/pulls/{number}/reviews", {**body, "commit_id": commit}, accept=(404, 422))
        if answer.status == 422 and "your own" in answer.said:
            said = f"pull request #{number} is of the token's own account, and the forge takes no review of one's own"
            raise PolicyError(said, hint="somebody else reviews it, with a token of their own")
        # Where somebody pushed in between, the verdict stays on the commit that was looked at, and that is said.
        self._api.look_open(number, commit=commit)
        if answer.status in (404, 422):
            raise ConflictError(f"pull request #{number} cannot be reviewed: {answer.said}", hint="look at it, then try again")
        return self.pull(number)

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges by the declared method, as the token's account, if the head still is `commit`."""
        ends, wait = self._now() + self._style.patience, 0.1
        while self._api.look(number).state is not PullState.MERGED:
            pull = self._api.look_open(number, commit=commit)
            verdict = self._ask_to_merge(pull, message)
            if verdict is Verdict.QUEUED:
                found = self.pull(number)
                return replace(found, queued=found.state is PullState.OPEN)
            if self._now() > ends:
                raise never_mergeable(pull, self._style.patience)
            if verdict is not Verdict.DONE:
                self._sleep(wait)
                wait = min(1.0, wait * 2)
        return self.pull(number)

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes it and deletes its branch; one that is closed already stays as it is."""
        if self._api.look(number).state is PullState.CLOSED:
            return self.pull(number)
        pull = self._api.look_open(number)
        self._api.comment_once(number, reason)
        self._api.close(number)
        self._api.delete_branch(pull)
        return self.pull(number)

    def set_status(self, commit: str, check: Check) -> None:
        """Says it on the commit, unless it is the latest word there already."""
        known = self._api.statuses(commit)
        if known is None:
            raise UsageError(f"commit {commit[:12]} is not on the forge", hint="push it first")
        if check not in map(check_of, known):
            self._api.send("POST", f"/statuses/{commit}", status_of(check), repeatable=True)

    def describe(self, base: str) -> str:
        """Version, and that the token may do what is needed; an error where it may not. Changes nothing."""
        version = self._api.version()
        self._api.check_may_write(base)
        return f"Gitea {version}, token may write"

    def _ask_to_merge(self, pull: PullRequest, message: str) -> Verdict:
        """Gitea's automatic merge is bound to no commit, but statuses are: without a required one a later push would be merged unseen."""
        if self._style.queue and not self._api.requires_checks(pull.base):
            raise PolicyError(
                f"forge.queue is on, but {pull.base} requires no status check: Gitea would merge whatever is pushed later",
                hint=f"protect {pull.base} with a required status, or take forge.queue out of liftlock.yaml",
            )
        body = merge_request(pull, message, self._style)
        answer = self._api.send("POST", f"/pulls/{pull.number}/merge", body, accept=REFUSALS)
        return judge_merge(pull, answer, self._style.method)


def _already(head: str, pull: PullRequest | None) -> ConflictError:
    which = f"pull request #{pull.number}" if pull else "a pull request"
    return ConflictError(f"{which} is open for {head} already", hint=f"see {pull.url}" if pull else "run the same command again")
