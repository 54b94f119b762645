"""The Forge port on GitHub and GitHub Enterprise Server, over the REST API; the merge queue and auto-merge in `github_queue`.

Not here: Git itself (branches are pushed before a pull request is opened) and who the token is (`github_tokens`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

from liftlock.adapters.forges import github_shapes as shapes
from liftlock.adapters.forges.addresses import RepositoryAddress
from liftlock.adapters.forges.answers import Answer
from liftlock.adapters.forges.credentials import Credentials
from liftlock.adapters.forges.github_pulls import PER_PAGE, GitHubPulls
from liftlock.adapters.forges.github_queue import GitHubQueue, Handed
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.adapters.forges.http_waits import Patience
from liftlock.adapters.forges.refusals import refusal
from liftlock.adapters.forges.standing import require_open, require_open_at
from liftlock.core.errors import ConflictError, PolicyError, UsageError
from liftlock.core.ledger import Json
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState
from liftlock.core.project import MergeMethod

_STATES = {CheckState.PASSED: "success", CheckState.PENDING: "pending", CheckState.FAILED: "failure"}
_RECHECKS = 6
_DESCRIPTION = 140


class GitHubForge:
    """Forge port on one repository of GitHub. queue: whether a merge is handed to GitHub's own merge queue or auto-merge."""

    def __init__(
        self,
        address: RepositoryAddress,
        api: str,
        credentials: Credentials,
        *,
        method: MergeMethod = MergeMethod.MERGE,
        queue: bool = False,
        notice: Callable[[str], None] = lambda _: None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address, self._method, self._notice, self._sleep = address, method, notice, sleep
        self._http = ForgeHttp("GitHub", api, credentials, headers=shapes.HEADERS, notice=notice, patience=patience, sleep=sleep)
        self._repo = f"/repos/{address.owner}/{address.name}"
        self._queue = GitHubQueue(self._http, address, graphql_address(api), method) if queue else None
        self._pulls = GitHubPulls(self._http, address, self._note_once)
        self._noted: set[str] = set()

    def close_connections(self) -> None:
        """Gives the connections back."""
        self._http.close()

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All pull requests, or those in one state, by number; without reviews, checks and contributors."""
        return self._pulls.listed(state)

    def pull(self, number: int) -> PullRequest:
        """The pull request with its reviews, checks and contributors."""
        item = self._pulls.item(number)
        pull = self._pulls.complete(item)
        if self._queue is not None and pull.state is PullState.OPEN and not pull.queued:
            return replace(pull, queued=self._queue.holds(number))
        return pull

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        """A new pull request. Sent again where the answer is lost: GitHub itself lets no second one be open for the same branches."""
        asked: dict[str, Json] = {"title": title, "body": body, "head": head, "base": base, "maintainer_can_modify": False}
        answer = self._http.send("POST", f"{self._repo}/pulls", json=asked, accept=(422,), needs=shapes.PULLS_WRITE, repeatable=True)
        if answer.status == 422:
            raise self._not_opened(answer, head, base)
        made = self._pulls.shown(answer.object())
        if made.author.login == shapes.ACTIONS_BOT:
            self._note_once(shapes.workflow_token_note(made.number, "opened"))
        return self.pull(made.number)

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same pull request with another title and body."""
        self._patch(number, {"title": title, "body": body})
        return self.pull(number)

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict of the token's account on exactly this commit; `reviewer` only says who is expected."""
        pull = self._open_at(number, commit)
        event = "APPROVE" if approve else "REQUEST_CHANGES"
        body = f"{'Approved' if approve else 'Changes requested'} at {commit[:12]} with liftlock"
        asked: dict[str, Json] = {"commit_id": commit, "event": event, "body": body}
        answer = self._http.send("POST", f"{self._repo}/pulls/{number}/reviews", json=asked, accept=(422,), needs=shapes.PULLS_WRITE)
        if answer.status == 422:
            raise PolicyError(f"GitHub does not take the review of #{number}: {answer.said}", hint=f"see {pull.url}")
        return self.pull(number)

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges and deletes the head branch, or hands it to GitHub's queue; then it comes back open and queued."""
        pull = self._now(number)
        if pull.state is PullState.MERGED:
            return self.pull(number)
        require_open_at(pull, commit)
        if self._queue is not None and self._queue.hand_over(pull, message) is Handed.QUEUED:
            return self.pull(number)
        self._merge_now(pull, message)
        self._delete_branch(pull)
        merged = self.pull(number)
        if merged.merged_by and merged.merged_by.login == shapes.ACTIONS_BOT:
            self._note_once(shapes.workflow_token_note(number, "merged"))
        return merged

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes without merging, with the reason as comment, and deletes the head branch."""
        pull = self._now(number)
        if pull.state is PullState.CLOSED:
            return self.pull(number)
        require_open(pull)
        self._comment(number, reason)
        closed = self._pulls.shown(self._patch(number, {"state": "closed"}).object())
        if closed.commit == pull.commit:  # else somebody has pushed in between, and what is there is not ours to delete
            self._delete_branch(closed)
        return self.pull(number)

    def set_status(self, commit: str, check: Check) -> None:
        """Says on the commit what the check found, unless that is its last word already."""
        check = replace(check, description=check.description[:_DESCRIPTION])
        if check in shapes.statuses(self._pulls.statuses(commit)):
            return
        asked: dict[str, Json] = {
            "state": _STATES[check.state],
            "context": check.name,
            "description": check.description,
            "target_url": check.url,
        }
        answer = self._http.send(
            "POST", f"{self._repo}/statuses/{commit}", json=asked, accept=(404, 422), needs=shapes.STATUSES_WRITE, repeatable=True
        )
        if answer.status == 422:
            raise UsageError(f"GitHub does not take the status of {commit[:12]}: {answer.said}", hint="is the commit pushed?")
        if answer.status == 404:
            raise refusal("GitHub", answer, shapes.STATUSES_WRITE)

    def describe(self) -> str:
        """Who answers, and that the account may write and merge as declared; an error where not. What the token lacks shows in use."""
        found = self._http.get(self._repo, needs=shapes.METADATA_READ).object()
        permissions = found.maybe_object("permissions")
        if permissions is not None and not permissions.flag("push"):
            raise UsageError(
                f"the token's account may not write to {self._address.url}", hint="give it the role Write there, or use another"
            )
        allowed = found.values.get(shapes.METHOD_SETTINGS[self._method])
        if allowed is False:
            raise PolicyError(
                f"{self._address.url} does not allow to {self._method.value}", hint="allow it in its settings, or set another forge.merge"
            )
        return "GitHub, account may write"

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _now(self, number: int) -> PullRequest:
        return self._pulls.shown(self._pulls.item(number))

    def _open_at(self, number: int, commit: str) -> PullRequest:
        pull = self._now(number)
        require_open_at(pull, commit)
        return pull

    def _patch(self, number: int, changes: dict[str, Json]) -> Answer:
        path = f"{self._repo}/pulls/{number}"
        answer = self._http.send("PATCH", path, json=changes, accept=(404, 422), needs=shapes.PULLS_WRITE, repeatable=True)
        if answer.status == 404:
            self._pulls.item(number)
            raise refusal("GitHub", answer, shapes.PULLS_WRITE)
        if answer.status == 422:
            raise UsageError(f"GitHub does not take the change of #{number}: {answer.said}", hint=f"see {self._address.url}/pull/{number}")
        return answer

    def _comment(self, number: int, text: str) -> None:
        """The comment, once: a run that was cut off before it closed the pull request has left it there."""
        path = f"{self._repo}/issues/{number}/comments"
        said = self._http.pages(path, params={"per_page": PER_PAGE}, needs=shapes.PULLS_READ)
        if all(comment.text_or("body") != text for comment in said):
            self._http.send("POST", path, json={"body": text}, needs=shapes.PULLS_WRITE)

    def _merge_now(self, pull: PullRequest, message: str) -> None:
        title, _, rest = message.partition("\n")
        asked: dict[str, Json] = {
            "sha": pull.commit,
            "merge_method": self._method.value,
            "commit_title": title,
            "commit_message": rest.strip("\n"),
        }
        for attempt in range(_RECHECKS):
            path = f"{self._repo}/pulls/{pull.number}/merge"
            answer = self._http.send(
                "PUT", path, json=asked, accept=(405, 409, 422), needs=f"{shapes.CONTENTS_WRITE}, {shapes.PULLS_WRITE}"
            )
            if answer.status == 200:
                return
            item = self._pulls.item(pull.number)
            if item.flag("merged"):  # by a try whose answer was lost, or by somebody else at the same moment
                return
            mergeable = None if item.values.get("mergeable") is None else item.flag("mergeable")
            if answer.status != 405 or attempt == _RECHECKS - 1 or not shapes.is_passing_trouble(answer, mergeable):
                raise shapes.merge_refusal(answer, pull, mergeable=mergeable, method=self._method.value)
            self._sleep(1 + attempt)

    def _delete_branch(self, pull: PullRequest) -> None:
        """Deletes it, where it is ours; a branch that is gone already is as it should be."""
        if ":" in pull.head:
            return
        path = f"{self._repo}/git/refs/{quote(f'heads/{pull.head}', safe='')}"
        answer = self._http.send("DELETE", path, accept=(404, 409, 422), needs=shapes.CONTENTS_WRITE)
        if answer.status != 204 and "does not exist" not in answer.said.lower():
            self._notice(f"GitHub keeps the branch {pull.head}: {answer.said or answer.status}")

    def _not_opened(self, answer: Answer, head: str, base: str) -> ConflictError | UsageError:
        said = answer.said
        if "already exists" in said.lower():
            return ConflictError(f"a pull request is open for {head} already: {said}", hint=f"see {self._address.url}/pulls")
        if "no commits between" in said.lower():
            return UsageError(f"{base} has everything of {head} already: there is nothing to review")
        return UsageError(f"GitHub opens no pull request from {head} into {base}: {said}", hint=f"push it: git push origin {head}")

    def _note_once(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            self._notice(text)


def graphql_address(api: str) -> str:
    """Where the GraphQL API is, beside the REST API."""
    return f"{api.removesuffix('/v3')}/graphql" if api.endswith("/api/v3") else f"{api}/graphql"
