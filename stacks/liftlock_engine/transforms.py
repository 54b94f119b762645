"""Transforms: functions of the program that change a resource's properties and options, or a function call's, before the engine sees them.

They run in this order: the resource's own, its parents' from the nearest up, the stack's. Pure but for the calls back into the program.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from google.protobuf import struct_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import alias_pb2, callback_pb2, resource_pb2

from liftlock_engine.callbacks import CallbackError, Callbacks
from liftlock_engine.errors import EngineError
from liftlock_engine.goals import Request
from liftlock_engine.outputs import dependencies_in, with_outputs

Options = resource_pb2.TransformResourceOptions
InvokeRequest = resource_pb2.ResourceInvokeRequest
_Answer = TypeVar("_Answer", bound=Message)
_FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("protect", "protect"),
    ("version", "version"),
    ("provider", "provider"),
    ("plugin_download_url", "pluginDownloadURL"),
    ("retain_on_delete", "retainOnDelete"),
    ("deleted_with", "deletedWith"),
    ("import", "importId"),
    ("depends_on", "dependencies"),
    ("ignore_changes", "ignoreChanges"),
    ("replace_on_changes", "replaceOnChanges"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("hide_diff", "hideDiffs"),
    ("replace_with", "replace_with"),
    ("custom_timeouts", "customTimeouts"),
    ("hooks", "hooks"),
    ("replacement_trigger", "replacement_trigger"),
)
"""A transform's word for an option -> the registration's."""


class Transforms:
    """The stack's transforms, and how any transform is called."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._of_stack: list[callback_pb2.Callback] = []
        self._of_invokes: list[callback_pb2.Callback] = []

    def add(self, callback: callback_pb2.Callback) -> None:
        """Registers a transform for every resource that is registered from now on."""
        with self._lock:
            self._of_stack.append(callback)

    def add_for_invokes(self, callback: callback_pb2.Callback) -> None:
        """Registers a transform for every function call from now on."""
        with self._lock:
            self._of_invokes.append(callback)

    def apply(self, request: Request, inherited: Sequence[callback_pb2.Callback]) -> Request:
        """The request as the transforms leave it. inherited: those of its parents, the nearest first."""
        with self._lock:
            callbacks = [*request.transforms, *inherited, *self._of_stack]
        if not callbacks:
            return request
        properties, options = request.object, options_of(request)
        if request.transforms:
            properties = with_outputs(properties, {key: deps.urns for key, deps in _property_dependencies(request).items()})
        for callback in callbacks:
            asked = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=with_outputs(properties, {}),
                options=options,
            )
            answer = self._call(callback, asked, resource_pb2.TransformResponse, f"a transform of {request.type} {request.name}")
            properties = answer.properties if answer.HasField("properties") else properties
            options = answer.options if answer.HasField("options") else options
        return changed(request, properties, options)

    def apply_to_invoke(self, request: InvokeRequest) -> InvokeRequest:
        """The function call as the transforms leave it."""
        with self._lock:
            callbacks = list(self._of_invokes)
        if not callbacks:
            return request
        args = request.args
        options = resource_pb2.TransformInvokeOptions(
            provider=request.provider, version=request.version, plugin_download_url=request.pluginDownloadURL
        )
        for callback in callbacks:
            asked = resource_pb2.TransformInvokeRequest(token=request.tok, args=with_outputs(args, {}), options=options)
            answer = self._call(callback, asked, resource_pb2.TransformInvokeResponse, f"a transform of the function {request.tok}")
            args = answer.args if answer.HasField("args") else args
            options = answer.options if answer.HasField("options") else options
        result = InvokeRequest()
        result.CopyFrom(request)
        result.args.CopyFrom(args)
        result.provider, result.version, result.pluginDownloadURL = options.provider, options.version, options.plugin_download_url
        return result

    def _call(self, callback: callback_pb2.Callback, asked: Message, answer: type[_Answer], what: str) -> _Answer:
        try:
            return self._callbacks.call(callback, asked, answer)
        except CallbackError as err:
            raise EngineError(f"{what} failed: {err}") from err


def options_of(request: Request) -> Options:
    """The request's options as a transform sees them."""
    options = Options(providers=request.providers, aliases=[*(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases])
    _copy(request, options, [(ours, theirs) for theirs, ours in _FIELDS])
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def changed(request: Request, properties: struct_pb2.Struct, options: Options) -> Request:
    """The request with these properties and options. What the properties' output values depend on becomes the resource's dependencies."""
    result = Request()
    result.CopyFrom(request)
    result.object.CopyFrom(properties)
    # Pulumi takes the dependencies from a resource's own transforms alone.
    _copy(options, result, [pair for pair in _FIELDS if pair[0] != "depends_on" or request.transforms])
    result.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    result.deleteBeforeReplace = options.delete_before_replace
    result.ClearField("aliasURNs")
    result.ClearField("aliases")
    result.aliases.extend(options.aliases)
    result.providers.clear()
    result.providers.update(options.providers)
    _take_dependencies(result, request)
    return result


def _copy(source: Message, target: Message, fields: Iterable[tuple[str, str]]) -> None:
    """Makes the target's fields say what the source's say; those that say nothing are cleared."""
    set_fields = {field.name: value for field, value in source.ListFields()}
    for theirs, ours in fields:
        target.ClearField(ours)
        if theirs not in set_fields:
            continue
        value = set_fields[theirs]
        if isinstance(value, Message):
            getattr(target, ours).CopyFrom(value)
        elif isinstance(value, (str, bool)):
            setattr(target, ours, value)
        else:
            getattr(target, ours).extend(value)


def _take_dependencies(result: Request, request: Request) -> None:
    found = {key: dependencies_in(value) for key, value in result.object.fields.items()}
    kept = {} if request.transforms else _property_dependencies(request)
    result.ClearField("propertyDependencies")
    for key in {*found, *kept}:
        urns = {*found.get(key, ()), *(kept[key].urns if key in kept else ())}
        result.propertyDependencies[key].urns.extend(sorted(urns))
    if request.transforms:
        known = {*result.dependencies}
        result.dependencies.extend(sorted(frozenset[str]().union(*found.values()) - known))


def _property_dependencies(request: Request) -> dict[str, Request.PropertyDependencies]:
    """Per property; where the SDK says nothing, each depends on everything that the resource depends on."""
    if request.propertyDependencies:
        return dict(request.propertyDependencies)
    return {key: Request.PropertyDependencies(urns=request.dependencies) for key in request.object.fields}
