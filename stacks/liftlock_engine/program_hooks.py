"""Calls the hooks that the running program has registered."""

from __future__ import annotations

import threading
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import callback_pb2, resource_pb2

from liftlock_engine.callbacks import CallbackError, Callbacks
from liftlock_engine.errors import EngineError
from liftlock_engine.events import Reporter, Severity
from liftlock_engine.goals import HOOK_KINDS
from liftlock_engine.hooks import Change, HookFailedError
from liftlock_engine.model import ResourceState, Timeouts
from liftlock_engine.urns import name_of
from liftlock_engine.values import PropertyMap
from liftlock_engine.wire import write_struct

Registration = resource_pb2.RegisterResourceHookRequest


class ProgramHooks:
    """The hooks by name. Names are unique in a program."""

    def __init__(self, callbacks: Callbacks, reporter: Reporter, *, preview: bool) -> None:
        self._callbacks = callbacks
        self._reporter = reporter
        self._preview = preview
        self._lock = threading.Lock()
        self._hooks: dict[str, Registration] = {}
        self._on_error: dict[str, callback_pb2.Callback] = {}

    def register(self, hook: Registration) -> None:
        """Takes a hook; EngineError where its name is taken."""
        with self._lock:
            self._refuse_taken(hook.name)
            self._hooks[hook.name] = hook

    def register_on_error(self, hook: resource_pb2.RegisterErrorHookRequest) -> None:
        """Takes an error hook; EngineError where its name is taken."""
        with self._lock:
            self._refuse_taken(hook.name)
            self._on_error[hook.name] = hook.callback

    def before(self, kind: str, change: Change) -> None:
        """See Hooks.before."""
        self._call_all("before", kind, change)

    def after(self, kind: str, change: Change) -> bool:
        """See Hooks.after."""
        try:
            self._call_all("after", kind, change)
        except HookFailedError as err:
            self._reporter.refused(change.state.urn, str(err))
            return False
        return True

    def retry(self, operation: str, change: Change, errors: tuple[str, ...]) -> bool:
        """See Hooks.retry. Every hook is asked, one that wants it is enough."""
        wishes = [self._wants_retry(name, operation, change, errors) for name in change.state.hooks.get("OnError", ())]
        return any(wishes)

    def _call_all(self, when: str, kind: str, change: Change) -> None:
        for name in change.state.hooks.get(kind, ()):
            with self._lock:
                hook = self._hooks.get(name)
            if hook is None:
                raise HookFailedError(f'hook "{name}" was not registered: the program must have it until the resource is gone')
            if self._preview and not hook.on_dry_run:
                continue
            error = self._call(hook, change)
            if error and not hook.ignore_errors:
                raise HookFailedError(f'{when} hook "{name}" failed: {error}')
            if error:
                self._reporter.diagnostic(Severity.WARNING, f'{kind} hook "{name}" failed: {error}', change.state.urn)

    def _call(self, hook: Registration, change: Change) -> str:
        """Why the hook failed, or empty."""
        new = change.new
        outputs = _struct(new.outputs if new is not None and new.outputs else None)
        request = resource_pb2.ResourceHookRequest(**_told(change), new_outputs=outputs)
        try:
            return self._callbacks.call(hook.callback, request, resource_pb2.ResourceHookResponse).error
        except CallbackError as err:
            return str(err)

    def _wants_retry(self, name: str, operation: str, change: Change, errors: tuple[str, ...]) -> bool:
        failed = "error hooks execution failed: error hook"
        with self._lock:
            callback = self._on_error.get(name)
        if callback is None:
            raise HookFailedError(f'{failed} "{name}" was not registered')
        request = resource_pb2.ErrorHookRequest(**_told(change), failed_operation=operation, errors=errors)
        try:
            answer = self._callbacks.call(callback, request, resource_pb2.ErrorHookResponse)
        except CallbackError as err:
            raise HookFailedError(f'{failed} "{name}" failed: {err}') from err
        if answer.error:
            raise HookFailedError(f'{failed} "{name}" failed: {answer.error}')
        return answer.retry

    def _refuse_taken(self, name: str) -> None:
        if not name:
            raise EngineError("resource hook name cannot be empty")
        if name in self._hooks or name in self._on_error:
            raise EngineError(f'resource hook already registered for name "{name}"')


def _told(change: Change) -> dict[str, Any]:
    """What every hook is told of a change."""
    old, new, state = change.old, change.new, change.state
    return {
        "urn": state.urn,
        "id": state.id,
        "name": name_of(state.urn),
        "type": state.type,
        "new_inputs": _struct(new.inputs if new is not None else None),
        "old_inputs": _struct(old.inputs if old is not None else None),
        "old_outputs": _struct(old.outputs if old is not None else None),
        "old_options": options_of(old),
        "new_options": options_of(new),
    }


def _struct(properties: PropertyMap | None) -> struct_pb2.Struct | None:
    return None if properties is None else write_struct(properties)


def options_of(state: ResourceState | None) -> resource_pb2.ResourceOptions | None:
    """The options under which a resource stands, as hooks see them."""
    if state is None:
        return None
    binding = {field: state.hooks[kind] for kind, field in HOOK_KINDS.items() if kind in state.hooks}
    options = resource_pb2.ResourceOptions(
        depends_on=state.dependencies,
        protect=state.protect,
        ignore_changes=state.ignore_changes,
        replace_on_changes=state.replace_on_changes,
        provider=state.provider,
        custom_timeouts=_timeouts(state.timeouts),
        retain_on_delete=state.retain_on_delete,
        deleted_with=state.deleted_with,
        additional_secret_outputs=state.additional_secret_outputs,
        hooks=resource_pb2.RegisterResourceRequest.ResourceHooksBinding(**binding) if binding else None,
        hide_diff=state.hide_diffs,
        replace_with=state.replace_with,
        parent=state.parent,
    )
    setattr(options, "import", state.import_id)  # a field named by a keyword
    return options


def _timeouts(timeouts: Timeouts) -> resource_pb2.RegisterResourceRequest.CustomTimeouts | None:
    stated = {verb: f"{seconds}s" for verb in ("create", "update", "delete", "read") if (seconds := getattr(timeouts, verb)) is not None}
    return resource_pb2.RegisterResourceRequest.CustomTimeouts(**stated) if stated else None
