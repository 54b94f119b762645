"""Which provider a resource or function gets: the one that the program names, or a default one that the run makes for itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from liftlock_engine.claims import Claims
from liftlock_engine.errors import EngineError, RefusedError
from liftlock_engine.execution import Execution
from liftlock_engine.executor import Executor
from liftlock_engine.model import Goal, ResourceState, StackName
from liftlock_engine.plugins import default_provider_urn, new_provider_id, provider_inputs, provider_outputs
from liftlock_engine.providers.port import Provider
from liftlock_engine.secrecy import has_unknown, reveal
from liftlock_engine.signatures import UNKNOWN_TEXT
from liftlock_engine.steps import Op, Step
from liftlock_engine.urns import PROVIDER_PREFIX, package_of
from liftlock_engine.values import Value


@dataclass(frozen=True, slots=True)
class Asked:
    """What an SDK says of the plugin that it wants. Ours are built in: it names default providers, and is recorded."""

    package: str = ""
    version: str = ""
    url: str = ""


class ProviderChoice:
    """The providers of one run. options: of the stack's configuration, for default providers (`docker:host`)."""

    def __init__(self, run: Execution, do: Executor, claims: Claims, stack: StackName, options: Mapping[str, Value]) -> None:
        self._run = run
        self._do = do
        self._claims = claims
        self._stack = stack
        self._options = options
        self._defaults: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def choose(self, reference: str, token: str, asked: Asked, user: str) -> tuple[Provider, str]:
        """The provider for a type or function, and the reference (`<urn>::<id>`) that the state records. user: who needs it."""
        package = asked.package or package_of(token)
        if reference:
            urn = reference.rsplit("::", 1)[0]
            found = self._run.plugins.registered(urn)
            # In a preview its options may be unknown; what needs no service (check, diff, predict) works without them.
            return found or self._run.plugins.for_package(package, urn), reference
        if package != "pulumi" and not {"*", package}.isdisjoint(self._denied()):
            raise RefusedError(f"Default provider for '{package}' disabled. '{user}' must use an explicit provider.")
        urn = default_provider_urn(self._stack.stack, self._stack.project, package, asked.version, asked.url)
        with self._lock:
            lock = self._defaults.setdefault(urn, threading.Lock())
        with lock:
            found = self._run.plugins.registered(urn)
            if found is None:
                self._run.plugins.for_package(package, urn)  # refuses before anything is recorded
                self._make_default(urn, package, asked)
                found = self._run.plugins.registered(urn)
        state = self._run.journal.current(urn)
        if found is None or state is None:
            raise EngineError(f"{urn}: the default provider was not made")
        return found, f"{urn}::{state.id or UNKNOWN_TEXT}"

    def register(self, goal: Goal, old: ResourceState | None, asked: Asked) -> ResourceState:
        """Records a provider resource. Other options are an update; what it serves stays."""
        inputs = provider_inputs(goal.inputs, asked.version, asked.url)
        if old is None or old.pending_replacement:
            op = Op.CREATE
        else:
            op = Op.SAME if reveal(dict(old.inputs)) == reveal(dict(inputs)) else Op.UPDATE
        kept_id = old.id if old is not None else "" if self._run.preview else new_provider_id()
        state = self._do.note(goal, Step(op, goal.urn, goal.type, old), inputs, id_=kept_id, outputs=provider_outputs(inputs))
        if not any(has_unknown(value) for value in inputs.values()):
            self._run.plugins.register(state)
        return state

    def _denied(self) -> frozenset[str]:
        stated = str(reveal(self._options.get("pulumi:disable-default-providers")) or "[]")
        try:
            return frozenset(str(name).strip() for name in json.loads(stated))
        except (ValueError, TypeError) as err:
            raise RefusedError(f"pulumi:disable-default-providers is no JSON list of packages: {stated}") from err

    def _make_default(self, urn: str, package: str, asked: Asked) -> None:
        prefix = f"{package}:"
        options = {key.removeprefix(prefix): value for key, value in self._options.items() if key.startswith(prefix)}
        goal = Goal(urn=urn, type=f"{PROVIDER_PREFIX}{package}", name=urn.rsplit("::", 1)[1], custom=True, inputs=options)
        with self._claims.take(goal) as old:
            self.register(goal, old, asked)
