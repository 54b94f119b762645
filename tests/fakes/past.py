"""The base branch's history on a FakeOrigin. tests/contract/test_past.py runs the same tests on it and on Git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ports import Identity
from liftlock.core.ports.past import BaseChange, Declared, FileChange
from liftlock.core.project import Project
from tests.fakes.promotion import START, FakeOrigin

_WATCHED = (PurePosixPath("releases"), PurePosixPath("policy"))


@dataclass
class FakePast:
    """Past port; what is declared is given."""

    origin: FakeOrigin
    known: Project | None = None
    declarations: dict[tuple[str, str], Declared] = field(default_factory=dict)
    base: str = "main"

    def fetch(self) -> None:
        """Everything is here."""

    def tip(self) -> str:
        if self.base not in self.origin.branches:
            raise UsageError(f"there is no branch {self.base} here")
        return self.origin.branches[self.base]

    def texts(self, places: Sequence[tuple[str, PurePosixPath]]) -> Mapping[tuple[str, PurePosixPath], str]:
        found = {(commit, path): self.origin.trees.get(commit, {}).get(path) for commit, path in places}
        return {place: text for place, text in found.items() if text is not None}

    def project(self) -> Project:
        if self.known is None:
            raise ConfigError("there is no liftlock.yaml")
        return self.known

    def declared(self, commit: str, environment: str) -> Declared | None:
        return self.declarations.get((commit, environment))

    def changes(self) -> Sequence[BaseChange]:
        line = [self.tip()]
        while parents := self.origin.commits[line[-1]].parents:
            line.append(parents[0])
        brought: set[str] = set()
        changes = [self._change(name, brought) for name in reversed(line)]
        return [change for change in changes if change.files]

    def _change(self, name: str, brought: set[str]) -> BaseChange:
        facts = self.origin.commits[name]
        before = self.origin.trees[facts.parents[0]] if facts.parents else {}
        files = tuple(
            FileChange(path, before.get(path), self.origin.trees[name].get(path))
            for path in facts.paths
            if any(folder in path.parents for folder in _WATCHED)
        )
        return BaseChange(name, facts.parents, facts.author, facts.committer, START, facts.message, self._writers(name, brought), files)

    def _writers(self, name: str, brought: set[str]) -> tuple[Identity, ...]:
        facts = self.origin.commits[name]
        new = [a for parent in facts.parents[1:] for a in self.origin.ancestors(parent) if a not in brought]
        brought |= {name, *new}
        own = tuple(dict.fromkeys(self.origin.commits[commit].author for commit in new))
        return own or (facts.author,)
