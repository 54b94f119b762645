"""What a pull request must be so that something can be done with it, in one wording for every forge. No I/O."""

from __future__ import annotations

from liftlock.core.errors import ConflictError
from liftlock.core.ports import PullRequest, PullState


def require_open(pull: PullRequest, *, named: str = "pull request #") -> None:
    """ConflictError where it is merged or closed. named: what the forge puts before its number."""
    if pull.state is not PullState.OPEN:
        raise ConflictError(f"{named}{pull.number} is {pull.state.value}", hint=f"see {pull.url}")


def require_open_at(pull: PullRequest, commit: str, *, named: str = "pull request #") -> None:
    """The same, and ConflictError where its head is another commit than the one that was looked at."""
    require_open(pull, named=named)
    if pull.commit != commit:
        raise ConflictError(
            f"{named}{pull.number} is at {pull.commit[:12]} by now, not at {commit[:12]}", hint="look at it again, then repeat it"
        )
