"""GitHub's merge queue and auto-merge, which only its GraphQL API offers.

With a queue GitHub writes the merge commit's message itself: the head commit's own trailers are what tells the merge afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NoReturn

from liftlock.adapters.forges.addresses import RepositoryAddress
from liftlock.adapters.forges.answers import Fields, one_line
from liftlock.adapters.forges.github_shapes import CONTENTS_WRITE, PULLS_WRITE
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.core.errors import ConflictError, PolicyError, UnavailableError, UsageError
from liftlock.core.ledger import Json
from liftlock.core.ports import PullRequest
from liftlock.core.project import MergeMethod
from liftlock.core.promotion_check import CHECK

NEEDS = f"{CONTENTS_WRITE}, {PULLS_WRITE}"
STATE = """
query State($owner: String!, $name: String!, $base: String!, $ref: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    ref(qualifiedName: $ref) {
      refUpdateRule { requiredStatusCheckContexts }
      rules(first: 100) { nodes { parameters { ... on RequiredStatusChecksParameters { requiredStatusChecks { context } } } } }
    }
    mergeQueue(branch: $base) { id }
    pullRequest(number: $number) { id headRefOid isInMergeQueue mergeStateStatus autoMergeRequest { enabledAt } }
  }
}
"""
HOLDS = """
query Holds($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { isInMergeQueue autoMergeRequest { enabledAt } } }
}
"""
ENQUEUE = """
mutation Enqueue($id: ID!, $commit: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $commit}) { mergeQueueEntry { id } }
}
"""
AUTO_MERGE = """
mutation AutoMerge($id: ID!, $commit: GitObjectID!, $method: PullRequestMergeMethod!, $headline: String!, $body: String!) {
  enablePullRequestAutoMerge(
    input: {pullRequestId: $id, expectedHeadOid: $commit, mergeMethod: $method, commitHeadline: $headline, commitBody: $body}
  ) { pullRequest { id } }
}
"""
_READY = frozenset({"CLEAN", "HAS_HOOKS", "UNSTABLE"})


class Handed(Enum):
    """QUEUED: GitHub merges it by itself. READY: there is no queue, and nothing to wait for, so it can be merged at once."""

    QUEUED = "queued"
    READY = "ready"


class GitHubQueue:
    """Hands pull requests of one repository to GitHub."""

    def __init__(self, http: ForgeHttp, address: RepositoryAddress, graphql: str, method: MergeMethod) -> None:
        self._http, self._address, self._graphql, self._method = http, address, graphql, method

    def holds(self, number: int) -> bool:
        """Whether GitHub will merge the pull request by itself."""
        found = self._ask(HOLDS, {"number": number}, number, repeatable=True).object("repository").object("pullRequest")
        return _held(found)

    def hand_over(self, pull: PullRequest, message: str) -> Handed:
        """Into the merge queue where the base branch has one, else auto-merge where something is awaited. Repeating changes nothing."""
        found = self._ask(STATE, {"base": pull.base, "ref": f"refs/heads/{pull.base}", "number": pull.number}, pull.number, repeatable=True)
        found = found.object("repository")
        item = found.object("pullRequest")
        status, has_queue = item.text("mergeStateStatus"), found.maybe_object("mergeQueue") is not None
        if item.text("headRefOid") != pull.commit:
            raise _moved(pull.number, "its head is another one")
        if _held(item):
            return Handed.QUEUED
        if status == "DIRTY":
            raise ConflictError(
                f"pull request #{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
            )
        if status in _READY:
            return self._enqueue(item.text("id"), pull, message) if has_queue else Handed.READY
        if not has_queue and CHECK not in _required(found.maybe_object("ref")):
            # Auto-merge is bound to no commit: who may write can push another, and it stays on. That check is bound to what it judged.
            raise PolicyError(
                f"forge.queue is on, but {pull.base} does not require the check {CHECK}: GitHub would merge whatever is pushed later",
                hint=f"require it in the rules of {pull.base}, or take forge.queue out of liftlock.yaml",
            )
        return self._auto_merge(item.text("id"), pull, message)

    def _enqueue(self, id: str, pull: PullRequest, message: str) -> Handed:
        try:
            self._ask(ENQUEUE, {"id": id, "commit": pull.commit}, pull.number)
        except PolicyError:  # something is awaited after all; auto-merge puts it into the queue when that is there
            return self._auto_merge(id, pull, message)
        return Handed.QUEUED

    def _auto_merge(self, id: str, pull: PullRequest, message: str) -> Handed:
        headline, _, body = message.partition("\n")
        asked: dict[str, Json] = {"id": id, "commit": pull.commit, "method": self._method.value.upper()}
        try:
            self._ask(AUTO_MERGE, {**asked, "headline": headline, "body": body.strip("\n")}, pull.number)
        except PolicyError as err:
            if "clean status" in err.message:  # what it waited for has come in between
                return Handed.READY
            raise
        return Handed.QUEUED

    def _ask(self, query: str, variables: Mapping[str, Json], number: int, *, repeatable: bool = False) -> Fields:
        repository: dict[str, Json] = {"owner": self._address.owner, "name": self._address.name}
        given = {**variables, **(repository if "$owner" in query else {})}
        sent: dict[str, Json] = {"query": query, "variables": given}
        answer = self._http.send("POST", self._graphql, json=sent, needs=NEEDS, repeatable=repeatable)
        body = answer.object()
        errors = body.objects("errors")
        if errors:
            _refused(errors, number)
        return body.object("data")


def _held(pull: Fields) -> bool:
    return pull.flag("isInMergeQueue") or pull.maybe_object("autoMergeRequest") is not None


def _required(ref: Fields | None) -> frozenset[str]:
    """The checks that the branch requires, by protection and by rulesets."""
    if ref is None:
        return frozenset()
    protection = ref.maybe_object("refUpdateRule")
    names = list(protection.texts("requiredStatusCheckContexts")) if protection else []
    rules = ref.maybe_object("rules")
    for rule in rules.objects("nodes") if rules else ():
        parameters = rule.maybe_object("parameters")
        names += [check.text("context") for check in (parameters.objects("requiredStatusChecks") if parameters else ())]
    return frozenset(names)


def _moved(number: int, said: str) -> ConflictError:
    return ConflictError(f"pull request #{number} has changed on GitHub: {said}", hint="look at it again, then merge it")


def _refused(errors: tuple[Fields, ...], number: int) -> NoReturn:
    """GraphQL's errors, which come with status 200, as the way to recover."""
    said = one_line("; ".join(error.text_or("message") for error in errors))
    kinds = {error.text_or("type") for error in errors}
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"} or "not accessible by" in said:
        raise UsageError(f"GitHub forbids it: {said}", hint=f"give forge.token one with {NEEDS}")
    if "NOT_FOUND" in kinds:
        raise UsageError(f"GitHub has no pull request #{number} for this token: {said}", hint="check forge.url and forge.token")
    if "RATE_LIMITED" in kinds:
        raise UnavailableError(f"GitHub: rate limit: {said}", hint="run the same command again later")
    if re.search(r"\bhead\b.*\b(match|modified|changed)", said, re.IGNORECASE):
        raise _moved(number, said)
    raise PolicyError(
        f"GitHub does not queue pull request #{number}: {said}",
        hint="allow auto-merge in the repository's settings, or set forge.queue: false",
    )
