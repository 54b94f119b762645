"""Settles what a run left unfinished when it was cut off: nothing half made stays, nothing that was made is forgotten."""

from __future__ import annotations

from liftlock_engine.errors import EngineError
from liftlock_engine.events import Severity
from liftlock_engine.execution import Execution
from liftlock_engine.executor import as_gone, as_seen
from liftlock_engine.model import PendingKind, PendingOperation, ResourceState
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.refresh import read_owned
from liftlock_engine.secrecy import reveal_map
from liftlock_engine.urns import short


def settle(run: Execution) -> None:
    """Resolves every pending operation with its provider, before anything is planned. A preview resolves them in memory only."""
    for operation in run.journal.pending():
        try:
            _settle(run, operation)
        except ProviderError as err:
            raise EngineError(
                f"an interrupted step cannot be settled: {operation.kind.value} {short(operation.state.urn)}: {err}",
                hint="Nothing was changed. When its service answers again, run again.",
            ) from err
    run.journal.flush()


def _settle(run: Execution, operation: PendingOperation) -> None:
    match operation.kind:
        case PendingKind.CREATING:
            _settle_create(run, operation)
        case PendingKind.UPDATING | PendingKind.DELETING:
            _settle_change(run, operation)
        case PendingKind.READING | PendingKind.IMPORTING:
            run.journal.give_up(operation)


def _settle_create(run: Execution, operation: PendingOperation) -> None:
    state = operation.state
    provider = run.provider_of(state)
    inputs = reveal_map(state.inputs)
    found = provider.locate(state.urn, state.type, inputs, since=state.created)
    if found is not None and not any(found == other.id for other in run.journal.left() if other.managed):
        if not run.preview:
            outputs = provider.read(state.urn, state.type, found, inputs, None).outputs
            provider.delete(state.urn, state.type, found, inputs, outputs, timeout=state.timeouts.delete)
        run.reporter.diagnostic(
            Severity.INFO, f"an earlier run was cut off while it made {short(state.urn)}: removed what it left", state.urn
        )
    run.journal.give_up(operation)


def _settle_change(run: Execution, operation: PendingOperation) -> None:
    state = _recorded(run, operation.state)
    if state is None:
        run.journal.give_up(operation)
        return
    owned = frozenset(other.id for other in run.journal.left() if other.managed and other is not state)
    seen = read_owned(run, state, owned)
    after = as_seen(state, seen) if seen.id is not None else as_gone(state)
    run.journal.amend(state, after, operation=operation)
    verb = "changed" if operation.kind is PendingKind.UPDATING else "deleted"
    found = "it is gone" if seen.id is None else "it is there"
    run.reporter.diagnostic(Severity.INFO, f"an earlier run was cut off while it {verb} {short(state.urn)}: {found}", state.urn)


def _recorded(run: Execution, state: ResourceState) -> ResourceState | None:
    matches = (other for other in run.journal.left() if other.urn == state.urn and other.id == state.id)
    return next(matches, None)
