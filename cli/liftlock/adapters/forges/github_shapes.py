"""GitHub's objects as the forge port knows them. Pure: what was answered in, pull requests out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from liftlock.adapters.forges.answers import Answer, Fields
from liftlock.core.errors import ConflictError, LiftlockError, PolicyError
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState, Review
from liftlock.core.project import MergeMethod

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# What GitHub calls a permission in the settings of tokens and apps.
PULLS_READ, PULLS_WRITE = "Pull requests: read", "Pull requests: write"
CONTENTS_WRITE = "Contents: write"
STATUSES_READ, STATUSES_WRITE = "Commit statuses: read", "Commit statuses: write"
CHECKS_READ, METADATA_READ = "Checks: read", "Metadata: read"

# The repository's settings of what its button may do.
METHOD_SETTINGS = {
    MergeMethod.MERGE: "allow_merge_commit",
    MergeMethod.SQUASH: "allow_squash_merge",
    MergeMethod.REBASE: "allow_rebase_merge",
}
ACTIONS_BOT = "github-actions[bot]"
UNREADABLE_CHECKS = "check runs"
_STATUSES = {"success": CheckState.PASSED, "pending": CheckState.PENDING}
_CONCLUSIONS = {"success": CheckState.PASSED, "neutral": CheckState.PASSED, "skipped": CheckState.PASSED}
_PASSING_TROUBLES = ("base branch was modified", "merge already in progress")
_WORST = (CheckState.FAILED, CheckState.PENDING, CheckState.PASSED)


def identity(user: Fields | None, host: str) -> Identity:
    """The account, with the no-reply address that GitHub gives it; `ghost` is what GitHub calls an account that is gone."""
    if user is None:
        return Identity("ghost", f"ghost@users.noreply.{host}", "ghost")
    login = user.text("login")
    return Identity(login, f"{user.number('id')}+{login}@users.noreply.{host}", login)


def pull_request(item: Fields, host: str) -> PullRequest:
    """One pull request, as a list or a single answer has it; without reviews, checks and contributors."""
    head, base = item.object("head"), item.object("base")
    merged_at = item.maybe_time("merged_at")
    closed = PullState.MERGED if merged_at else PullState.CLOSED
    merged_by = item.maybe_object("merged_by")
    return PullRequest(
        number=item.number("number"),
        title=item.text("title"),
        body=item.text_or("body"),
        head=head.text("ref") if _same_repository(head, base) else head.text("label"),
        base=base.text("ref"),
        commit=head.text("sha"),
        author=identity(item.maybe_object("user"), host),
        state=PullState.OPEN if item.text("state") == "open" else closed,
        url=item.text("html_url"),
        merge_commit=item.maybe_text("merge_commit_sha") if merged_at else None,
        labels=tuple(sorted(label.text("name") for label in item.objects("labels"))),
        queued=not merged_at and item.text("state") == "open" and item.maybe_object("auto_merge") is not None,
        opened_at=item.time("created_at"),
        merged_at=merged_at,
        merged_by=identity(merged_by, host) if merged_by else None,
    )


def _same_repository(head: Fields, base: Fields) -> bool:
    """A fork's branch is never taken for a branch of ours: it is named OWNER:BRANCH."""
    of = head.maybe_object("repo")
    return of is not None and of.number("id") == base.object("repo").number("id")


def verdicts(reviews: Iterable[Fields], host: str) -> tuple[Review, ...]:
    """The latest verdict of each person, by time. A comment is none; what was dismissed counts no more, nor what it replaced."""
    last: dict[int, Review | None] = {}
    for item in reviews:  # GitHub lists them by time
        user, state = item.maybe_object("user"), item.text("state").upper()
        if user is None or state not in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            continue
        commit = item.maybe_text("commit_id")
        given = Review(identity(user, host), state == "APPROVED", commit or "", item.time("submitted_at")) if state != "DISMISSED" else None
        last[user.number("id")] = given
    return tuple(sorted((review for review in last.values() if review), key=lambda review: review.at))


