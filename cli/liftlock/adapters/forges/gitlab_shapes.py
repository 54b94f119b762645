"""GitLab's objects as the forge port knows them. Pure: what was answered in, pull requests out.

The shapes follow GitLab's REST API documentation (merge_requests, merge_request_approvals, notes, commits); none was tried on a GitLab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.adapters.forges.answers import Fields
from liftlock.core.errors import ConflictError, LiftlockError, PolicyError
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState, Review

NEEDS = "the scope api, and the role Developer or Maintainer as the protected branch asks"
DEVELOPER = 30  # an access level, as GitLab numbers them
# What GitLab says while it has not made up its mind, or just has; and where the branches themselves are the reason.
_UNDECIDED = frozenset(
    {
        "checking",
        "unchecked",
        "preparing",
        "approvals_syncing",
        "cannot_be_merged_recheck",
        "cannot_be_merged_rechecking",
        "mergeable",
        "can_be_merged",
    }
)
_CONFLICTS = frozenset({"conflict", "broken_status", "need_rebase", "commits_status", "cannot_be_merged"})
_REFUSALS: Mapping[str, str] = {
    "not_approved": "its required approvals are missing",
    "ci_must_pass": "its pipeline must pass first",
    "ci_still_running": "its pipeline still runs",
    "status_checks_must_pass": "an external status check must pass first",
    "discussions_not_resolved": "it has unresolved threads",
    "requested_changes": "a reviewer requests changes",
    "draft_status": "it is a draft",
    "merge_request_blocked": "another merge request blocks it",
    "locked_paths": "somebody has locked a path of it",
}
_REJECTED = re.compile(r"Changes requested at (?P<commit>[0-9a-f]{40,64}) with liftlock")
_QUICK_ACTION = re.compile(r"^(\s*)/(?=[A-Za-z])", re.MULTILINE)


def identity(user: Fields, host: str) -> Identity:
    """The account, with the private address that GitLab gives it."""
    login = user.text("username")
    return Identity(user.text_or("name", login), f"{user.number('id')}-{login}@users.noreply.{host}", login)


def merge_request(item: Fields, host: str) -> PullRequest:
    """One merge request, as a list or a single answer has it; without reviews, checks and contributors."""
    state = {"merged": PullState.MERGED, "closed": PullState.CLOSED}.get(item.text("state"), PullState.OPEN)
    source, target = item.values.get("source_project_id"), item.number("target_project_id")
    branch, merged = item.text("source_branch"), state is PullState.MERGED
    merged_by = item.maybe_object("merge_user") or item.maybe_object("merged_by")
    made = item.maybe_text("merge_commit_sha") or item.maybe_text("squash_commit_sha") or item.maybe_text("sha")
    return PullRequest(
        number=item.number("iid"),
        title=item.text("title"),
        body=item.text_or("description"),
        head=branch if source == target else f"project-{source}:{branch}",  # a fork's branch is never taken for ours
        base=item.text("target_branch"),
        commit=item.text_or("sha"),
        author=identity(item.object("author"), host),
        state=state,
        url=item.text("web_url"),
        merge_commit=made if merged else None,
        labels=tuple(sorted(item.texts("labels"))),
        queued=state is PullState.OPEN and item.flag("merge_when_pipeline_succeeds"),
        opened_at=item.time("created_at"),
        merged_at=item.maybe_time("merged_at") if merged else None,
        merged_by=identity(merged_by, host) if merged and merged_by else None,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What GitLab tells of the verdicts. approvals: `approved_by`. reviewers: with their states. notes: all comments, system ones too.

    versions: of the diff, each with its head and the moment from which it was to be seen.
    """

    approvals: Sequence[Fields]
    reviewers: Sequence[Fields]
    notes: Sequence[Fields]
    versions: Sequence[Fields]


def verdicts(judged: Judged, host: str) -> tuple[Review, ...]:
    """One verdict of each person, by time.

    GitLab does not say which commit was approved, only when: it is the head of the version that was there then. Where even the moment is
    not told, the approval is of no commit, and so counts for none.
    """
    approved = {item.object("user").number("id"): _approval(item, judged, host) for item in judged.approvals}
    rejected = {review.reviewer.login: review for review in (*_requests(judged, host), *_rejections(judged.notes, host))}
    logins = {review.reviewer.login for review in approved.values()}
    found = [*approved.values(), *(review for login, review in rejected.items() if login not in logins)]
    return tuple(sorted(found, key=lambda review: review.at))


