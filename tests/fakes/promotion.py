"""Fakes of Git, forge, ledger, registry and clock. tests/contract/ runs the same tests on them and on the real adapters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from liftlock.core.attestation import Found
from liftlock.core.errors import ConflictError, UnavailableError, UsageError
from liftlock.core.fingerprint import Fingerprint
from liftlock.core.image import Digest, ImageRef
from liftlock.core.ledger import Entry, Record, chain, encode
from liftlock.core.ledger_chain import read_chain
from liftlock.core.ports import Check, CommitFacts, Identity, ImageFacts, PullRequest, PullState, Review, WorkTree

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Goes on by one second each time it is asked."""

    moment: datetime = START

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def digest_of(text: str) -> Digest:
    """Some digest, the same for the same text."""
    return Digest("sha256:" + hashlib.sha256(text.encode()).hexdigest())


@dataclass
class FakeRegistry:
    """Tags and digests by repository. `writes` of other fakes count changes; this one only answers."""

    tags: dict[tuple[str, str], ImageFacts] = field(default_factory=dict)
    down: bool = False

    def push(self, repository: str, tag: str, *, commit: str | None = None) -> ImageFacts:
        """A new image under the tag."""
        facts = ImageFacts(ImageRef(repository, digest_of(f"{repository}:{tag}:{commit}")), commit)
        self.tags[repository, tag] = self.tags[repository, facts.image.digest.text] = facts
        return facts

    def prune(self, repository: str, digest: Digest) -> None:
        """The image is gone."""
        self.tags = {key: facts for key, facts in self.tags.items() if key[0] != repository or facts.image.digest != digest}

    def resolve(self, repository: str, reference: str) -> ImageFacts | None:
        if self.down:
            raise UnavailableError("the registry does not answer", hint="start it")
        return self.tags.get((repository, reference))


@dataclass
class FakeAttestations:
    """What is attached, by `repository@digest`. read: how many things were read."""

    attached: dict[str, list[Found]] = field(default_factory=dict)
    down: bool = False
    read: int = 0

    def attach(self, image: ImageRef, found: Found) -> None:
        """One more thing beside the image."""
        self.attached.setdefault(str(image), []).append(found)

    def find(self, image: ImageRef, predicate: str | None = None) -> Iterator[Found]:
        if self.down:
            raise UnavailableError("the registry does not answer", hint="start it")
        for found in self.attached.get(str(image), ()):
            self.read += 1
            yield found


