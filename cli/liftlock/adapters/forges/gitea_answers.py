"""What Gitea and Forgejo say, as the values of the Forge port. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from liftlock.adapters.forges.answers import Fields
from liftlock.core.ledger import Json
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState, Review

_VERDICTS = {"APPROVED": True, "REQUEST_CHANGES": False}
# A state that is not known here keeps the merge waiting, as a missing one does.
_STATES = {
    "success": CheckState.PASSED,
    "skipped": CheckState.PASSED,
    "pending": CheckState.PENDING,
    "error": CheckState.FAILED,
    "failure": CheckState.FAILED,
    "warning": CheckState.FAILED,
}
_WORDS = {CheckState.PASSED: "success", CheckState.PENDING: "pending", CheckState.FAILED: "failure"}


def identity(user: Fields | None) -> Identity:
    """The account; one that was deleted has no address."""
    if user is None:
        return Identity("Ghost", "ghost@noreply.invalid")
    login = user.text("login")
    return Identity(user.text_or("full_name") or login, user.text_or("email") or f"{login}@noreply.invalid", login)


def pull_request(found: Fields) -> PullRequest:
    """One pull request without its reviews, checks and contributors. A branch of a fork is named with its owner, so it is never ours."""
    head, base = found.object("head"), found.object("base")
    merged = found.flag("merged")
    # The base holds the head without a merge of Gitea's: somebody pushed it there.
    landed = not merged and found.text("state") == "open" and found.text_or("merge_base") == head.text("sha")
    state = PullState.MERGED if merged or landed else PullState.OPEN if found.text("state") == "open" else PullState.CLOSED
    return PullRequest(
        number=found.number("number"),
        title=found.text("title"),
        body=found.text_or("body"),
        head=_branch(head, base),
        base=base.text("label"),
        commit=head.text("sha"),
        author=identity(found.maybe_object("user")),
        state=state,
        url=found.text("html_url"),
        merge_commit=found.maybe_text("merge_commit_sha") if merged else head.text("sha") if landed else None,
        labels=tuple(sorted(label.text("name") for label in found.objects("labels"))),
        opened_at=found.maybe_time("created_at"),
        merged_at=found.maybe_time("merged_at"),
        merged_by=identity(found.maybe_object("merged_by")) if merged else None,
    )


def with_details(pull: PullRequest, reviews: Iterable[Fields], statuses: Iterable[Fields], commits: Iterable[Fields]) -> PullRequest:
    """The pull request with all that belongs to it."""
    checks = sorted((check_of(found) for found in statuses), key=lambda found: found.name)
    return replace(pull, reviews=standing(reviews), checks=tuple(checks), contributors=accounts(commits))


def standing(reviews: Iterable[Fields]) -> tuple[Review, ...]:
    """The verdicts that nobody dismissed, oldest first. Each stays bound to its commit: a later head does not inherit it.

    An approval that Gitea does not call official is of somebody who may not write here: on a public repository, of anybody at all.
    """
    verdicts = [found for found in reviews if found.text("state") in _VERDICTS and not found.flag("dismissed")]
    verdicts = [found for found in verdicts if found.flag("official") or not _VERDICTS[found.text("state")]]
    found = [
        Review(identity(item.maybe_object("user")), _VERDICTS[item.text("state")], item.text_or("commit_id"), item.time("submitted_at"))
        for item in verdicts
    ]
    return tuple(sorted(found, key=lambda review: review.at))


def accounts(commits: Iterable[Fields]) -> tuple[Identity, ...]:
    """The accounts behind authors and committers, each once. A commit whose address belongs to no account names none."""
    users = [found.maybe_object(role) for found in commits for role in ("author", "committer")]
    return tuple(dict.fromkeys(identity(user) for user in users if user is not None and user.text_or("login")))


def check_of(status: Fields) -> Check:
    """The latest word of one check."""
    state = _STATES.get(status.text("status"), CheckState.PENDING)
    return Check(status.text("context"), state, status.text_or("target_url") or None, status.text_or("description"))


def status_of(said: Check) -> dict[str, Json]:
    """The same as Gitea takes it."""
    return {"context": said.name, "state": _WORDS[said.state], "target_url": said.url or "", "description": said.description}


def duplicate_of(pull: PullRequest, others: Sequence[PullRequest]) -> PullRequest | None:
    """The older open pull request for the same branches: two that were opened in the same moment can both get through."""
    older = [other for other in others if (other.head, other.base) == (pull.head, pull.base) and other.number < pull.number]
    return min((other for other in older if other.state is PullState.OPEN), key=lambda other: other.number, default=None)


def _branch(head: Fields, base: Fields) -> str:
    name = head.text_or("label")
    if head.number("repo_id") == base.number("repo_id"):
        return name
    repository = head.maybe_object("repo")
    owner = repository.object("owner").text("login") if repository else "unknown"
    return f"{owner}:{name}"