def statuses(items: Iterable[Fields]) -> tuple[Check, ...]:
    """Commit statuses, of which GitHub keeps the latest by context."""
    return tuple(
        Check(
            item.text("context"),
            _STATUSES.get(item.text("state"), CheckState.FAILED),
            item.maybe_text("target_url"),
            item.text_or("description"),
        )
        for item in items
    )


def check_runs(items: Iterable[Fields]) -> tuple[Check, ...]:
    """Check runs: one that is not completed is pending, and only success, neutral and skipped have passed."""
    return tuple(Check(item.text("name"), _run_state(item), item.maybe_text("html_url"), _run_title(item)) for item in items)


def merged_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """By name. Of several with one name (two apps may use the same) the worst counts."""
    found: dict[str, Check] = {}
    for check in checks:
        other = found.get(check.name)
        if other is None or _WORST.index(check.state) < _WORST.index(other.state):
            found[check.name] = check
    return tuple(found[name] for name in sorted(found))


def contributors(commits: Iterable[Fields], host: str) -> tuple[Identity, ...]:
    """The accounts behind the authors and committers of the commits; nobody where GitHub knows no account for the address."""
    found: dict[int, Identity] = {}
    for commit in commits:
        for role in ("author", "committer"):
            user = commit.maybe_object(role)
            if user is not None and user.values:  # an empty object is what GitHub sends for an address without account
                found.setdefault(user.number("id"), identity(user, host))
    return tuple(found.values())


def workflow_token_note(number: int, done: str) -> str:
    """What a person should know where a workflow's own token did it."""
    return (
        f"#{number} was {done} with GITHUB_TOKEN, for which GitHub starts no other workflow: no check and no deployment comes of it by "
        "itself; ways out: a GitHub App's token, workflows that call each other, workflow_dispatch (docs/forges.md, GITHUB_TOKEN)"
    )


def is_passing_trouble(answer: Answer, mergeable: bool | None) -> bool:
    """Whether GitHub refuses a merge only because it is busy with the pull request."""
    said = answer.said.lower()
    return any(words in said for words in _PASSING_TROUBLES) or mergeable is None


def merge_refusal(answer: Answer, pull: PullRequest, *, mergeable: bool | None, method: str) -> LiftlockError:
    """Why GitHub does not merge (405, 409, 422), as the way to recover."""
    said = answer.said or "it cannot be merged"
    if answer.status == 409:
        return ConflictError(f"pull request #{pull.number} has changed on GitHub: {said}", hint="look at it again, then merge it")
    if mergeable is False:
        return ConflictError(
            f"pull request #{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
        )
    if "merges are not allowed" in said.lower() or "merge commits are not allowed" in said.lower():
        return PolicyError(
            f"GitHub does not allow this: {said}", hint=f"forge.merge in liftlock.yaml is {method}; allow it, or choose another"
        )
    return PolicyError(
        f"GitHub does not merge pull request #{pull.number}: {said}", hint=f"its rules for {pull.base} are not met; see {pull.url}"
    )


def may_write(permission: Fields) -> bool:
    """Whether the answer about a collaborator lets that one write; GitHub says `write` for maintainers and `read` for triage here."""
    return permission.text("permission") in ("admin", "write")


def counted(reviews: Iterable[Review], writers: Collection[str]) -> tuple[Review, ...]:
    """An approval counts only of those who may write; a request for changes always does."""
    return tuple(review for review in reviews if not review.approved or review.reviewer.login in writers)


def _run_state(item: Fields) -> CheckState:
    if item.text("status") != "completed":
        return CheckState.PENDING
    return _CONCLUSIONS.get(item.text_or("conclusion"), CheckState.FAILED)


def _run_title(item: Fields) -> str:
    output = item.maybe_object("output")
    return output.text_or("title") if output else ""
