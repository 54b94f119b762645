"""Reads what Git and the forge hold of pull requests of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from liftlock.core.errors import UsageError
from liftlock.core.ports import Forge, PullRequest, PullState, Repository
from liftlock.core.proposal import ProposalKind, read_branch, writable_paths
from liftlock.core.proposal_pull import BranchFacts, ProposalPull, judge_branch
from liftlock.core.pull_request_body import Metadata, decode_metadata
from liftlock.core.trailers import read_metadata

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
        kind, target = read_branch(pull.head) or (ProposalKind.PROMOTE, "")
        return judge_branch(pull, kind, target, self.facts(pull.commit, kind, target, base))

    def facts(self, commit: str, kind: ProposalKind, target: str, base: str) -> BranchFacts:
        """What Git holds of a branch whose head is `commit`."""
        repository, paths = self._repository, writable_paths(kind, target)
        head = repository.commit(commit)
        parent = head.parents[0] if head.parents else None
        return BranchFacts(
            head=head,
            on_base=parent is not None and repository.is_ancestor(parent, base),
            before={path: repository.read(parent, path) if parent else None for path in paths},
            after={path: repository.read(commit, path) for path in paths},
            current={path: repository.read(base, path) for path in paths},
        )

    def _is_ours(self, pull: PullRequest, wanted: Wanted) -> bool:
        named = read_branch(pull.head)
        return pull.base == self._base and named is not None and wanted(*named)
