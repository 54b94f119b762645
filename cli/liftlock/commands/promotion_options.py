"""What the commands of `promote` can be told, and how a gate that blocks ends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.core.errors import BlockedError, ExitCode, PolicyError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from liftlock.core.gates.result import GateResult
    from liftlock.core.ports import Identity
    from liftlock.core.promotion_types import Hotfix, PromotionRequest
    from liftlock.services.promotions import Promotions
    from liftlock.services.waiting import Patience

FromOption = Annotated[str | None, typer.Option("--from", metavar="ENV", help="Where the release is now; the only upstream without it.")]
ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="ENV", help="The environment that gets it; may be given again. Without it all behind --from."),
]
ServiceOption = Annotated[list[str] | None, typer.Option("--service", metavar="NAME", help="Only this service; may be given again.")]
AllOption = Annotated[bool, typer.Option("--all", help="A train: exactly what the source has, together.")]
HotfixOption = Annotated[
    bool, typer.Option("--hotfix", help="Before soak and proof upstream; needs --reason and an approval by a second person.")
]
RollForwardOption = Annotated[
    bool, typer.Option("--roll-forward", help="After a rollback: lift its hold in the same pull request; a second person approves.")
]
ReasonOption = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why a hotfix cannot wait.")]
ExpiresOption = Annotated[str | None, typer.Option("--expires", metavar="TIME", help="How long the hotfix may be merged; 4h without it.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until the gates let it through.")]
TimeoutOption = Annotated[
    str | None, typer.Option("--timeout", metavar="TIME", help="With --wait: how long to wait at most; 30m without it.")
]
PullArgument = Annotated[int, typer.Argument(metavar="PULL", help="The pull request's number.", min=1)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options of `promote plan` and `promote open` say, as they were typed."""

    source: str | None
    targets: Sequence[str]
    services: Sequence[str]
    train: bool
    rollforward: bool
    hotfix: bool
    reason: str | None
    expires: str | None


def requests(promotions: Promotions, asked: Asked, requester: Identity | None) -> tuple[PromotionRequest, ...]:
    """What is asked for, one promotion for each target. requester: whose hotfix it is, where it is one."""
    lane = _lane(promotions, asked, requester)
    return promotions.requests(asked.source, asked.targets, asked.services, train=asked.train, hotfix=lane, rollforward=asked.rollforward)


def _lane(promotions: Promotions, asked: Asked, requester: Identity | None) -> Hotfix | None:
    if not asked.hotfix:
        if asked.reason or asked.expires:
            raise UsageError("--reason and --expires go with --hotfix", hint="say --hotfix, or leave them out")
        return None
    if asked.rollforward:
        raise UsageError("--hotfix and --roll-forward are two ways", hint="a hotfix passes the hold, a roll-forward lifts it")
    if not asked.reason or not asked.reason.strip() or requester is None:
        raise UsageError("a hotfix needs a reason", hint='say why it cannot wait: --reason "…"')
    from liftlock import wiring

    return promotions.hotfix(asked.reason, wiring.parse_duration(asked.expires or "4h"), requester)


def patience(timeout: str | None, *, wait: bool) -> Patience | None:
    """How long to wait for the gates; None: not at all."""
    from liftlock import wiring

    if timeout is not None and not wait:
        raise UsageError("--timeout says how long --wait waits", hint="add --wait, or leave --timeout out")
    return wiring.patience(timeout or "30m") if wait else None


def blocked_error(what: str, gates: Sequence[GateResult], hint: str) -> BlockedError:
    """Every gate that stands in the way; a rule of people has an exit code of its own."""
    lines = [f"{what} is blocked:", *(f"  {gate.key} ({gate.phase.value}): {gate.reason}" for gate in gates)]
    kind = PolicyError if any(gate.policy for gate in gates) else BlockedError
    return kind("\n".join(lines), hint=hint)


def blocked_code(gates: Sequence[GateResult]) -> ExitCode:
    """The exit code for gates that are in the way."""
    return ExitCode.POLICY if any(gate.policy for gate in gates) else ExitCode.BLOCKED


def described(request: PromotionRequest) -> str:
    """The options that ask for it again."""
    services = "".join(f" --service {name}" for name in request.services or ())
    return f"--from {request.source} --to {request.target}{services}{' --all' if request.train else ''}"


def people(repo: Path | None, actor: str | None) -> tuple[Identity, tuple[Identity, ...]]:
    """Who acts, and who made CI do it."""
    from liftlock import wiring

    return wiring.acting_identity(repo, actor), wiring.ci_requesters()
