"""Carries out what was decided about a proposal of any kind: its branch is one commit made from the base, its pull request one of its name.

Whatever another process did in between is a ConflictError: the caller decides anew. Nothing is ever doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, assert_never

from liftlock.core.errors import ConflictError, UsageError
from liftlock.core.ledger import Entry, Fact, Record
from liftlock.core.ledger_chain import select
from liftlock.core.ports import Clock, Forge, Identity, Ledger, PullRequest, Repository
from liftlock.core.proposal import Action, Adopt, Close, Edit, LeaveAlone, Open, Update, apply_edits, writable_paths
from liftlock.core.proposal_pull import BranchFacts, branch_edits
from liftlock.core.pull_request_body import Metadata, PullRequestText
from liftlock.core.trailers import read_metadata
from liftlock.services.proposal_view import ProposalView

_ATTEMPTS = 8
_T = TypeVar("_T")


class OpenOutcome(StrEnum):
    """What became of a proposal."""

    OPENED = "opened"
    ADOPTED = "adopted"
    UPDATED = "updated"
    NOTHING = "nothing"
    BLOCKED = "blocked"
    LEFT_ALONE = "left-alone"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One pull request, ready to be made. base: the commit that it is made on; message: its commit's; opened: the fact of its opening."""

    branch: str
    base: str
    edits: tuple[Edit, ...]
    metadata: Metadata
    message: str
    text: PullRequestText
    opened: Callable[[PullRequest], Entry]


@dataclass(frozen=True, slots=True)
class Carried:
    """What was done. closed: the pull requests that it replaces; notes: what a person should know."""

    outcome: OpenOutcome
    pull: PullRequest | None = None
    closed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def until_settled(attempt: Callable[[], _T]) -> _T:
    """What the attempt gives; made anew a few times where others were faster."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except ConflictError:
            continue
    return attempt()


def is_opened(number: int, records: Sequence[Record]) -> bool:
    """Whether the ledger has the opening of that pull request."""
    opened = select(records, (Fact.PROMOTION_OPENED, Fact.POLICY_PROPOSED), backwards=True)
    return any(record.entry.details.get("pull") == number for record in opened)


class Proposals:
    """Opens, adopts, updates and closes pull requests of every kind."""

    def __init__(self, repository: Repository, forge: Forge, ledger: Ledger, clock: Clock, base: str) -> None:
        self._repository, self._forge, self._ledger, self._clock, self._base = repository, forge, ledger, clock, base
        self._view = ProposalView(repository, forge, base)

    def carry_out(self, proposal: Proposal | None, actions: Sequence[Action], actor: Identity) -> Carried:
        """Does the actions in their order. proposal: None where there is nothing to propose, only others to close."""
        outcome, pull = OpenOutcome.NOTHING, None
        closed: list[int] = []
        notes: list[str] = []
        for action in actions:
            match action:
                case Open() if proposal is not None:
                    outcome, pull = OpenOutcome.OPENED, self._open(proposal, actor)
                case Adopt(number=number):
                    outcome, pull = OpenOutcome.ADOPTED, self._forge.pull(number)
                case Update(number=number, reason=reason) if proposal is not None:
                    outcome = OpenOutcome.UPDATED
                    pull, note = self._update(proposal, number, actor)
                    notes.append(f"#{number} was made anew: {reason}{note}")
                case LeaveAlone(number=number, reason=reason, hinders=hinders):
                    notes.append(f"#{number} is left alone: {reason}")
                    if hinders:
                        outcome, pull = OpenOutcome.LEFT_ALONE, self._forge.pull(number)
                case Close(number=number, reason=reason):
                    self._forge.close(number, reason=f"{reason}{f' by #{pull.number}: {pull.url}' if pull else ''}", by=actor)
                    closed.append(number)
                case Open() | Update():
                    raise AssertionError("nothing to propose is opened by nobody")
                case _:
                    assert_never(action)
        return Carried(outcome, pull, tuple(closed), tuple(notes))

    def _open(self, proposal: Proposal, actor: Identity) -> PullRequest:
        try:
            self._push(proposal, actor, force=False)
        except ConflictError:
            self._take_over(proposal, actor)
        text = proposal.text
        pull = self._forge.open_pull(title=text.title, body=text.body, head=proposal.branch, base=self._base, author=actor)
        self.remember(pull, proposal.opened)
        return pull

    def remember(self, pull: PullRequest, opened: Callable[[PullRequest], Entry]) -> None:
        """Sees that the opening is on record, once: a run that was cut off behind it left that to the next."""
        if not is_opened(pull.number, self._ledger.records()):
            self._ledger.append([opened(pull)], unless=lambda records: is_opened(pull.number, records))

    def _update(self, proposal: Proposal, number: int, actor: Identity) -> tuple[PullRequest, str]:
        """The pull request made anew, and what a person should know of it. A branch that is as it should be is not written again."""
        text, note = proposal.text, ""
        if not self._is_made(proposal, self._facts(self._forge.pull(number).commit, proposal)):
            self._push(proposal, actor, force=True)
            note = "; earlier approvals do not count any more"
        return self._forge.update_pull(number, title=text.title, body=text.body), note

    def remake(self, proposal: Proposal, actor: Identity) -> str:
        """The commit of the branch made anew from the base: ours, whatever somebody pushes behind it. The pull request's text stays."""
        return self._push(proposal, actor, force=True)

    def _push(self, proposal: Proposal, actor: Identity, *, force: bool) -> str:
        texts = {
            path: self._repository.read(proposal.base, path) for path in writable_paths(proposal.metadata.kind, proposal.metadata.target)
        }
        files = apply_edits(texts, proposal.edits)
        return self._repository.commit_files(
            base=proposal.base, branch=proposal.branch, files=files, message=proposal.message, author=actor, force=force
        )

    def _take_over(self, proposal: Proposal, actor: Identity) -> None:
        """The branch is there without a pull request: a run before this one was interrupted, or another one is just about to open it."""
        self._repository.fetch()
        try:
            tip = self._repository.head(proposal.branch)
        except UsageError as err:
            raise ConflictError(f"{proposal.branch} came and went while it was pushed", hint="run the same command again") from err
        facts = self._facts(tip, proposal)
        _, reason = branch_edits(proposal.branch, proposal.metadata.kind, proposal.metadata.target, facts)
        if reason is not None:
            raise ConflictError(f"{reason} (by {facts.head.author}), and it has no open pull request",
                                hint=f"look at it, then delete it: git push origin --delete {proposal.branch}")  # fmt: skip
        if not self._is_made(proposal, facts):
            self._push(proposal, actor, force=True)

    def _is_made(self, proposal: Proposal, facts: BranchFacts) -> bool:
        """Whether the branch is what would be pushed now, whoever pushed it."""
        edits, reason = branch_edits(proposal.branch, proposal.metadata.kind, proposal.metadata.target, facts)
        asked = read_metadata(facts.head.message, proposal.metadata.changes)
        return reason is None and edits == proposal.edits and facts.before == facts.current and asked == proposal.metadata

    def _facts(self, commit: str, proposal: Proposal) -> BranchFacts:
        return self._view.facts(commit, proposal.metadata.kind, proposal.metadata.target, proposal.base)
