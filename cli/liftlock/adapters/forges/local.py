"""A bare Git repository as forge. Each pull request is a chain of commits on refs/liftlock/pulls/<number>, one event more per commit.

Every change is one transaction of references, each compared with what was read: of two writers one wins and the other starts again.
The commits that a pull request speaks of are parents of its events, so nothing is lost when a branch is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from liftlock.adapters.forges.local_events import (
    Checked,
    Closed,
    Edited,
    Event,
    Merged,
    Opened,
    Reviewed,
    decode_events,
    encode_events,
    pull_request,
)
from liftlock.adapters.forges.standing import require_open, require_open_at
from liftlock.adapters.git import Git, GitError, signed_by
from liftlock.adapters.git_remote import pause, without_credentials
from liftlock.core.errors import ConflictError, UnavailableError, UsageError
from liftlock.core.ports import Check, Clock, Identity, PullRequest, PullState

_PULLS = "refs/liftlock/pulls/"
_NOTHING = "0" * 40
_ATTEMPTS = 40
_CHECKER = Identity("liftlock", "liftlock@localhost")  # statuses have no person


class LocalForge:
    """Forge port on the bare repository at `url`, a path or a file: URL."""

    def __init__(self, url: str, clock: Clock, *, relative_to: Path | None = None) -> None:
        self._path = _path_of(url, relative_to)
        self._git = Git(self._path)
        self._clock = clock

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All pull requests by number, with as many Git processes for a thousand as for one."""
        self._check()
        chains = self._refs(_PULLS)
        events = self._events(list(chains.values()))
        numbers = sorted((int(ref.removeprefix(_PULLS)), commit) for ref, commit in chains.items())
        pulls = self._shown([(number, events[commit]) for number, commit in numbers])
        return [pull for pull in pulls if state is None or pull.state is state]

    def pull(self, number: int) -> PullRequest:
        """The pull request of that number."""
        _, events = self._chain(number)
        return self._shown([(number, events)])[0]

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        """A new pull request under the next free number."""
        for attempt in range(_ATTEMPTS):
            pulls = self.list_pulls()
            same = [pull for pull in pulls if pull.state is PullState.OPEN and (pull.head, pull.base) == (head, base)]
            if same:
                raise ConflictError(f"pull request #{same[0].number} is open for {head} already", hint=f"see {same[0].url}")
            commit = self._openable(head, base)
            number = max((pull.number for pull in pulls), default=0) + 1
            event = Opened(author, self._clock.now(), title, body, head, base, commit)
            made = self._commit((event,), None, commit)
            if self._update({_pull_ref(number): (made, _NOTHING)}):
                return self.pull(number)
            pause(attempt)
        raise _busy(self._path)

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same pull request with another title and body."""
        return self._append(number, lambda pull: Edited(pull.author, self._clock.now(), title, body))

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict on exactly this commit."""

        def event(pull: PullRequest) -> Event:
            require_open_at(pull, commit)
            return Reviewed(reviewer, self._clock.now(), approve, commit)

        return self._append(number, event)

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes it and deletes its branch; one that is closed already stays as it is."""
        for attempt in range(_ATTEMPTS):
            tip, events = self._chain(number)
            pull = self._shown([(number, events)])[0]
            if pull.state is PullState.CLOSED:
                return pull
            require_open(pull)
            event = Closed(by, self._clock.now(), pull.commit, reason)
            made = self._commit((*events, event), tip, pull.commit)
            updates = {_pull_ref(number): (made, tip)}
            if self._git.ref(f"refs/heads/{pull.head}"):
                updates[f"refs/heads/{pull.head}"] = (_NOTHING, pull.commit)
            if self._update(updates):
                return self.pull(number)
            pause(attempt)
        raise _busy(self._path)

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges with a merge commit: base branch, pull request and head branch change together or not at all."""
        for attempt in range(_ATTEMPTS):
            tip, events = self._chain(number)
            pull = self._shown([(number, events)])[0]
            if pull.state is PullState.MERGED:
                return pull
            require_open_at(pull, commit)
            base = self._branch(pull.base)
            merged = self._merge_commit(pull, base, message, by)
            made = self._commit((*events, Merged(by, self._clock.now(), commit, merged)), tip, commit)
            updates = {f"refs/heads/{pull.base}": (merged, base), _pull_ref(number): (made, tip)}
            if self._git.ref(f"refs/heads/{pull.head}"):
                updates[f"refs/heads/{pull.head}"] = (_NOTHING, commit)
            if self._update(updates):
                return self.pull(number)
            pause(attempt)
        raise _busy(self._path)

    def set_status(self, commit: str, check: Check) -> None:
        """Keeps the check's word with each open pull request whose head the commit is."""
        pulls = [pull for pull in self.list_pulls(state=PullState.OPEN) if pull.commit == commit]
        if not pulls:
            raise UsageError(f"commit {commit[:12]} is not the head of an open pull request", hint="push it and open one")
        for pull in pulls:
            if check not in pull.checks:
                said = Checked(_CHECKER, self._clock.now(), commit, check.name, check.state.value, check.url, check.description)
                self._append(pull.number, partial(_always, said))

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _append(self, number: int, event: Callable[[PullRequest], Event]) -> PullRequest:
        for attempt in range(_ATTEMPTS):
            tip, events = self._chain(number)
            pull = self._shown([(number, events)])[0]
            require_open(pull)
            made = self._commit((*events, event(pull)), tip, pull.commit)
            if self._update({_pull_ref(number): (made, tip)}):
                return self.pull(number)
            pause(attempt)
        raise _busy(self._path)

    def _chain(self, number: int) -> tuple[str, tuple[Event, ...]]:
        self._check()
        tip = self._git.ref(_pull_ref(number))
        if tip is None:
            raise UsageError(f"there is no pull request #{number}", hint="run: liftlock promote status")
        return tip, self._events([tip])[tip]

    def _shown(self, chains: Sequence[tuple[int, Sequence[Event]]]) -> list[PullRequest]:
        """The pull requests as they are now: heads where the branches are, merged where the base holds the head by whatever way."""
        heads = self._refs("refs/heads/")
        pulls = [pull_request(number, events, url=self._url(number), heads=heads) for number, events in chains]
        landed = {base: self._landed(base) for base in {pull.base for pull in pulls if pull.state is PullState.OPEN}}
        return [self._merged(pull, heads) if self._has_landed(pull, heads, landed) else pull for pull in pulls]

    def _url(self, number: int) -> str:
        return f"{self._path.as_uri()}#pull/{number}"

    def _landed(self, base: str) -> frozenset[str]:
        """The tips of all branches that the base branch holds."""
        if self._git.ref(f"refs/heads/{base}") is None:
            return frozenset()
        merged = self._git.run("for-each-ref", "--format=%(objectname)", f"--merged=refs/heads/{base}", "refs/heads/")
        return frozenset(merged.out.split())

    def _has_landed(self, pull: PullRequest, heads: Mapping[str, str], landed: Mapping[str, frozenset[str]]) -> bool:
        if pull.state is not PullState.OPEN:
            return False
        if f"refs/heads/{pull.head}" in heads:
            return pull.commit in landed[pull.base]
        return f"refs/heads/{pull.base}" in heads and self._contains(heads[f"refs/heads/{pull.base}"], pull.commit)

    def _merged(self, pull: PullRequest, heads: Mapping[str, str]) -> PullRequest:
        merge = self._merge_of(pull.commit, heads[f"refs/heads/{pull.base}"])
        return replace(pull, state=PullState.MERGED, merge_commit=merge)

    def _contains(self, base: str, commit: str) -> bool:
        return self._git.run("merge-base", "--is-ancestor", commit, base, ok=(0, 1)).code == 0

    def _merge_of(self, commit: str, base: str) -> str:
        """The base branch's commit that brought `commit` in by a plain push: the oldest of its first parents that holds it."""
        return self._git.line("rev-list", "--first-parent", "--ancestry-path", f"{commit}..{base}").rpartition("\n")[2] or commit

    def _events(self, commits: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        texts = self._git.blobs([(commit, "events.json") for commit in commits])
        return {commit: decode_events(texts.get((commit, "events.json"), "")) for commit in commits}

    def _refs(self, prefix: str) -> dict[str, str]:
        lines = self._git.run("for-each-ref", "--format=%(refname) %(objectname)", prefix).out.splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def _openable(self, head: str, base: str) -> str:
        commit, into = self._branch(head), self._branch(base)
        if self._contains(into, commit):
            raise UsageError(f"{base} has everything of {head} already: there is nothing to review")
        return commit

    def _branch(self, name: str) -> str:
        commit = self._git.ref(f"refs/heads/{name}")
        if commit is None:
            raise UsageError(f"the forge at {self._path} has no branch {name!r}", hint=f"push it: git push origin {name}")
        return commit

    def _commit(self, events: tuple[Event, ...], previous: str | None, about: str) -> str:
        blob = self._git.line("hash-object", "-w", "--stdin", given=encode_events(events))
        tree = self._git.line("mktree", given=f"100644 blob {blob}\tevents.json\n")
        parents = [word for commit in dict.fromkeys((previous, about)) if commit for word in ("-p", commit)]
        last = events[-1]
        return self._git.line("commit-tree", tree, *parents, given=f"{type(last).__name__.lower()}\n", env=signed_by(last.by))

    def _merge_commit(self, pull: PullRequest, base: str, message: str, by: Identity) -> str:
        merged = self._git.run("merge-tree", "--write-tree", "--no-messages", base, pull.commit, ok=(0, 1))
        if merged.code:
            raise ConflictError(
                f"pull request #{pull.number} conflicts with {pull.base}", hint="make it anew from what is there now: liftlock promote open"
            )
        tree = merged.out.split("\n", 1)[0]
        return self._git.line("commit-tree", tree, "-p", base, "-p", pull.commit, given=message.rstrip("\n") + "\n", env=signed_by(by))

    def _update(self, updates: Mapping[str, tuple[str, str]]) -> bool:
        """Sets references to (new, old) all together; False where one of them was not `old` any more."""
        lines = [f"update {ref} {new} {old}" if new != _NOTHING else f"delete {ref} {old}" for ref, (new, old) in updates.items()]
        answer = self._git.run("update-ref", "--stdin", given="\n".join(["start", *lines, "prepare", "commit", ""]), ok=range(256))
        if answer.code == 0:
            return True
        if "cannot lock ref" in answer.err and not re.search("Permission denied|Read-only|No space left", answer.err):
            return False
        raise UnavailableError(f"the forge at {self._path} cannot be written: {answer.err.strip()}", hint="check its folder and disk")

    def _check(self) -> None:
        try:
            self._git.run("rev-parse", "--git-dir")
        except GitError as err:
            raise UnavailableError(
                f"the forge at {self._path} is not there: {err.message}", hint="liftlock.yaml forge.url names a bare Git repository"
            ) from err


def _path_of(url: str, relative_to: Path | None) -> Path:
    if "://" in url:
        parts = urlsplit(url)
        if parts.scheme != "file":
            raise UsageError(f"a local forge is a folder, not {without_credentials(url)}", hint="give its path, or a file: URL")
        return Path(unquote(parts.path))
    return ((relative_to or Path()) / Path(url).expanduser()).resolve()


def _always(event: Event, _: PullRequest) -> Event:
    return event


def _pull_ref(number: int) -> str:
    return f"{_PULLS}{number}"


def _busy(path: Path) -> ConflictError:
    return ConflictError(f"others keep writing to the forge at {path}", hint="run the same command again")
