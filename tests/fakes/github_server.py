"""GitHub's API for one repository, as far as liftlock asks it, with GitHub's own words where it says no.

What it answers is held against GitHub's own description in tests/forges/.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from liftlock.core.ports import Identity
from tests.fakes import github_objects as objects
from tests.fakes.forge_state import Account, ForgeState, GivenReview, GivenStatus, Pull, RefusedError
from tests.fakes.http_server import Asked, LoopbackServer, Said, page, serving
from tests.github_description import Described

PATH = "shop/environments"
GITHUB = Identity("GitHub", "noreply@github.com")
_OPENING = {
    "no branch": {"resource": "PullRequest", "field": "head", "code": "invalid"},
    "already exists": {"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for shop:{head}."},
    "no commits": {"resource": "PullRequest", "code": "custom", "message": "No commits between {base} and {head}"},
}


@dataclass
class FakeGitHub:
    """state: what it keeps. app: the public key of GitHub App 4711, where it is installed. granted: the permissions of that app.

    readers: tokens that may not read check runs, as fine-grained ones.
    """

    state: ForgeState
    app: RSAPublicKey | None = None
    granted: set[str] = field(default_factory=lambda: {"checks", "contents", "metadata", "pull_requests", "statuses"})
    blind: set[str] = field(default_factory=set)
    tokens_made: int = 0

    def __post_init__(self) -> None:
        repo = rf"/repos/{PATH}"
        self._routes: list[tuple[re.Pattern[str], Callable[..., Said]]] = [
            (re.compile(f"{method} {pattern}"), handle)
            for method, pattern, handle in (
                ("GET", repo, self._repository),
                ("GET", rf"{repo}/pulls", self._list),
                ("POST", rf"{repo}/pulls", self._open),
                ("GET", rf"{repo}/pulls/(\d+)", self._get),
                ("PATCH", rf"{repo}/pulls/(\d+)", self._patch),
                ("GET", rf"{repo}/pulls/(\d+)/reviews", self._reviews),
                ("POST", rf"{repo}/pulls/(\d+)/reviews", self._review),
                ("GET", rf"{repo}/pulls/(\d+)/commits", self._commits),
                ("PUT", rf"{repo}/pulls/(\d+)/merge", self._merge),
                ("GET", rf"{repo}/issues/(\d+)/comments", self._comments),
                ("POST", rf"{repo}/issues/(\d+)/comments", self._comment),
                ("DELETE", rf"{repo}/git/refs/heads/(.+)", self._delete),
                ("GET", rf"{repo}/commits/(\w+)/status", self._statuses),
                ("GET", rf"{repo}/commits/(\w+)/check-runs", self._check_runs),
                ("POST", rf"{repo}/statuses/(\w+)", self._status),
                ("GET", rf"{repo}/collaborators/([^/]+)/permission", self._permission),
                ("POST", "(?:/api)?/graphql", self._graphql),
            )
        ]

    def handle(self, asked: Asked) -> Said:
        """The answer to a request."""
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if asked.line == f"GET /repos/{PATH}/installation" or asked.path.startswith("/app/"):
            return self._as_app(asked, bearer)
        account = self.state.accounts.get(bearer)
        if account is None:
            return _no(401, "Bad credentials")
        for pattern, handle in self._routes:
            match = pattern.fullmatch(asked.line.replace("/api/v3/", "/"))
            if match:
                if asked.method != "GET" and account.permission not in ("admin", "write") and "/reviews" not in asked.path:
                    needed = {"x-accepted-github-permissions": "pull_requests=write"}
                    return Said(403, {"message": "Resource not accessible by personal access token", "status": "403"}, needed)
                return handle(asked, account, *match.groups())
        return _no(404, "Not Found")

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def _repository(self, asked: Asked, account: Account) -> Said:
        settings = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
        allowed = {name: method in self.state.methods for method, name in settings.items()}
        writes = account.permission in ("admin", "write")
        rights = {"admin": account.permission == "admin", "push": writes, "pull": True}
        return Said(200, {**objects.repository(PATH, asked.url), **allowed, "permissions": rights})

    def _list(self, asked: Asked, account: Account) -> Said:
        wanted = asked.query.get("state", "open")
        chosen = [pull for pull in self.state.all() if wanted == "all" or (pull.state == "open") == (wanted == "open")]
        base = self.state.branch("main") or ""
        return page(asked, chosen, show=lambda pull: objects.pull_in_list(base, pull, PATH, asked.url))

    def _get(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self.state.find(int(number))
        return Said(200, objects.pull_alone(self.state, pull, PATH, asked.url)) if pull else _no(404, "Not Found")

    def _reviews(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self._pull(number)
        return page(asked, [objects.review(given, pull, PATH, asked.url) for given in pull.reviews])

    def _commits(self, asked: Asked, account: Account, number: str) -> Said:
        people = {known.email: known for known in self.state.accounts.values()}
        return page(asked, [objects.commit(facts, people, PATH, asked.url) for facts in self.state.commits(self._pull(number))])

    def _comments(self, asked: Asked, account: Account, number: str) -> Said:
        said = enumerate(self._pull(number).comments)
        return page(asked, [objects.comment(index, who, text, at, PATH, asked.url) for index, (who, text, at) in said])

    def _statuses(self, asked: Asked, account: Account, commit: str) -> Said:
        if not self.state.has(commit):
            return _no(404, "Not Found")
        items = [objects.status(given, commit, asked.url, combined=True) for given in self.state.combined(commit)]
        return page(asked, items, wrap=lambda part: objects.combined_status(part, commit, PATH, asked.url, len(items)))

    def _check_runs(self, asked: Asked, account: Account, commit: str) -> Said:
        if account.token in self.blind:
            return _no(403, "Resource not accessible by personal access token")
        runs = enumerate(self.state.check_runs.get(commit, []))
        items = [objects.check_run(index, name, state, conclusion, commit, asked.url) for index, (name, state, conclusion) in runs]
        return page(asked, items, wrap=lambda part: {"total_count": len(items), "check_runs": part})

    def _permission(self, asked: Asked, account: Account, login: str) -> Said:
        found = next((known for known in self.state.accounts.values() if known.login == login), None)
        if found is None:
            return _no(404, f"{login} is not a user")
        user = objects.user(found, asked.url) | {"role_name": found.permission}
        return Said(200, {"permission": found.permission, "role_name": found.permission, "user": user})

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def _open(self, asked: Asked, account: Account) -> Said:
        wanted = asked.body
        try:
            pull = self.state.open(account, title=wanted["title"], body=wanted["body"], head=wanted["head"], base=wanted["base"])
        except RefusedError as err:
            error = {name: value.format(**wanted) for name, value in _OPENING[str(err)].items()}
            return Said(422, {"message": "Validation Failed", "errors": [error], "documentation_url": "x"})
        return Said(201, objects.pull_alone(self.state, pull, PATH, asked.url))

    def _patch(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self.state.find(int(number))
        if pull is None:
            return _no(404, "Not Found")
        pull.title, pull.body = asked.body.get("title", pull.title), asked.body.get("body", pull.body)
        if asked.body.get("state") == "closed" and pull.state == "open":
            pull.state, pull.closed_at = "closed", self.state.now()
        return self._get(asked, account, number)

    def _review(self, asked: Asked, account: Account, number: str) -> Said:
        pull = self._pull(number)
        if account.id == pull.author.id:
            errors = ["Can not approve your own pull request"]
            return Said(422, {"message": "Unprocessable Entity", "errors": errors, "documentation_url": "https://docs.github.com/rest"})
        state = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}[asked.body["event"]]
        given = GivenReview(self.state.next_id(), account, state, asked.body["commit_id"], self.state.now())
        pull.reviews.append(given)
        return Said(200, objects.review(given, pull, PATH, asked.url))

    def _merge(self, asked: Asked, account: Account, number: str) -> Said:
        pull, wanted = self._pull(number), asked.body
        if pull.state != "open":
            return _no(405, "Pull Request is not mergeable")
        if wanted["sha"] != pull.commit:
            return _no(409, "Head branch was modified. Review and try the merge again.")
        if self.state.rechecks:
            self.state.rechecks -= 1
            return _no(405, "Base branch was modified. Review and try the merge again.")
        if wanted["merge_method"] not in self.state.methods:
            named = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}[wanted["merge_method"]]
            return _no(405, f"{named} are not allowed on this repository.")
        if not self.state.mergeable(pull):
            return _no(405, "Pull Request is not mergeable")
        unmet = self.state.unmet(pull)
        if unmet or pull.base in self.state.queues:
            return _no(405, unmet or "Changes must be made through the merge queue")
        self._merged(pull, account, wanted["merge_method"], f"{wanted['commit_title']}\n\n{wanted['commit_message']}")
        return Said(200, {"merged": True, "message": "Pull Request successfully merged", "sha": pull.merge_commit})

    def _merged(self, pull: Pull, account: Account, method: str, message: str) -> None:
        self.state.merge(pull, account, method, message.strip(), GITHUB)

    def _comment(self, asked: Asked, account: Account, number: str) -> Said:
        at = self.state.now()
        self._pull(number).comments.append((account, asked.body["body"], at))
        return Said(201, objects.comment(1, account, asked.body["body"], at, PATH, asked.url))

    def _delete(self, asked: Asked, account: Account, branch: str) -> Said:
        return Said(204) if self.state.delete_branch(branch) else _no(422, "Reference does not exist")

    def _status(self, asked: Asked, account: Account, commit: str) -> Said:
        if not self.state.has(commit):
            return _no(422, f"No commit found for SHA: {commit}")
        wanted = asked.body
        given = GivenStatus(
            self.state.next_id(), wanted["context"], wanted["state"], wanted["description"], wanted["target_url"], self.state.now(), account
        )
        self.state.statuses.setdefault(commit, []).append(given)
        return Said(201, objects.status(given, commit, asked.url, combined=False))

    # --- the merge queue and auto-merge ----------------------------------------------------------------------------------------------

    def _graphql(self, asked: Asked, account: Account) -> Said:
        given = asked.body["variables"]
        number = given["number"] if "number" in given else int(given["id"].removeprefix("PR_"))
        pull = self._pull(number)
        if "mutation" in asked.body["query"]:
            return Said(200, self._handed(pull, given, account, queue="enqueuePullRequest" in asked.body["query"]))
        held = {"isInMergeQueue": pull.queued, "autoMergeRequest": {"enabledAt": "2026-03-01T09:00:00Z"} if pull.auto_merge else None}
        status = "BLOCKED" if self.state.unmet(pull) else "CLEAN"
        shown = {
            **held,
            "id": f"PR_{pull.number}",
            "headRefOid": pull.commit,
            "mergeStateStatus": status if self.state.mergeable(pull) else "DIRTY",
        }
        queue = {"id": "MQ_1"} if pull.base in self.state.queues else None
        return Said(200, {"data": {"repository": {"mergeQueue": queue, "pullRequest": shown, "ref": self._rules()}}})

    def _rules(self) -> dict[str, Any]:
        """Half of the required checks by a branch protection, half by a ruleset."""
        required = self.state.required
        rule = {"parameters": {"requiredStatusChecks": [{"context": name} for name in required[1::2]]}}
        return {"refUpdateRule": {"requiredStatusCheckContexts": required[::2]}, "rules": {"nodes": [{"parameters": {}}, rule]}}

    def _handed(self, pull: Pull, given: dict[str, Any], account: Account, *, queue: bool) -> dict[str, Any]:
        if given["commit"] != pull.commit:
            return _graphql_error("UNPROCESSABLE", "Expected head sha does not match the current head sha of the pull request.")
        if account.permission not in ("admin", "write"):
            return _graphql_error("FORBIDDEN", "Resource not accessible by personal access token")
        if queue:
            pull.queued = True
            return {"data": {"enqueuePullRequest": {"mergeQueueEntry": {"id": "MQE_1"}}}}
        if not self.state.auto_merge:
            return _graphql_error("UNPROCESSABLE", "Pull request Auto merge is not allowed for this repository")
        if self.state.unmet(pull) is None:
            return _graphql_error("UNPROCESSABLE", "Pull request Pull request is in clean status")
        pull.auto_merge = {"merge_method": given["method"].lower(), "commit_title": given["headline"], "commit_message": given["body"]}
        return {"data": {"enablePullRequestAutoMerge": {"pullRequest": {"id": f"PR_{pull.number}"}}}}

    def run_queue(self) -> None:
        """GitHub's own work: what is queued and may be merged is merged."""
        for pull in list(self.state.pulls.values()):
            if (pull.queued or pull.auto_merge) and pull.state == "open" and self.state.unmet(pull) is None:
                wanted = pull.auto_merge or {"merge_method": "merge", "commit_title": "Merge pull request", "commit_message": ""}
                self._merged(pull, pull.author, wanted["merge_method"], f"{wanted['commit_title']}\n\n{wanted['commit_message']}")

    # --- the App ---------------------------------------------------------------------------------------------------------------------

    def _as_app(self, asked: Asked, token: str) -> Said:
        if not self._is_signed(token):
            return _no(401, "A JSON web token could not be decoded")
        account = next(known for known in self.state.accounts.values() if known.login == "liftlock-app[bot]")
        if asked.method == "GET":
            return Said(200, objects.installation(account, 42, asked.url))
        if set(asked.body["permissions"]) - self.granted:
            return _no(422, "The permissions requested are not granted to this installation.")
        self.tokens_made += 1
        made = f"ghs_made{self.tokens_made}"
        self.state.accounts[made] = account
        ends = self.state.now() + timedelta(hours=1)
        return Said(201, {"token": made, "expires_at": objects.when(ends), "permissions": asked.body["permissions"]})

    def _is_signed(self, token: str) -> bool:
        text, _, signature = token.rpartition(".")
        if self.app is None or text.count(".") != 1:
            return False
        try:
            self.app.verify(_decoded(signature), text.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        header, claims = (json.loads(_decoded(part)) for part in text.split("."))
        return bool(header["alg"] == "RS256" and claims["iss"] == "4711" and 0 < claims["exp"] - claims["iat"] <= 600)

    def _pull(self, number: str | int) -> Pull:
        pull = self.state.find(int(number))
        assert pull is not None
        return pull


@contextmanager
def github(fake: FakeGitHub, described: Described | None = None) -> Iterator[LoopbackServer]:
    """The fake on loopback. described: what holds all that is said against GitHub's own description on its way."""
    if described is None:
        with serving(fake.handle) as server:
            server.public = server.url
            yield server
        return
    server = described.behind
    server.handle, server.public = fake.handle, described.url
    server.asked.clear()
    server.faults.clear()
    yield server


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _no(status: int, message: str) -> Said:
    return Said(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)})


def _graphql_error(kind: str, message: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"type": kind, "path": ["x"], "locations": [], "message": message}]}
