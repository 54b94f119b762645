"""What Gitea's answer to a merge means. No I/O.

It says "try again later" while it looks at a pull request anew, and also for a real conflict: only persistence tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.adapters.forges.answers import Answer
from liftlock.core.errors import ConflictError, PolicyError
from liftlock.core.ledger import Json
from liftlock.core.ports import PullRequest
from liftlock.core.project import MergeMethod

REFUSALS = (404, 405, 409, 423)


class Verdict(StrEnum):
    """DONE: merged. QUEUED: Gitea will merge it. LATER: ask again in a moment. LOOK: it is not what it was; look at it again."""

    DONE = "done"
    QUEUED = "queued"
    LATER = "later"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class MergeStyle:
    """How pull requests come into the base. queue: Gitea merges by itself when the required checks have passed.

    patience: seconds after which "try again later" is taken for a conflict.
    """

    method: MergeMethod = MergeMethod.MERGE
    queue: bool = False
    patience: float = 20


def merge_request(pull: PullRequest, message: str, style: MergeStyle) -> dict[str, Json]:
    """What to ask for: the head that was judged, and nothing else."""
    title, _, text = message.partition("\n")
    body: dict[str, Json] = {"Do": style.method.value, "MergeTitleField": title, "MergeMessageField": text.strip()}
    body |= {"head_commit_id": pull.commit, "delete_branch_after_merge": True}
    return body | {"merge_when_checks_succeed": True} if style.queue else body


def judge_merge(pull: PullRequest, answer: Answer, method: MergeMethod) -> Verdict:
    """The verdict; ConflictError for a conflict, PolicyError where a rule of the forge forbids the merge."""
    said = answer.said.lower()
    match answer.status:
        case 201:
            return Verdict.QUEUED
        case 404:
            return Verdict.LOOK
        case 405 if "already merged" in said:
            return Verdict.LOOK
        case 405 if "try again" in said:
            return Verdict.LATER
        case 409 if "already scheduled" in said:
            return Verdict.QUEUED
        case 409 if "head out of date" in said:
            return Verdict.LOOK
        case 409 if "push out of date" in said or "cannot lock ref" in said:
            return Verdict.LATER  # the base moved while it was merged
        case 409 if "pushrejected" not in said:
            raise _conflict(pull)
        case 405 | 409 | 423:
            raise _forbidden(pull, answer.said, method)
        case _:
            return Verdict.DONE


def never_mergeable(pull: PullRequest, seconds: float) -> ConflictError:
    """The error after "try again later" for so long."""
    return ConflictError(
        f"pull request #{pull.number} conflicts with {pull.base}, or the forge still looks at it after {seconds:.0f} s",
        hint=f"make it anew from what is there now (liftlock promote open), or see {pull.url}",
    )


def _conflict(pull: PullRequest) -> ConflictError:
    return ConflictError(
        f"pull request #{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
    )


def _forbidden(pull: PullRequest, said: str, method: MergeMethod) -> PolicyError:
    if "merge style" in said:
        hint = f"allow it in the repository's settings, or declare another than forge.merge: {method.value}"
    else:
        hint = f"see the rules of {pull.base}, and {pull.url}"
    return PolicyError(f"the forge does not let pull request #{pull.number} into {pull.base}: {said}", hint=hint)
