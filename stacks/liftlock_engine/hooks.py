"""What steps ask of resource hooks: functions of the program that are called before and after a resource's steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from liftlock_engine.events import Reporter
from liftlock_engine.model import ResourceState


class HookFailedError(Exception):
    """A hook raised, or none of its name is registered; the message names it."""


@dataclass(frozen=True, slots=True)
class Change:
    """The resource before and after the step, as far as each is there; one of them is."""

    old: ResourceState | None
    new: ResourceState | None

    @property
    def state(self) -> ResourceState:
        """The later one."""
        state = self.new or self.old
        assert state is not None  # noqa: S101 - a step has a resource before it or after it
        return state


class Hooks(Protocol):
    """The hooks of one run."""

    def before(self, kind: str, change: Change) -> None:
        """Calls the hooks of a kind (`BeforeCreate`); HookFailedError where the step may not be taken."""
        ...

    def after(self, kind: str, change: Change) -> bool:
        """Calls the hooks of a kind (`AfterCreate`); whether that went well. The step is done: what fails is reported, not raised."""
        ...

    def retry(self, operation: str, change: Change, errors: tuple[str, ...]) -> bool:
        """Whether an error hook asks to try the failed operation (`create`, `update`, `delete`) again. errors: the latest first."""
        ...


class NoProgram:
    """Where no program runs, as in a destroy, nothing is registered: a resource with hooks fails by their name, as with Pulumi."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def before(self, kind: str, change: Change) -> None:
        """Fails where the resource has such a hook."""
        for name in change.state.hooks.get(kind, ()):
            raise HookFailedError(
                f'hook "{name}" was not registered: no program runs; take the hook off it in the program and update first'
            )

    def after(self, kind: str, change: Change) -> bool:
        """Reports where the resource has such a hook."""
        try:
            self.before(kind, change)
        except HookFailedError as err:
            self._reporter.refused(change.state.urn, str(err))
            return False
        return True

    def retry(self, operation: str, change: Change, errors: tuple[str, ...]) -> bool:  # noqa: ARG002
        """Fails where the resource has an error hook."""
        for name in change.state.hooks.get("OnError", ()):
            raise HookFailedError(f'error hooks execution failed: error hook "{name}" was not registered')
        return False
