"""Removes what no program declares: all of a stack that is destroyed, and what an update replaced or no longer has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from liftlock_engine.execution import Execution, StepFailedError, StoppedError
from liftlock_engine.executor import Executor
from liftlock_engine.journal import Journal
from liftlock_engine.model import ResourceState
from liftlock_engine.removal import hosts_of, run_in_order
from liftlock_engine.steps import Step, plan_deletes


def delete_leftovers(run: Execution, *, parallel: int, idle: Callable[[], None] = lambda: None) -> None:
    """Removes what the program does not have any more, and what was replaced."""
    left = run.journal.left()
    run.journal.forget(state for state in left if state.pending_replacement)
    steps = [_told(step, run.journal) for step in plan_deletes(run.journal.left())]
    hosts = {id(steps[place]): steps[host] for place, host in hosts_of(steps).items()}
    guests: dict[int, list[ResourceState]] = {id(step): [] for step in steps}
    do = Executor(run)

    def delete(step: Step) -> bool:
        try:
            if id(step) not in hosts:
                return do.delete(step, along=guests[id(step)])
            return do.leave(step, guests[id(hosts[id(step)])].append)
        except (StepFailedError, StoppedError):
            return False
        except BaseException:  # noqa: BLE001 - kept in the execution, which raises it when the running steps have ended
            return False

    one_by_one = 1 if run.preview else parallel
    for step in run_in_order(steps, delete, parallel=one_by_one, idle=idle):
        run.reporter.skip(step.urn)


def _told(step: Step, journal: Journal) -> Step:
    """The step, told by the name under which its object was made: the new one's is told of its successor."""
    return replace(step, former=journal.former_urn(step.recorded))