@dataclass
class FakeOrigin:
    """What is on the forge: commits with their whole trees, and branches."""

    commits: dict[str, CommitFacts] = field(default_factory=dict)
    trees: dict[str, dict[PurePosixPath, str]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    pushes: int = 0

    def add(self, parents: tuple[str, ...], tree: Mapping[PurePosixPath, str], message: str, author: Identity) -> str:
        """A commit; its hash depends on everything in it and on how many there are."""
        before = self.trees[parents[0]] if parents else {}
        paths = sorted(path for path in {*before, *tree} if before.get(path) != tree.get(path))
        name = hashlib.sha1(f"{len(self.commits)}{parents}{sorted(tree.items())}{message}{author}".encode()).hexdigest()  # noqa: S324
        self.commits[name] = CommitFacts(name, parents, author, author, message, tuple(paths))
        self.trees[name] = dict(tree)
        return name

    def fingerprint(self, commit: str, environment: str) -> Fingerprint:
        """Hashes of environments/base.yaml and of the environment's own file; nothing where the commit has neither."""
        base, own = (self.trees[commit].get(PurePosixPath(f"environments/{name}.yaml"), "") for name in ("base", environment))
        config, common = (f"cfg-{hashlib.sha256(text.encode()).hexdigest()[:16]}" if text else "" for text in (base + own, base))
        return Fingerprint(config, "", common)

    def ancestors(self, commit: str) -> list[str]:
        """The commit and all it contains, newest first."""
        found: list[str] = []
        waiting = [commit]
        while waiting:
            at = waiting.pop(0)
            if at not in found:
                found.append(at)
                waiting.extend(self.commits[at].parents)
        return found


@dataclass
class FakeRepository:
    """Repository and Checkout ports on a FakeOrigin."""

    origin: FakeOrigin
    tracked: dict[str, str] = field(default_factory=dict)

    def fetch(self) -> None:
        self.tracked = dict(self.origin.branches)

    def head(self, branch: str) -> str:
        if branch not in self.tracked:
            raise UsageError(f"the forge has no branch {branch!r}")
        return self.tracked[branch]

    def read(self, commit: str, path: PurePosixPath) -> str | None:
        return self.origin.trees[commit].get(path)

    def commit_files(
        self, *, base: str, branch: str, files: Mapping[PurePosixPath, str], message: str, author: Identity, force: bool = False
    ) -> str:
        known = self.tracked.get(branch)
        if self.origin.branches.get(branch) != known or (not force and known not in (None, base)):
            raise ConflictError(f"the forge's branch {branch} has moved")
        made = self.origin.add((base,), {**self.origin.trees[base], **files}, message, author)
        self.origin.branches[branch] = self.tracked[branch] = made
        self.origin.pushes += 1
        return made

    def commit(self, commit: str) -> CommitFacts:
        if commit not in self.origin.commits:
            raise UsageError(f"commit {commit} is not in this repository")
        return self.origin.commits[commit]

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        return ancestor in self.origin.ancestors(commit)

    def commits(self, commits: Collection[str]) -> Mapping[str, CommitFacts]:
        return {commit: self.commit(commit) for commit in commits}

    def contained(self, commits: Collection[str], within: str) -> frozenset[str]:
        return frozenset(commits).intersection(self.origin.ancestors(within))

    def texts(self, places: Collection[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        return {(commit, path): self.origin.trees[commit][path] for commit, path in places if path in self.origin.trees[commit]}

    def introducers(self, commit: str, folder: PurePosixPath, texts: Collection[str]) -> Mapping[str, tuple[Identity, ...]]:
        found: dict[str, tuple[Identity, ...]] = {}
        for name in reversed(self.origin.ancestors(commit)):
            facts = self.origin.commits[name]
            if len(facts.parents) < 2:
                added = "".join(self.origin.trees[name].get(path, "") for path in facts.paths if folder in path.parents)
                people = tuple(dict.fromkeys((facts.author, facts.committer)))
                found |= {text: people for text in texts if text not in found and text in added}
        return found

    def work_tree_state(self) -> WorkTree:
        return WorkTree("main", self.tracked.get("main"), dirty=False)

    def fast_forward(self, base: str) -> str | None:
        return None


@dataclass
class FakeLedger:
    """A list."""

    kept: list[Record] = field(default_factory=list)

    def append(self, entries: Sequence[Entry], *, unless: Callable[[Sequence[Record]], bool] | None = None) -> Sequence[Record]:
        added: list[Record] = []
        if unless is not None and unless(self.records()):
            return added
        for entry in entries:
            self.kept.append(chain(self.kept[-1] if self.kept else None, entry))
            added.append(self.kept[-1])
        return added

    def records(self) -> Sequence[Record]:
        return tuple(self.kept)

    def verify(self) -> Sequence[Record]:
        return read_chain([encode(record).encode() for record in self.kept], str)


@dataclass
class FakeForge:
    """Pull requests on a FakeOrigin. writes: how many changes were asked for."""

    origin: FakeOrigin
    clock: FakeClock
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    checks: dict[str, dict[str, Check]] = field(default_factory=dict)
    down: bool = False
    writes: int = 0

    def list_pulls(self, *, state: PullState | None = None) -> Sequence[PullRequest]:
        self._up()
        return [pull for pull in (self.pull(number) for number in sorted(self.pulls)) if state in (None, pull.state)]

    def pull(self, number: int) -> PullRequest:
        self._up()
        if number not in self.pulls:
            raise UsageError(f"there is no pull request #{number}")
        pull = self.pulls[number]
        if pull.state is not PullState.OPEN:
            return pull
        pull = replace(pull, commit=self.origin.branches.get(pull.head, pull.commit))
        said = self.checks.get(pull.commit, {})
        pull = replace(pull, checks=tuple(said[name] for name in sorted(said)))
        if pull.commit in self.origin.ancestors(self.origin.branches[pull.base]):
            return replace(pull, state=PullState.MERGED, merge_commit=self.origin.branches[pull.base])
        return pull

    def open_pull(self, *, title: str, body: str, head: str, base: str, author: Identity) -> PullRequest:
        if any((pull.head, pull.base) == (head, base) for pull in self.list_pulls(state=PullState.OPEN)):
            raise ConflictError(f"a pull request is open for {head} already")
        if head not in self.origin.branches:
            raise UsageError(f"the forge has no branch {head!r}")
        if self.origin.branches[head] in self.origin.ancestors(self.origin.branches[base]):
            raise UsageError(f"{base} has everything of {head} already")
        number = max(self.pulls, default=0) + 1
        commit = self.origin.branches[head]
        return self._keep(PullRequest(number, title, body, head, base, commit, author, PullState.OPEN, f"fake:forge#pull/{number}"))

    def update_pull(self, number: int, *, title: str, body: str) -> PullRequest:
        return self._keep(replace(self._open(number), title=title, body=body))

    def review(self, number: int, *, reviewer: Identity, approve: bool, commit: str) -> PullRequest:
        pull = self._open(number)
        if pull.commit != commit:
            raise ConflictError(f"#{number} has moved on")
        return self._keep(replace(pull, reviews=(*pull.reviews, Review(reviewer, approve, commit, self.clock.now()))))

    def merge(self, number: int, *, message: str, by: Identity, commit: str) -> PullRequest:
        if self.pull(number).state is PullState.MERGED:
            return self.pull(number)
        pull = self._open(number)
        if pull.commit != commit:
            raise ConflictError(f"#{number} has moved on")
        base = self.origin.branches[pull.base]
        tree = self._merged(base, commit)
        merged = self.origin.add((base, commit), tree, message, by)
        self.origin.branches[pull.base] = merged
        del self.origin.branches[pull.head]
        return self._keep(replace(pull, state=PullState.MERGED, merge_commit=merged))

    def close(self, number: int, *, reason: str, by: Identity) -> PullRequest:
        if self.pull(number).state is PullState.CLOSED:
            return self.pull(number)
        pull = self._open(number)
        self.origin.branches.pop(pull.head, None)
        return self._keep(replace(pull, state=PullState.CLOSED))

    def set_status(self, commit: str, check: Check) -> None:
        pulls = [pull for pull in self.list_pulls(state=PullState.OPEN) if pull.commit == commit]
        if not pulls:
            raise UsageError("that commit is the head of no pull request")
        self.checks.setdefault(commit, {})[check.name] = check

    def _merged(self, base: str, commit: str) -> dict[PurePosixPath, str]:
        theirs = self.origin.ancestors(commit)
        common = next(name for name in self.origin.ancestors(base) if name in theirs)
        before, ours, new = (self.origin.trees[name] for name in (common, base, commit))
        changed = {path for path in {*before, *new} if before.get(path) != new.get(path)}
        if any(ours.get(path) not in (before.get(path), new.get(path)) for path in changed):
            raise ConflictError("it conflicts")
        merged = {**ours, **{path: new[path] for path in changed if path in new}}
        return {path: text for path, text in merged.items() if path not in changed or path in new}

    def _open(self, number: int) -> PullRequest:
        pull = self.pull(number)
        if pull.state is not PullState.OPEN:
            raise ConflictError(f"#{number} is {pull.state.value}")
        return pull

    def _keep(self, pull: PullRequest) -> PullRequest:
        self.writes += 1
        self.pulls[pull.number] = pull
        return pull

    def _up(self) -> None:
        if self.down:
            raise UnavailableError("the forge does not answer", hint="start it")
