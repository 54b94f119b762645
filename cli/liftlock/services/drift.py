"""Finds drift: asks the engine for the three sides and leaves the judgement to the core. Changes nothing, and proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.core.drift import DriftReport, find_drift, find_strays
from liftlock.core.environment import Environment
from liftlock.core.errors import IncompleteError, LiftlockError, UnavailableError, UsageError
from liftlock.core.ports import Engine, Progress, RunningPart, Runtime, Secrets
from liftlock.core.stack import port_of, read_lease, secret_keys, stack_values


class DriftDetection:
    """Use case of `liftlock drift`."""

    def __init__(self, engine: Engine, runtime: Runtime, secrets: Secrets, progress: Progress) -> None:
        self._engine = engine
        self._runtime = runtime
        self._secrets = secrets
        self._progress = progress

    def detect(self, environment: Environment) -> DriftReport:
        """What differs in the environment. UsageError where it was never made, IncompleteError where it runs and no state is here."""
        stack = self._engine.stack(environment.name)
        if stack is None:
            raise self._without_state(environment)
        before = self._engine.checksum(environment.name)
        values = stack_values(environment, port=environment.port or port_of(stack.values) or 0, lease=read_lease(stack.values))
        with self._progress.watching(f"{environment.name}: drift", stack.resources):
            observations = self._engine.observe(environment.name, values, self._secret_values(environment))
        running = self._look(environment)
        after = self._engine.checksum(environment.name)
        if before != after:
            raise LiftlockError(
                f"{environment.name}: its state changed while drift was looked for",
                hint="another run is at work; try again when it is done",
            )
        return find_drift(environment.name, observations, strays=find_strays(running, stack.objects), state_checksum=after)

    def _look(self, environment: Environment) -> Sequence[RunningPart]:
        """What runs; nothing where Docker does not answer, which every observation then says already."""
        try:
            return self._runtime.parts(environment.project, environment.name)
        except UnavailableError:
            return ()

    def _without_state(self, environment: Environment) -> LiftlockError:
        if self._runtime.parts(environment.project, environment.name):
            return IncompleteError(
                f"{environment.name} runs on this Docker engine, and this checkout has no state to compare it with",
                hint="run this in the checkout that made it, or copy its .liftlock folder here",
            )
        return UsageError(f"{environment.name} does not exist yet", hint=f"run: liftlock env up {environment.name}")

    def _secret_values(self, environment: Environment) -> Mapping[str, str]:
        kept = self._engine.secrets(environment.name)
        references = {key: reference for key, reference in secret_keys(environment).items() if reference is not None}
        return {**kept, **{key: self._secrets.resolve(reference) for key, reference in references.items()}}
