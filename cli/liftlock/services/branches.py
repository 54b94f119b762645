"""Ephemeral environments of branches: make, list, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from liftlock.core.branch import branch_environment, new_lease, renewed
from liftlock.core.deployment import Source
from liftlock.core.environment import Environment
from liftlock.core.ports import Health, Identity, RunningPart, StackSummary
from liftlock.core.stack import Lease, port_of, read_lease, url
from liftlock.services.environments import Environments
from liftlock.services.parts import Parts
from liftlock.services.reports import DownReport, UpReport

DEFAULT_TTL = timedelta(hours=72)

Declare = Callable[[str], tuple[Environment, Source]]
"""Environment name -> the declared class of ephemeral environments as an instance of that name, and the state of the repository."""


@dataclass(frozen=True, slots=True)
class BranchStatus:
    """One branch's environment as it is now. expired says that its time is over, not that it is gone."""

    branch: str
    environment: str
    owner: str
    url: str
    age: timedelta
    ttl_left: timedelta
    expired: bool
    healthy: int
    parts: int
    resources: int


class Branches:
    """Use cases of `liftlock branch`."""

    def __init__(self, parts: Parts, environments: Environments) -> None:
        self._parts = parts
        self._environments = environments

    def up(self, branch: str, declare: Declare, *, owner: Identity, ttl: timedelta | None, again: str = "") -> UpReport:
        """The branch's environment, running with its data; an existing one is brought up to date and its lease renewed.

        again: the command that does this once more.
        """
        name = branch_environment(branch)

        def renew(environment: Environment, held: Lease | None) -> Lease:
            now, life = self._parts.clock.now(), ttl or environment.ttl or DEFAULT_TTL
            return renewed(held, now, life) if held else new_lease(branch, owner.name, now, life)

        return self._environments.up(
            name, lambda: declare(name), actor=owner, renew=renew, again=again or f"liftlock branch up --branch {branch}"
        )

    def down(self, branch: str, project: str, *, actor: Identity) -> DownReport:
        """Removes all of the branch's environment; one that is not there is fine."""
        again = f"liftlock branch down --branch {branch}"
        return self._environments.down(branch_environment(branch), project, actor=actor, protected=False, again=again)

    def list(self, project: str) -> tuple[BranchStatus, ...]:
        """Every branch environment that the state knows, soonest to expire first."""
        now = self._parts.clock.now()
        running = self._parts.runtime.parts(project)
        leased = [(stack, lease) for stack in self._parts.engine.stacks() if (lease := read_lease(stack.values)) is not None]
        found = [
            branch_status(stack, lease, [part for part in running if part.environment == stack.environment], now) for stack, lease in leased
        ]
        return tuple(sorted(found, key=lambda status: (status.ttl_left, status.environment)))


def branch_status(stack: StackSummary, lease: Lease, running: list[RunningPart], now: datetime) -> BranchStatus:
    """One row of the list, from the state and what runs. Pure."""
    serving = [part for part in running if part.role in {"service", "database"}]
    return BranchStatus(
        branch=lease.branch,
        environment=stack.environment,
        owner=lease.owner,
        url=url(stack.environment, str(stack.values.get("project")), port_of(stack.values) or 0),
        age=now - lease.created,
        ttl_left=lease.expires - now,
        expired=lease.expires <= now,
        healthy=sum(part.health is Health.HEALTHY for part in serving),
        parts=len(serving),
        resources=stack.resources,
    )
