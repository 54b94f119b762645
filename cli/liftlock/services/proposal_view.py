"""Reads what Git and the forge hold of pull requests of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ports import Forge, PullRequest, PullState, Repository
from liftlock.core.proposal import ProposalKind, read_branch, writable_paths
from liftlock.core.proposal_pull import BranchFacts, ProposalPull, judge_branch
from liftlock.core.pull_request_body import Metadata, decode_metadata
from liftlock.core.trailers import read_metadata

_AT_ONCE = 50
Wanted = Callable[[ProposalKind, str], bool]


class ProposalView:
    """Open pull requests of ours, each with the truth about its branch."""

    def __init__(self, repository: Repository, forge: Forge, base: str) -> None:
        self._repository, self._forge, self._base = repository, forge, base

    def listed(self, wanted: Wanted) -> Sequence[PullRequest]:
        """The open ones of the wanted kinds and targets. To be asked before Git is fetched, so that their commits are here then."""
        return [pull for pull in self._forge.list_pulls(state=PullState.OPEN) if self._is_ours(pull, wanted)]

    def claim(self, pull: PullRequest) -> Metadata | None:
        """What the pull request says was asked for: its commit where that is here, otherwise its body."""
        return self.committed(pull) or decode_metadata(pull.body)

    def committed(self, pull: PullRequest) -> Metadata | None:
        """What the commit at its head says; None where it is not here or says nothing."""
        try:
            return read_metadata(self._repository.commit(pull.commit).message, {})
        except UsageError:
            return None

    def judged(self, pull: PullRequest, base: str) -> ProposalPull:
        """The pull request with the truth about its branch; base: the commit of the base branch that it is judged against."""
        return self.all_judged([pull], base)[0]

    def all_judged(self, pulls: Sequence[PullRequest], base: str) -> Sequence[ProposalPull]:
        """The same of many, with as many Git processes for a hundred as for one, and never the texts of more than these at once."""
        judged: list[ProposalPull] = []
        for start in range(0, len(pulls), _AT_ONCE):
            some = [(pull, *(read_branch(pull.head) or (ProposalKind.PROMOTE, ""))) for pull in pulls[start : start + _AT_ONCE]]
            facts = self._all_facts([(pull.commit, kind, target) for pull, kind, target in some], base)
            judged += [judge_branch(pull, kind, target, found) for (pull, kind, target), found in zip(some, facts, strict=True)]
        return judged

    def facts(self, commit: str, kind: ProposalKind, target: str, base: str) -> BranchFacts:
        """What Git holds of a branch whose head is `commit`."""
        return self._all_facts([(commit, kind, target)], base)[0]

    def _all_facts(self, heads: Sequence[tuple[str, ProposalKind, str]], base: str) -> list[BranchFacts]:
        repository = self._repository
        try:
            commits = repository.commits({commit for commit, *_ in heads})
        except UsageError as err:  # listed by the forge, and gone before it was fetched
            raise ConflictError(f"a branch was replaced while it was looked at: {err.message}", hint="run the same command again") from err
        parents = {commit: next(iter(found.parents), None) for commit, found in commits.items()}
        on_base = repository.contained({parent for parent in parents.values() if parent is not None}, base)
        allowed = [(commit, writable_paths(kind, target)) for commit, kind, target in heads]
        places = {(at, path) for commit, paths in allowed for at in (parents[commit], commit, base) if at is not None for path in paths}
        texts = repository.texts(places)
        return [
            BranchFacts(
                head=commits[commit],
                on_base=parents[commit] in on_base,
                before={path: texts.get((parents[commit] or "", path)) for path in paths},
                after={path: texts.get((commit, path)) for path in paths},
                current={path: texts.get((base, path)) for path in paths},
            )
            for commit, paths in allowed
        ]

    def _is_ours(self, pull: PullRequest, wanted: Wanted) -> bool:
        named = read_branch(pull.head)
        return pull.base == self._base and named is not None and wanted(*named)
