"""Removes what no program declares: all of a stack that is destroyed, and what an update replaced or no longer has."""

from __future__ import annotations

from collections.abc import Callable

from liftlock_engine.execution import Execution, StepFailedError, StoppedError
from liftlock_engine.executor import Executor
from liftlock_engine.removal import run_in_order
from liftlock_engine.steps import Step, plan_deletes


def delete_leftovers(run: Execution, *, parallel: int, idle: Callable[[], None] = lambda: None) -> None:
    """Removes what the program does not have any more, and what was replaced."""
    left = run.journal.left()
    run.journal.forget(state for state in left if state.pending_replacement)
    steps = plan_deletes(run.journal.left())
    do = Executor(run)
    going = frozenset(step.urn for step in steps)

    def delete(step: Step) -> bool:
        try:
            with_other = step.old is not None and step.old.deleted_with in going
            return do.delete(step, without_provider=with_other)
        except (StepFailedError, StoppedError):
            return False
        except BaseException:  # noqa: BLE001 - kept in the execution, which raises it when the running steps have ended
            return False

    one_by_one = 1 if run.preview else parallel
    for step in run_in_order(steps, delete, parallel=one_by_one, idle=idle):
        run.reporter.skip(step.urn)
