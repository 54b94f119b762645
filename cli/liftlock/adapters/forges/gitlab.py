"""The Forge port on GitLab, over its REST API. Acts as the account of the token, which needs the scope api.

Merge trains are not spoken to: with `queue`, a merge request is merged by GitLab when its pipeline has succeeded (auto-merge).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

from liftlock.adapters.forges import gitlab_shapes as shapes
from liftlock.adapters.forges.addresses import RepositoryAddress
from liftlock.adapters.forges.answers import Answer, Fields
from liftlock.adapters.forges.gitlab_shapes import NEEDS, Judged
from liftlock.adapters.forges.http import ForgeHttp, Params
from liftlock.adapters.forges.standing import require_open, require_open_at
from liftlock.core.errors import ConflictError, PolicyError, UsageError
from liftlock.core.ledger import Json
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState
from liftlock.core.project import MergeMethod

_LISTED = {None: "all", PullState.OPEN: "opened", PullState.MERGED: "merged", PullState.CLOSED: "closed"}
_STATES = {CheckState.PASSED: "success", CheckState.PENDING: "pending", CheckState.FAILED: "failed"}
_PAGE: Params = {"per_page": 100}
_NAMED = "merge request !"
_RECHECKS = 8
_DESCRIPTION = 255


class GitLabForge:
    """Forge port on one project of GitLab. method: squash or not; whether GitLab rebases is a setting of its project."""

    def __init__(
        self,
        http: ForgeHttp,
        address: RepositoryAddress,
        *,
        method: MergeMethod = MergeMethod.MERGE,
        queue: bool = False,
        notice: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http, self._address, self._method, self._queue = http, address, method, queue
        self._notice, self._sleep = notice, sleep
        self._project = f"/projects/{quote(address.path, safe='')}"

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All merge requests, or those in one state, by number; without reviews, checks and contributors."""
        params: Params = {"state": _LISTED[state], "order_by": "created_at", "sort": "asc", **_PAGE}
        pulls = [self._shown(item) for item in self._http.pages(f"{self._project}/merge_requests", params=params, needs=NEEDS)]
        return sorted((pull for pull in pulls if state in (None, pull.state)), key=lambda pull: pull.number)

    def pull(self, number: int) -> PullRequest:
        """The merge request with its reviews, checks and contributors."""
        item, path = self._item(number), self._path(number)
        pull = self._shown(item)
        judged = Judged(
            approvals=self._http.get(f"{path}/approvals", needs=NEEDS).object().objects("approved_by"),
            reviewers=self._http.get(f"{path}/reviewers", needs=NEEDS).objects(),
            notes=self._all(f"{path}/notes"),
            versions=self._all(f"{path}/versions"),
        )
        return replace(
            pull,
            reviews=shapes.verdicts(judged, self._address.host),
            checks=shapes.checks(self._statuses(pull.commit), item.maybe_object("head_pipeline")) if pull.commit else (),
            contributors=shapes.contributors(self._all(f"{path}/commits")),
        )

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        """A new merge request. Sent again where the answer is lost: GitLab itself lets no second one be open for the same branches."""
        self._require_openable(head, base)
        asked: dict[str, Json] = {
            "title": title,
            "description": shapes.plain(body),
            "source_branch": head,
            "target_branch": base,
            "remove_source_branch": True,
        }
        path = f"{self._project}/merge_requests"
        answer = self._http.send("POST", path, json=asked, accept=(400, 409, 422), needs=NEEDS, repeatable=True)
        if answer.status == 409:
            raise ConflictError(f"a merge request is open for {head} already: {answer.said}", hint=f"see {self._address.url}")
        if answer.status != 201:
            raise UsageError(
                f"GitLab opens no merge request from {head} into {base}: {answer.said}", hint=f"push it: git push origin {head}"
            )
        return self.pull(answer.object().number("iid"))

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same merge request with another title and description."""
        self._put(number, {"title": title, "description": shapes.plain(body)})
        return self.pull(number)

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict of the token's account on exactly this commit; `reviewer` only says who is expected."""
        pull, path = self._shown(self._item(number)), self._path(number)
        require_open_at(pull, commit, named=_NAMED)
        if approve:
            if self._http.send("POST", f"{path}/approve", json={"sha": commit}, accept=(401, 409), needs=NEEDS).status == 409:
                raise ConflictError(f"merge request !{number} has moved on from {commit[:12]}", hint="look at it again, then review it")
        else:
            self._http.send("POST", f"{path}/unapprove", accept=(401, 404), needs=NEEDS, repeatable=True)
            self._http.send("POST", f"{path}/notes", json={"body": shapes.rejection(commit)}, needs=NEEDS)
        judged = self.pull(number)
        if approve and not any(review.approved and review.commit == commit for review in judged.reviews):
            raise PolicyError(
                f"GitLab does not take this account's approval of !{number}", hint=f"its approval rules forbid it; see {pull.url}"
            )
        return judged

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges and deletes the head branch, or leaves it to GitLab's auto-merge; then it comes back open and queued."""
        pull = self._shown(self._item(number))
        if pull.state is PullState.MERGED or (pull.queued and pull.commit == commit and self._queue):
            return self.pull(number)
        require_open_at(pull, commit, named=_NAMED)
        if self._merge(pull, message):
            self._delete_branch(pull)
        return self.pull(number)

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes without merging, with the reason as note, and deletes the head branch."""
        pull = self._shown(self._item(number))
        if pull.state is PullState.CLOSED:
            return self.pull(number)
        require_open(pull, named=_NAMED)
        text = shapes.plain(reason)
        if all(note.text_or("body") != text for note in self._all(f"{self._path(number)}/notes")):  # else a run was cut off after it
            self._http.send("POST", f"{self._path(number)}/notes", json={"body": text}, needs=NEEDS)
        self._put(number, {"state_event": "close"})
        self._delete_branch(pull)
        return self.pull(number)

    def set_status(self, commit: str, check: Check) -> None:
        """Says on the commit what the check found, unless that is its last word already."""
        check = replace(check, description=check.description[:_DESCRIPTION])
        last = {item.text("name"): shapes.status(item) for item in self._statuses(commit)}
        if last.get(check.name) == check:
            return
        asked: dict[str, Json] = {"state": _STATES[check.state], "name": check.name, "description": check.description}
        path = f"{self._project}/statuses/{commit}"
        more: dict[str, Json] = {"target_url": check.url} if check.url else {}
        answer = self._http.send("POST", path, json=asked | more, accept=(400,), needs=NEEDS, repeatable=True)
        if answer.status == 400 and "transition" not in answer.said.lower():  # GitLab takes no second word of the same state
            raise UsageError(f"GitLab does not take the status of {commit[:12]}: {answer.said}", hint="is the commit pushed?")

    def describe(self) -> str:
        """Who answers, and that the account has a role that may merge; an error where not. What the token itself lacks shows in use."""
        permissions = self._http.get(self._project, needs=NEEDS).object().maybe_object("permissions")
        access = [permissions.maybe_object(name) for name in ("project_access", "group_access")] if permissions else []
        role = max((found.number("access_level") for found in access if found), default=None)
        if role is not None and role < shapes.DEVELOPER:
            raise UsageError(
                f"the token's account is less than a Developer of {self._address.url}", hint="give it the role, or use another"
            )
        return "GitLab, account may write"

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _shown(self, item: Fields) -> PullRequest:
        return shapes.merge_request(item, self._address.host)

    def _path(self, number: int) -> str:
        return f"{self._project}/merge_requests/{number}"

    def _all(self, path: str) -> Sequence[Fields]:
        return list(self._http.pages(path, params=_PAGE, needs=NEEDS))

    def _item(self, number: int) -> Fields:
        answer = self._http.get(self._path(number), accept=(404,), needs=NEEDS)
        if answer.status == 404:
            self._http.get(self._project, needs=NEEDS)  # is it the project that is not there, or not for this token?
            raise UsageError(f"there is no merge request !{number} in {self._address.url}", hint="run: liftlock promote status")
        return answer.object()

    def _put(self, number: int, changes: dict[str, Json]) -> Answer:
        answer = self._http.send("PUT", self._path(number), json=changes, accept=(404,), needs=NEEDS)
        if answer.status == 404:
            self._item(number)
        return answer

    def _statuses(self, commit: str) -> Sequence[Fields]:
        path = f"{self._project}/repository/commits/{commit}/statuses"
        answer = self._http.get(path, params=_PAGE, accept=(404,), needs=NEEDS)
        if answer.status == 404:
            raise UsageError(f"commit {commit[:12]} is not on GitLab, or not for this token", hint="push it first")
        return list(self._http.pages_from(answer, needs=NEEDS))

    def _require_openable(self, head: str, base: str) -> None:
        """GitLab opens merge requests without a change, too."""
        if self._branch(head) is None:
            raise UsageError(f"GitLab has no branch {head!r}", hint=f"push it: git push origin {head}")
        asked: Params = {"from": base, "to": head}
        compared = self._http.get(f"{self._project}/repository/compare", params=asked, accept=(404,), needs=NEEDS)
        if compared.status == 404:
            raise UsageError(f"GitLab has no branch {base!r}", hint="check forge.base in liftlock.yaml")
        if not compared.object().objects("commits"):
            raise UsageError(f"{base} has everything of {head} already: there is nothing to review")

    def _branch(self, name: str) -> str | None:
        """The commit that the branch is at; None where there is no such branch."""
        answer = self._http.get(f"{self._project}/repository/branches/{quote(name, safe='')}", accept=(404,), needs=NEEDS)
        return None if answer.status == 404 else answer.object().object("commit").text("id")

    def _merge(self, pull: PullRequest, message: str) -> bool:
        """Whether it is merged now; false where GitLab will do it."""
        squash = self._method is MergeMethod.SQUASH
        asked: dict[str, Json] = {"sha": pull.commit, "squash": squash, "should_remove_source_branch": True}
        asked |= {"squash_commit_message" if squash else "merge_commit_message": message}
        asked |= {"auto_merge": True, "merge_when_pipeline_succeeds": True} if self._queue else {}  # the latter is its name before 17.11
        for attempt in range(_RECHECKS):
            path = f"{self._path(pull.number)}/merge"
            answer = self._http.send("PUT", path, json=asked, accept=(401, 403, 405, 406, 409, 422), needs=NEEDS)
            item = self._item(pull.number)
            if item.text("state") == "merged":
                return True
            if answer.status == 200 and self._shown(item).queued:
                return False
            self._refuse(answer, item, pull, last=attempt == _RECHECKS - 1)
            self._sleep(0.5 * (1 + attempt))
        raise AssertionError("the last try returns or raises")

    def _refuse(self, answer: Answer, item: Fields, pull: PullRequest, *, last: bool) -> None:
        """Raises what the refusal means; returns where GitLab is still busy with the merge request."""
        if answer.status == 409 and "sha" in answer.said.lower():
            raise ConflictError(
                f"merge request !{pull.number} has changed on GitLab: {answer.said}", hint="look at it again, then merge it"
            )
        if answer.status in (401, 403):
            raise PolicyError(
                f"GitLab does not let this account merge into {pull.base}: {answer.said}",
                hint=f"see who may, in the settings of {pull.base}",
            )
        if last or not shapes.is_undecided(item):
            raise shapes.merge_refusal(item, pull, answer.said or "it cannot be merged")

    def _delete_branch(self, pull: PullRequest) -> None:
        """Deletes it, where it is ours and nobody has pushed to it since."""
        if ":" in pull.head or self._branch(pull.head) != pull.commit:
            return
        path = f"{self._project}/repository/branches/{quote(pull.head, safe='')}"
        answer = self._http.send("DELETE", path, accept=(403, 404), needs=NEEDS)
        if answer.status == 403:
            self._notice(f"GitLab keeps the branch {pull.head}: {answer.said}")