def _approval(item: Fields, judged: Judged, host: str) -> Review:
    user = item.object("user")
    at = item.maybe_time("approved_at") or _said_at(judged.notes, user, "approved this merge request")
    commit = _head_at(judged.versions, at) if at else ""
    return Review(identity(user, host), True, commit, at or datetime.fromisoformat("1970-01-01T00:00:00+00:00"))


def _requests(judged: Judged, host: str) -> Iterable[Review]:
    """Changes that reviewers request by GitLab's own button: of the head, whenever that was, until they say otherwise."""
    head = max(judged.versions, key=lambda version: version.number("id"), default=None)
    for item in judged.reviewers:
        if item.text_or("state") == "requested_changes":
            at = _said_at(judged.notes, item.object("user"), "requested changes") or item.time("created_at")
            yield Review(identity(item.object("user"), host), False, head.text("head_commit_sha") if head else "", at)


def _rejections(notes: Iterable[Fields], host: str) -> Iterable[Review]:
    """Changes that were requested through liftlock, which names the commit in its note."""
    for note in sorted(notes, key=lambda note: note.time("created_at")):
        match = _REJECTED.match(note.text_or("body"))
        if match and not note.flag("system"):
            yield Review(identity(note.object("author"), host), False, match["commit"], note.time("created_at"))


def rejection(commit: str) -> str:
    """The note with which liftlock requests changes; the last line is GitLab's own way, where it knows it."""
    return f"Changes requested at {commit} with liftlock\n\n/request_changes"


def _said_at(notes: Iterable[Fields], user: Fields, text: str) -> datetime | None:
    """When GitLab last noted that of the person."""
    number = user.number("id")
    said = [note for note in notes if note.flag("system") and note.text_or("body").startswith(text)]
    return max((note.time("created_at") for note in said if note.object("author").number("id") == number), default=None)


def _head_at(versions: Iterable[Fields], moment: datetime) -> str:
    shown = [version for version in versions if version.time("created_at") <= moment]
    return max(shown, key=lambda version: version.number("id")).text("head_commit_sha") if shown else ""


def checks(items: Iterable[Fields], pipeline: Fields | None) -> tuple[Check, ...]:
    """The last word of each job and external status of the commit, and of the merge request's own pipeline, by name."""
    last: dict[str, Fields] = {}
    for item in sorted(items, key=lambda item: item.number("id")):
        last[item.text("name")] = item
    found = {name: status(item) for name, item in last.items()}
    if pipeline is not None and pipeline.text_or("source") != "external":  # an external one consists of statuses like ours alone
        found.setdefault("pipeline", Check("pipeline", _state(pipeline.text("status"), optional=False), pipeline.maybe_text("web_url")))
    return tuple(found[name] for name in sorted(found))


def status(item: Fields) -> Check:
    """A commit status or job as check."""
    state = _state(item.text("status"), optional=item.flag("allow_failure"))
    return Check(item.text("name"), state, item.maybe_text("target_url"), item.text_or("description"))


def _state(said: str, *, optional: bool) -> CheckState:
    if said == "success" or optional:
        return CheckState.PASSED
    return CheckState.FAILED if said in ("failed", "canceled") else CheckState.PENDING


def contributors(commits: Iterable[Fields]) -> tuple[Identity, ...]:
    """Authors and committers of the commits; GitLab tells their addresses, not their accounts."""
    found: dict[str, Identity] = {}
    for commit in commits:
        for role in ("author", "committer"):
            name, email = commit.text_or(f"{role}_name"), commit.text_or(f"{role}_email")
            if name and email:
                found.setdefault(email.casefold(), Identity(name, email))
    return tuple(found.values())


def is_undecided(item: Fields) -> bool:
    """Whether trying again may do: GitLab has yet to find out if the merge request can be merged, has just found out, or is merging it."""
    return _merge_status(item) in _UNDECIDED or item.text("state") == "locked"


def merge_refusal(item: Fields, pull: PullRequest, said: str) -> LiftlockError:
    """Why GitLab does not merge, as the way to recover."""
    word = _merge_status(item)
    if word in _CONFLICTS or item.flag("has_conflicts"):
        return ConflictError(
            f"merge request !{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
        )
    reason = _REFUSALS.get(word, f"{said} ({word})")
    return PolicyError(f"GitLab does not merge !{pull.number}: {reason}", hint=f"its rules for {pull.base} are not met; see {pull.url}")


def plain(text: str) -> str:
    """Text in which GitLab finds no quick action: a line that begins with a slash would be one, whoever wrote it."""
    return _QUICK_ACTION.sub(r"\1\\/", text)


def _merge_status(item: Fields) -> str:
    return item.text_or("detailed_merge_status") or item.text_or("merge_status", "unchecked")
