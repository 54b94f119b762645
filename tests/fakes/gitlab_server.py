"""GitLab's API for one project, as far as liftlock asks it: what we take GitLab to answer, not checked against a GitLab.

Shapes follow its REST API documentation (merge_requests, merge_request_approvals, notes, commits, branches, repositories) as far as we
could read it: for approvals that was an old edition. No description of the API that a machine could check was to be had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.forge_state import Account, ForgeState, GivenReview, GivenStatus, Pull, RefusedError
from tests.fakes.http_server import Asked, LoopbackServer, Said, page, serving
from tests.git_repositories import git

PATH = "team/shop/environments"


@dataclass
class FakeGitLab:
    """state: what it keeps. checking: how often a merge finds GitLab still looking. pipelines: number -> its pipeline's status.

    tells_moments: whether approvals say when they were given, as GitLab 18 does.
    """

    state: ForgeState
    checking: int = 0
    pipelines: dict[int, str] = field(default_factory=dict)
    requested: dict[int, dict[int, datetime]] = field(default_factory=dict)
    versions: dict[int, list[tuple[str, datetime]]] = field(default_factory=dict)
    tells_moments: bool = True

    def __post_init__(self) -> None:
        project = rf"/api/v4/projects/{PATH}"
        one = rf"{project}/merge_requests/(\d+)"
        self._routes: list[tuple[re.Pattern[str], Callable[..., Said]]] = [
            (re.compile(f"{method} {pattern}"), handle)
            for method, pattern, handle in (
                ("GET", project, self._project),
                ("GET", rf"{project}/merge_requests", self._list),
                ("POST", rf"{project}/merge_requests", self._open),
                ("GET", one, self._get),
                ("PUT", one, self._put),
                ("GET", rf"{one}/approvals", self._approvals),
                ("POST", rf"{one}/approve", self._approve),
                ("POST", rf"{one}/unapprove", self._unapprove),
                ("GET", rf"{one}/reviewers", self._reviewers),
                ("GET", rf"{one}/notes", self._notes),
                ("POST", rf"{one}/notes", self._note),
                ("GET", rf"{one}/versions", self._versions),
                ("GET", rf"{one}/commits", self._commits),
                ("PUT", rf"{one}/merge", self._merge),
                ("GET", rf"{project}/repository/compare", self._compare),
                ("GET", rf"{project}/repository/branches/(.+)", self._branch),
                ("DELETE", rf"{project}/repository/branches/(.+)", self._delete),
                ("GET", rf"{project}/repository/commits/(\w+)/statuses", self._statuses),
                ("POST", rf"{project}/statuses/(\w+)", self._status),
            )
        ]

    def handle(self, asked: Asked) -> Said:
        """The answer to a request."""
        account = self.state.accounts.get(asked.headers.get("private-token", ""))
        if account is None:
            return Said(401, {"message": "401 Unauthorized"})
        for pull in self.state.all():
            seen = self.versions.setdefault(pull.number, [])
            if not seen or seen[-1][0] != pull.commit:
                seen.append((pull.commit, self.state.now()))
        for pattern, handle in self._routes:
            match = pattern.fullmatch(asked.line)
            if match:
                if asked.method != "GET" and account.permission == "read":
                    said = "The request requires higher privileges than provided by the access token."
                    return Said(403, {"error": "insufficient_scope", "error_description": said, "scope": "api"})
                return handle(asked, account, *match.groups())
        return Said(404, {"message": "404 Not Found"})

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def _project(self, asked: Asked, account: Account) -> Said:
        level = {"guest": 10, "read": 20, "developer": 30}.get(account.permission, 40)
        permissions = {"project_access": None, "group_access": {"access_level": level, "notification_level": 3}}
        return Said(200, {"id": 1, "path_with_namespace": PATH, "default_branch": "main", "permissions": permissions})

    def _list(self, asked: Asked, account: Account) -> Said:
        wanted = asked.query.get("state", "all")
        chosen = [pull for pull in self.state.all() if wanted in ("all", _state(pull))]
        return page(asked, chosen, show=lambda pull: self._shown(pull, asked.url), default=20)

    def _get(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self.state.find(int(number))
        if pull is None:
            return Said(404, {"message": "404 Not found"})
        status = self.pipelines.get(pull.number)
        pipeline = {"id": 7, "sha": pull.commit, "source": "merge_request_event", "status": status, "web_url": "https://ci.example/7"}
        alone = {"has_conflicts": pull.state == "open" and not self.state.mergeable(pull), "head_pipeline": pipeline if status else None}
        return Said(200, {**self._shown(pull, asked.url), "detailed_merge_status": self._merge_status(pull), **alone})

    def _shown(self, pull: Pull, web: str) -> dict[str, Any]:
        return {
            "id": 9000 + pull.number,
            "iid": pull.number,
            "project_id": 1,
            "title": pull.title,
            "description": pull.body,
            "state": _state(pull),
            "created_at": when(pull.opened_at),
            "merged_at": when(pull.merged_at),
            "closed_at": when(pull.closed_at),
            "merge_user": user(pull.merged_by, web) if pull.merged_by else None,
            "merged_by": user(pull.merged_by, web) if pull.merged_by else None,
            "source_branch": pull.head,
            "target_branch": pull.base,
            "author": user(pull.author, web),
            "source_project_id": 2 if pull.fork else 1,
            "target_project_id": 1,
            "labels": pull.labels,
            "draft": False,
            "merge_when_pipeline_succeeds": pull.queued,
            "sha": pull.commit,
            "merge_commit_sha": pull.merge_commit,
            "squash_commit_sha": None,
            "web_url": f"{web}/{PATH}/-/merge_requests/{pull.number}",
        }

    def _merge_status(self, pull: Pull) -> str:
        if pull.state != "open":
            return "not_open"
        if self.checking:
            return "checking"
        if not self.state.mergeable(pull):
            return "conflict"
        if len(self._approved(pull)) < self.state.approvals:
            return "not_approved"
        return "mergeable" if self.pipelines.get(pull.number, "success") == "success" else "ci_still_running"

    def _approved(self, pull: Pull) -> dict[int, GivenReview]:
        last = {review.account.id: review for review in pull.reviews}
        return {number: review for number, review in last.items() if review.state == "approved"}

    def _approvals(self, asked: Asked, account: Account, number: str) -> Said:
        given = self._approved(self._pull(number)).values()
        moments = [{"approved_at": when(review.at)} if self.tells_moments else {} for review in given]
        by = [{"user": user(review.account, asked.url), **moment} for review, moment in zip(given, moments, strict=True)]
        return Said(200, {"approved": bool(by), "approvals_required": self.state.approvals, "approved_by": by})

    def _reviewers(self, asked: Asked, account: Account, number: str) -> Said:
        states = self.requested.get(int(number), {})
        people = [known for known in self.state.accounts.values() if known.id in states]
        shown = [{"user": user(known, asked.url), "state": "requested_changes", "created_at": when(states[known.id])} for known in people]
        return Said(200, shown)

    def _notes(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self._pull(number)
        said = [(who, text, at, False) for who, text, at in pull.comments]
        said += [(review.account, f"{review.state} this merge request", review.at, True) for review in pull.reviews]
        notes = sorted(said, key=lambda note: note[2], reverse=True)
        return page(asked, notes, show=lambda note: _note(note[0], note[1], note[2], note[3], asked.url), default=20)

    def _versions(self, asked: Asked, account: Account, number: str) -> Said:
        seen = list(enumerate(self.versions[int(number)], start=100))
        shown = [{"id": index, "head_commit_sha": commit, "created_at": when(at), "state": "collected"} for index, (commit, at) in seen]
        return page(asked, list(reversed(shown)), default=20)

    def _commits(self, asked: Asked, account: Account, number: str) -> Said:
        facts = [
            {
                "id": commit["sha"],
                "author_name": commit["author"],
                "author_email": commit["author_email"],
                "committer_name": commit["committer"],
                "committer_email": commit["committer_email"],
                "title": commit["message"],
            }
            for commit in self.state.commits(self._pull(number))
        ]
        return page(asked, facts, default=20)

    def _compare(self, asked: Asked, account: Account) -> Said:
        base, head = (self.state.branch(asked.query[name]) for name in ("from", "to"))
        if base is None or head is None:
            return Said(404, {"message": "404 Ref Not Found"})
        commits = git(self.state.bare, "rev-list", f"{base}..{head}").split()
        return Said(200, {"commits": [{"id": commit} for commit in commits], "diffs": []})

    def _branch(self, asked: Asked, account: Account, name: str) -> Said:
        commit = self.state.branch(name)
        return Said(200, {"name": name, "commit": {"id": commit}}) if commit else Said(404, {"message": "404 Branch Not Found"})

    def _statuses(self, asked: Asked, account: Account, commit: str) -> Said:
        if not self.state.has(commit):
            return Said(404, {"message": "404 Commit Not Found"})
        return page(asked, [_status(given, commit, asked.url) for given in self.state.combined(commit)], default=20)

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def _open(self, asked: Asked, account: Account) -> Said:
        wanted = asked.body
        try:
            pull = self.state.open(
                account, title=wanted["title"], body=wanted["description"], head=wanted["source_branch"], base=wanted["target_branch"]
            )
        except RefusedError as err:
            said = f"Another open merge request already exists for this source branch: !1 ({err})"
            return Said(409, {"message": [said]})
        return Said(201, self._shown(pull, asked.url))

    def _put(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self.state.find(int(number))
        if pull is None:
            return Said(404, {"message": "404 Not found"})
        pull.title, pull.body = asked.body.get("title", pull.title), asked.body.get("description", pull.body)
        if asked.body.get("state_event") == "close" and pull.state == "open":
            pull.state, pull.closed_at = "closed", self.state.now()
        return self._get(asked, account, number)

    def _approve(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self._pull(number)
        if asked.body["sha"] != pull.commit:
            return Said(409, {"message": "SHA does not match HEAD of source branch: " + pull.commit})
        if account.id in self._approved(pull) or account.permission == "guest":
            return Said(401, {"message": "401 Unauthorized"})
        pull.reviews.append(GivenReview(self.state.next_id(), account, "approved", pull.commit, self.state.now()))
        self.requested.get(pull.number, {}).pop(account.id, None)
        return Said(201, {"approved_by": []})

    def _unapprove(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self._pull(number)
        if account.id not in self._approved(pull):
            return Said(404, {"message": "404 Not Found"})
        pull.reviews.append(GivenReview(self.state.next_id(), account, "unapproved", pull.commit, self.state.now()))
        return Said(201)

    def _note(self, asked: Asked, account: Account, number: str) -> Said:
        pull, at, text = self._pull(number), self.state.now(), asked.body["body"]
        if re.search(r"^/request_changes", text, re.MULTILINE):
            self.requested.setdefault(pull.number, {})[account.id] = at
        kept = re.sub(r"^/\w+.*$", "", text, flags=re.MULTILINE).strip()
        pull.comments.append((account, kept, at))
        return Said(201, _note(account, kept, at, False, asked.url))

    def _merge(self, asked: Asked, account: Account, number: str) -> Said:
        pull, wanted = self._pull(number), asked.body
        if account.permission == "developer":
            return Said(401, {"message": "401 Unauthorized"})
        if pull.state != "open":
            return Said(405, {"message": "405 Method Not Allowed"})
        if wanted["sha"] != pull.commit:
            return Said(409, {"message": f"SHA does not match HEAD of source branch: {pull.commit}"})
        status = self._merge_status(pull)
        if self.checking:
            self.checking -= 1
        if status == "ci_still_running" and wanted.get("auto_merge"):
            pull.queued = True
            pull.auto_merge = {"message": wanted.get("merge_commit_message", "")}
            return Said(200, self._shown(pull, asked.url))
        if status != "mergeable":
            return Said(422 if status == "conflict" else 405, {"message": "Branch cannot be merged"})
        message = wanted["squash_commit_message" if wanted["squash"] else "merge_commit_message"]
        self._merged(pull, account, "squash" if wanted["squash"] else "merge", message)
        return Said(200, self._shown(pull, asked.url))

    def _merged(self, pull: Pull, account: Account, method: str, message: str) -> None:
        self.state.merge(pull, account, method, message, account.identity)

    def run_queue(self) -> None:
        """GitLab's own work: what waits for its pipeline is merged when that has succeeded."""
        for pull in list(self.state.pulls.values()):
            if pull.queued and pull.state == "open" and self._merge_status(pull) == "mergeable":
                self._merged(pull, pull.author, "merge", (pull.auto_merge or {})["message"])

    def _delete(self, asked: Asked, account: Account, branch: str) -> Said:
        return Said(204) if self.state.delete_branch(branch) else Said(404, {"message": "404 Branch Not Found"})

    def _status(self, asked: Asked, account: Account, commit: str) -> Said:
        wanted = asked.body
        last = {given.context: given.state for given in self.state.combined(commit)}
        if last.get(wanted["name"]) == wanted["state"] == "pending":
            return Said(
                400, {"message": 'Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via "enqueue")'}
            )
        given = GivenStatus(
            self.state.next_id(),
            wanted["name"],
            wanted["state"],
            wanted["description"],
            wanted.get("target_url"),
            self.state.now(),
            account,
        )
        self.state.statuses.setdefault(commit, []).append(given)
        return Said(201, _status(given, commit, asked.url))

    def _pull(self, number: str | int) -> Pull:
        pull = self.state.find(int(number))
        assert pull is not None
        return pull


@contextmanager
def gitlab(fake: FakeGitLab) -> Iterator[LoopbackServer]:
    """The fake on loopback."""
    with serving(fake.handle) as server:
        server.public = server.url
        yield server


def when(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") if moment else None


def user(account: Account, web: str) -> dict[str, Any]:
    facts = {"id": account.id, "username": account.login, "name": account.name, "state": "active", "locked": False}
    return {**facts, "avatar_url": None, "web_url": f"{web}/{account.login}"}


def _state(pull: Pull) -> str:
    return "opened" if pull.state == "open" else pull.state


def _note(account: Account, text: str, at: datetime, system: bool, web: str) -> dict[str, Any]:
    return {"id": 1, "body": text, "author": user(account, web), "created_at": when(at), "system": system, "noteable_type": "MergeRequest"}


def _status(given: GivenStatus, commit: str, web: str) -> dict[str, Any]:
    return {
        "id": given.id,
        "sha": commit,
        "ref": "topic",
        "status": given.state,
        "name": given.context,
        "target_url": given.target_url,
        "description": given.description,
        "created_at": when(given.at),
        "allow_failure": False,
        "author": user(given.account, web),
    }
