"""A bare Git repository as forge. Each pull request is a chain of commits on refs/liftlock/pulls/<number>, one event more per commit.

Every change is one transaction of references, each compared with what was read: of two writers one wins and the other starts again.
The commits that a pull request speaks of are parents of its events, so nothing is lost when a branch is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

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
from liftlock.adapters.forges.local_repository import NOTHING, ForgeRepository, path_of
from liftlock.adapters.forges.standing import require_open, require_open_at
from liftlock.adapters.git import signed_by
from liftlock.adapters.git_remote import pause
from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ports import Check, Clock, Identity, PullRequest, PullState

_PULLS = "refs/liftlock/pulls/"
_ATTEMPTS = 40
_CHECKER = Identity("liftlock", "liftlock@localhost")  # statuses have no person


@dataclass(frozen=True, slots=True)
class _Change:
    """What happened to a pull request. updates: the references that change with it, as ForgeRepository.update takes them."""

    event: Event
    updates: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class LocalForge:
    """Forge port on the bare repository at `url`, a path or a file: URL."""

    def __init__(self, url: str, clock: Clock, *, relative_to: Path | None = None) -> None:
        self._path = path_of(url, relative_to)
        self._repository = ForgeRepository(self._path)
        self._git = self._repository.git
        self._clock = clock

    # --- reading ---------------------------------------------------------------------------------------------------------------------

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        """All pull requests by number, with as many Git processes for a thousand as for one."""
        self._repository.check()
        chains = self._repository.refs(_PULLS)
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
            if self._repository.update({_pull_ref(number): (made, NOTHING)}):
                return self.pull(number)
            pause(attempt)
        raise self._repository.busy

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        """The same pull request with another title and body."""

        def edit(pull: PullRequest) -> _Change:
            require_open(pull)
            return _Change(Edited(pull.author, self._clock.now(), title, body))

        return self._change(number, edit)

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        """Records the verdict on exactly this commit."""

        def judge(pull: PullRequest) -> _Change:
            require_open_at(pull, commit)
            return _Change(Reviewed(reviewer, self._clock.now(), approve, commit))

        return self._change(number, judge)

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        """Closes it and deletes its branch; one that is closed already stays as it is."""

        def end(pull: PullRequest) -> _Change | None:
            if pull.state is PullState.CLOSED:
                return None
            require_open(pull)
            return _Change(Closed(by, self._clock.now(), pull.commit, reason), self._without_head(pull))

        return self._change(number, end)

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        """Merges with a merge commit: base branch, pull request and head branch change together or not at all."""

        def end(pull: PullRequest) -> _Change | None:
            if pull.state is PullState.MERGED:
                return None
            require_open_at(pull, commit)
            base = self._repository.branch(pull.base)
            merged = self._repository.merge_commit(pull, base, message, by)
            updates = {f"refs/heads/{pull.base}": (merged, base), **self._without_head(pull)}
            return _Change(Merged(by, self._clock.now(), commit, merged), updates)

        return self._change(number, end)

    def set_status(self, commit: str, check: Check) -> None:
        """Keeps the check's word with each open pull request whose head the commit is."""
        pulls = [pull for pull in self.list_pulls(state=PullState.OPEN) if pull.commit == commit]
        if not pulls:
            raise UsageError(f"commit {commit[:12]} is not the head of an open pull request", hint="push it and open one")
        for pull in pulls:
            if check not in pull.checks:
                self._change(pull.number, partial(self._say, commit, check))

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _say(self, commit: str, check: Check, pull: PullRequest) -> _Change:
        require_open(pull)
        return _Change(Checked(_CHECKER, self._clock.now(), commit, check.name, check.state.value, check.url, check.description))

    def _change(self, number: int, decide: Callable[[PullRequest], _Change | None]) -> PullRequest:
        """The pull request after the change; as it is where there is none."""
        for attempt in range(_ATTEMPTS):
            tip, events = self._chain(number)
            pull = self._shown([(number, events)])[0]
            change = decide(pull)
            if change is None:
                return pull
            made = self._commit((*events, change.event), tip, pull.commit)
            if self._repository.update({**change.updates, _pull_ref(number): (made, tip)}):
                return self.pull(number)
            pause(attempt)
        raise self._repository.busy

    def _without_head(self, pull: PullRequest) -> dict[str, tuple[str, str]]:
        head = f"refs/heads/{pull.head}"
        return {head: (NOTHING, pull.commit)} if self._git.ref(head) else {}

    def _chain(self, number: int) -> tuple[str, tuple[Event, ...]]:
        self._repository.check()
        tip = self._git.ref(_pull_ref(number))
        if tip is None:
            raise UsageError(f"there is no pull request #{number}", hint="run: liftlock promote status")
        return tip, self._events([tip])[tip]

    def _shown(self, chains: Sequence[tuple[int, Sequence[Event]]]) -> list[PullRequest]:
        """The pull requests as they are now: heads where the branches are, merged where the base holds the head by whatever way."""
        heads = self._repository.refs("refs/heads/")
        pulls = [pull_request(number, events, url=self._url(number), heads=heads) for number, events in chains]
        landed = {base: self._repository.held(base) for base in {pull.base for pull in pulls if pull.state is PullState.OPEN}}
        return [self._merged(pull, heads) if self._has_landed(pull, heads, landed) else pull for pull in pulls]

    def _url(self, number: int) -> str:
        return f"{self._path.as_uri()}#pull/{number}"

    def _has_landed(self, pull: PullRequest, heads: Mapping[str, str], landed: Mapping[str, frozenset[str]]) -> bool:
        if pull.state is not PullState.OPEN:
            return False
        if f"refs/heads/{pull.head}" in heads:
            return pull.commit in landed[pull.base]
        return f"refs/heads/{pull.base}" in heads and self._repository.contains(heads[f"refs/heads/{pull.base}"], pull.commit)

    def _merged(self, pull: PullRequest, heads: Mapping[str, str]) -> PullRequest:
        merge = self._repository.merge_of(pull.commit, heads[f"refs/heads/{pull.base}"])
        return replace(pull, state=PullState.MERGED, merge_commit=merge)

    def _events(self, commits: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        texts = self._git.blobs([(commit, "events.json") for commit in commits])
        return {commit: decode_events(texts.get((commit, "events.json"), "")) for commit in commits}

    def _openable(self, head: str, base: str) -> str:
        commit, into = self._repository.branch(head), self._repository.branch(base)
        if self._repository.contains(into, commit):
            raise UsageError(f"{base} has everything of {head} already: there is nothing to review")
        return commit

    def _commit(self, events: tuple[Event, ...], previous: str | None, about: str) -> str:
        blob = self._git.line("hash-object", "-w", "--stdin", given=encode_events(events))
        tree = self._git.line("mktree", given=f"100644 blob {blob}\tevents.json\n")
        parents = [word for commit in dict.fromkeys((previous, about)) if commit for word in ("-p", commit)]
        last = events[-1]
        return self._git.line("commit-tree", tree, *parents, given=f"{type(last).__name__.lower()}\n", env=signed_by(last.by))


def _pull_ref(number: int) -> str:
    return f"{_PULLS}{number}"
