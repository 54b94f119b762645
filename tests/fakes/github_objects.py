"""GitHub's objects with all their required fields; tests/forges/test_github_contract.py holds them against GitHub's own description."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.fakes.forge_state import Account, ForgeState, GivenReview, GivenStatus, Pull

Object = dict[str, Any]
_USER_URLS = "avatar events followers following gists html organizations received_events repos starred subscriptions"
_REPOSITORY_URLS = (
    "archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks "
    "git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls "
    "releases stargazers statuses subscribers subscription tags teams trees svn"
)
_PULL_URLS = "comments commits diff issue patch review_comment review_comments statuses"
_COUNTS = "forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count network_count subscribers_count"
_FLAGS = "has_downloads has_issues has_projects has_wiki has_pages has_discussions archived disabled fork"
OWNER = Account("shop", 1, "Shop", "shop@shop.example", "")


def when(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def user(account: Account, web: str) -> Object:
    own = f"{web}/users/{quote(account.login)}"
    urls = {f"{name}_url": f"{own}/{name}" for name in _USER_URLS.split()}
    kind = "Bot" if account.login.endswith("[bot]") else "User"
    facts = {"login": account.login, "id": account.id, "node_id": f"U_{account.id}", "gravatar_id": "", "type": kind}
    return {**urls, **facts, "site_admin": False, "url": own}


def repository(path: str, web: str, *, number: int = 1) -> Object:
    owner, _, name = path.partition("/")
    urls = {f"{part}_url": f"{web}/repos/{path}/{part}" for part in _REPOSITORY_URLS.split()}
    plain = {"html_url": f"{web}/{path}", "url": f"{web}/repos/{path}", "clone_url": f"{web}/{path}.git", "git_url": f"git://{path}"}
    moments = dict.fromkeys(("created_at", "updated_at", "pushed_at"), "2026-03-01T09:00:00Z")
    nothing = dict.fromkeys(("description", "homepage", "language", "mirror_url", "license"))
    return {
        **urls,
        **plain,
        **moments,
        **nothing,
        **dict.fromkeys(_COUNTS.split(), 0),
        **dict.fromkeys(_FLAGS.split(), False),
        "ssh_url": f"git@{path}",
        "id": number,
        "node_id": f"R_{number}",
        "name": name,
        "full_name": path,
        "owner": user(OWNER, web) | {"login": owner},
        "private": True,
        "default_branch": "main",
    }


def pull_in_list(base_sha: str, pull: Pull, path: str, web: str) -> Object:
    owner = path.partition("/")[0]
    own = repository(path, web)
    theirs = repository("mallory/fork", web, number=2) if pull.fork else own
    at = f"{web}/repos/{path}/pulls/{pull.number}"
    links = "comments commits statuses html issue review_comments review_comment self"
    head_owner = "mallory" if pull.fork else owner
    return {
        **{f"{name}_url": f"{at}/{name}" for name in _PULL_URLS.split()},
        "url": at,
        "html_url": f"{web}/{path}/pull/{pull.number}",
        "_links": {name: {"href": f"{at}/{name}"} for name in links.split()},
        "id": 9000 + pull.number,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "state": "open" if pull.state == "open" else "closed",
        "locked": False,
        "title": pull.title,
        "body": pull.body or None,
        "user": user(pull.author, web),
        "assignee": None,
        "milestone": None,
        "labels": [_label(name, web) for name in pull.labels],
        "created_at": when(pull.opened_at),
        "updated_at": when(pull.opened_at),
        "closed_at": when(pull.closed_at),
        "merged_at": when(pull.merged_at),
        "merge_commit_sha": pull.merge_commit or "f" * 40,
        "author_association": "MEMBER",
        "auto_merge": _auto_merge(pull, web),
        "head": {"label": f"{head_owner}:{pull.head}", "ref": pull.head, "sha": pull.commit, "user": user(OWNER, web), "repo": theirs},
        "base": {"label": f"{owner}:{pull.base}", "ref": pull.base, "sha": base_sha, "user": user(OWNER, web), "repo": own},
    }


def pull_alone(state: ForgeState, pull: Pull, path: str, web: str) -> Object:
    open_now = pull.state == "open"
    mergeable = state.mergeable(pull) if open_now else None
    blocked = "blocked" if open_now and state.unmet(pull) else "clean"
    return {
        **pull_in_list(state.branch(pull.base) or pull.commit, pull, path, web),
        **dict.fromkeys(("additions", "changed_files", "deletions", "review_comments"), 1),
        "comments": len(pull.comments),
        "commits": len(state.commits(pull)),
        "mergeable": mergeable,
        "mergeable_state": "dirty" if mergeable is False else blocked,
        "merged": pull.state == "merged",
        "merged_by": user(pull.merged_by, web) if pull.merged_by else None,
        "maintainer_can_modify": False,
    }


def review(given: GivenReview, pull: Pull, path: str, web: str) -> Object:
    at = f"{web}/repos/{path}/pulls/{pull.number}"
    return {
        "id": given.id,
        "node_id": f"PRR_{given.id}",
        "user": user(given.account, web),
        "body": "",
        "state": given.state,
        "commit_id": given.commit,
        "submitted_at": when(given.at),
        "html_url": f"{web}/{path}/pull/{pull.number}#review-{given.id}",
        "pull_request_url": at,
        "_links": {"html": {"href": at}, "pull_request": {"href": at}},
        "author_association": "MEMBER",
    }


def status(given: GivenStatus, commit: str, web: str, *, combined: bool) -> Object:
    facts = {
        "id": given.id,
        "node_id": f"SC_{given.id}",
        "url": f"{web}/statuses/{commit}",
        "avatar_url": f"{web}/avatar",
        "state": given.state,
        "description": given.description,
        "target_url": given.target_url,
        "context": given.context,
        "created_at": when(given.at),
        "updated_at": when(given.at),
    }
    return facts if combined else facts | {"creator": user(given.account, web)}


def combined_status(items: list[Object], commit: str, path: str, web: str, total: int) -> Object:
    at = f"{web}/repos/{path}/commits/{commit}"
    return {
        "state": "success",
        "sha": commit,
        "total_count": total,
        "statuses": items,
        "repository": repository(path, web),
        "commit_url": at,
        "url": f"{at}/status",
    }


def check_run(number: int, name: str, state: str, conclusion: str | None, commit: str, web: str) -> Object:
    return {
        "id": number,
        "node_id": f"CR_{number}",
        "head_sha": commit,
        "name": name,
        "url": f"{web}/check-runs/{number}",
        "html_url": f"{web}/runs/{number}",
        "details_url": f"{web}/runs/{number}",
        "external_id": "",
        "status": state,
        "conclusion": conclusion,
        "started_at": "2026-03-01T09:00:00Z",
        "completed_at": "2026-03-01T09:01:00Z" if conclusion else None,
        "check_suite": {"id": 5},
        "output": {"title": None, "summary": None, "text": None, "annotations_count": 0, "annotations_url": f"{web}/annotations"},
        "app": None,
        "pull_requests": [],
    }


def commit(facts: dict[str, str], people: dict[str, Account], path: str, web: str) -> Object:
    at = f"{web}/repos/{path}/commits/{facts['sha']}"
    found = {role: people.get(facts[f"{role}_email"]) for role in ("author", "committer")}
    moment = "2026-03-01T09:00:00Z"
    signed = {role: {"name": facts[role], "email": facts[f"{role}_email"], "date": moment} for role in ("author", "committer")}
    tree = {"sha": facts["tree"], "url": f"{web}/trees/{facts['tree']}"}
    return {
        "url": at,
        "sha": facts["sha"],
        "node_id": f"C_{facts['sha']}",
        "html_url": at,
        "comments_url": f"{at}/comments",
        "commit": {**signed, "comment_count": 0, "message": facts["message"], "tree": tree, "url": at},
        **{role: user(account, web) if account else None for role, account in found.items()},
        "parents": [{"sha": parent, "url": at, "html_url": at} for parent in facts["parents"].split()],
    }


def comment(number: int, account: Account, text: str, at: datetime, path: str, web: str) -> Object:
    place = f"{web}/repos/{path}/issues/comments/{number}"
    facts = {"id": number, "node_id": f"IC_{number}", "body": text, "user": user(account, web)}
    return {**facts, "url": place, "html_url": place, "issue_url": place, "created_at": when(at), "updated_at": when(at)}


def installation(account: Account, number: int, web: str) -> Object:
    urls = dict.fromkeys(("access_tokens_url", "html_url", "repositories_url"), f"{web}/app/installations/{number}")
    return {
        **urls,
        "id": number,
        "app_id": 4711,
        "app_slug": "liftlock",
        "target_id": 1,
        "target_type": "Organization",
        "single_file_name": None,
        "repository_selection": "selected",
        "events": [],
        "account": user(account, web),
        "permissions": {"contents": "write"},
        "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-01T09:00:00Z",
        "suspended_by": None,
        "suspended_at": None,
    }


def _label(name: str, web: str) -> Object:
    facts = {"id": 1, "node_id": "L_1", "name": name, "color": "ffffff", "default": False, "description": ""}
    return {**facts, "url": f"{web}/labels/{name}"}


def _auto_merge(pull: Pull, web: str) -> Object | None:
    if pull.auto_merge is None:
        return None
    return {"enabled_by": user(pull.author, web), "merge_method": "merge", "commit_title": "x", "commit_message": "x"} | pull.auto_merge
