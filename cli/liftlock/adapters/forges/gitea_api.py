"""One repository through the API of Gitea and Forgejo: what is there, and single steps. What they add up to is in gitea.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from liftlock.adapters.forges.answers import Answer, Fields
from liftlock.adapters.forges.gitea_answers import pull_request
from liftlock.adapters.forges.http import ForgeHttp, Params
from liftlock.adapters.forges.standing import require_open, require_open_at
from liftlock.core.errors import IncompleteError, UsageError
from liftlock.core.ledger import Json
from liftlock.core.ports import PullRequest

_READS, _WRITES = "the scope read:repository", "the scope write:repository"
_PAGE = 50
_PAGES = 1000
_QUEUE_WORDS = ("pull_scheduled_merge", "pull_cancel_scheduled_merge")


@dataclass(frozen=True, slots=True)
class GiteaApi:
    """repository: `owner/name`."""

    http: ForgeHttp
    repository: str

    # --- what is there ---------------------------------------------------------------------------------------------------------------

    def look(self, number: int) -> PullRequest:
        """The pull request without its reviews, checks and contributors; UsageError where there is none."""
        answer = self._get(f"/pulls/{number}", accept=(404,))
        if answer.status == 404:
            self._get("")  # says it where it is the repository that is not there
            raise UsageError(f"there is no pull request #{number}", hint="run: liftlock promote status")
        return pull_request(answer.object())

    def look_open(self, number: int, *, commit: str | None = None) -> PullRequest:
        """The same; ConflictError where it is not open, or not at this commit."""
        pull = self.look(number)
        require_open(pull) if commit is None else require_open_at(pull, commit)
        return pull

    def pulls(self, state: str) -> Iterator[PullRequest]:
        """All pull requests of a state: open, closed or all."""
        return map(pull_request, self.pages("/pulls", {"state": state, "sort": "oldest"}))

    def newest_open(self) -> list[PullRequest]:
        """The open pull requests that were touched last."""
        return [pull_request(found) for found in self._get("/pulls", {"state": "open", "sort": "recentupdate", "limit": _PAGE}).objects()]

    def pages(self, path: str, params: Params | None = None) -> Iterator[Fields]:
        """All of a list. Its `Link` headers carry the address that Gitea believes to have, so pages are asked for by number."""
        seen = 0
        for page in range(1, _PAGES + 1):
            answer = self._get(path, {**(params or {}), "limit": _PAGE, "page": page})
            found = answer.objects()
            yield from found
            seen += len(found)
            total = answer.headers.get("x-total-count", "")
            if not found or (total.isdigit() and seen >= int(total)):
                return
        raise IncompleteError(f"{self.repository}{path}: more than {_PAGES} pages", hint="close what is not needed any more")

    def statuses(self, commit: str) -> list[Fields] | None:
        """The latest status of each check on the commit; None where there is no such commit."""
        found: list[Fields] = []
        for page in range(1, _PAGES + 1):
            answer = self._get(f"/commits/{quote(commit)}/status", {"page": page, "limit": _PAGE}, accept=(404,))
            if answer.status == 404:
                return None
            new = answer.object().objects("statuses")
            found += new
            if len(new) < _PAGE:
                return found
        raise IncompleteError(f"commit {commit[:12]} has more than {_PAGE * _PAGES} checks")

    def is_queued(self, number: int) -> bool:
        """Whether Gitea will merge it by itself. Not known without the scope read:issue, and then not said."""
        at = f"/issues/{number}/timeline"
        if self._get(at, {"limit": 1}, accept=(403,)).status == 403:
            return False
        said = [found.text("type") for found in self.pages(at)]
        return [word for word in said if word in _QUEUE_WORDS][-1:] == [_QUEUE_WORDS[0]]

    def requires_checks(self, branch: str) -> bool:
        """Whether the branch's protection asks for a status check."""
        return self._get(f"/branches/{quote(branch)}").object().flag("enable_status_check")

    def check_openable(self, head: str, base: str) -> None:
        """UsageError where one of the branches is not there, or head has nothing that base has not."""
        answer = self._get(f"/compare/{quote(base)}...{quote(head)}", accept=(404,))
        if answer.status == 404:
            self._get("")
            raise UsageError(f"the forge has no branch {head!r} or no {base!r}", hint=f"push it: git push origin {head}")
        if answer.object().number("total_commits") == 0:
            raise UsageError(f"{base} has everything of {head} already: there is nothing to review")

    def version(self) -> str:
        """The version, as Gitea or Forgejo says it."""
        return self.http.get("/version").object().text("version")

    def check_may_write(self, base: str) -> None:
        """An error where the token, or its account, may not open pull requests and push."""
        if not self._get("").object().object("permissions").flag("push"):
            raise UsageError(f"the token's account may not push to {self.repository}", hint="give it write access there")
        # A pull request of a branch into itself is never made: what is asked is only whether one might be. A token that is too narrow
        # gets 403; 404 is a branch that Gitea does not know, or not yet, and the look at Git tells of that.
        self.send("POST", "/pulls", {"title": "-", "head": base, "base": base}, accept=(404, 422))

    # --- single steps ----------------------------------------------------------------------------------------------------------------

    def comment(self, number: int, text: str) -> None:
        """As a review without a verdict: a plain comment would need the scope write:issue besides."""
        self.send("POST", f"/pulls/{number}/reviews", {"event": "COMMENT", "body": text})

    def comment_once(self, number: int, text: str) -> None:
        """The same, unless it was said already."""
        if not any(found.text_or("body") == text for found in self.pages(f"/pulls/{number}/reviews")):
            self.comment(number, text)

    def close(self, number: int) -> None:
        """Closes the pull request and leaves its branch."""
        self.send("PATCH", f"/pulls/{number}", {"state": "closed"}, repeatable=True)

    def delete_branch(self, pull: PullRequest) -> None:
        """Deletes the pull request's branch, unless somebody pushed to it meanwhile, or it is not in this repository."""
        if ":" in pull.head or not pull.head:
            return
        at = f"/branches/{quote(pull.head)}"
        found = self._get(at, accept=(404,))
        if found.status == 200 and found.object().object("commit").text("id") == pull.commit:
            self.send("DELETE", at, accept=(404,))

    def send(
        self, method: str, path: str, json: Mapping[str, Json] | None = None, *, accept: Sequence[int] = (), repeatable: bool = False
    ) -> Answer:
        """One request that writes."""
        return self.http.send(method, self._at + path, json=json, accept=accept, needs=_WRITES, repeatable=repeatable)

    @property
    def _at(self) -> str:
        return f"/repos/{quote(self.repository)}"

    def _get(self, path: str, params: Params | None = None, *, accept: Sequence[int] = ()) -> Answer:
        return self.http.get(self._at + path, params=params, accept=accept, needs=_READS)
