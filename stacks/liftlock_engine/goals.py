"""From a program's registration to a Goal. What the embedded engine does not do is refused here, by name, never ignored."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

from pulumi.runtime.proto import alias_pb2, resource_pb2

from liftlock_engine.errors import PULUMI_HINT, RefusedError
from liftlock_engine.known_fields import refuse_unknown
from liftlock_engine.model import Goal, StackName, Timeouts
from liftlock_engine.paths import parse_path, write_path
from liftlock_engine.urns import Urn, name_of, urn_of
from liftlock_engine.wire import read_struct, read_value

Request = resource_pb2.RegisterResourceRequest
HOOK_KINDS: Final = {
    "BeforeCreate": "before_create",
    "AfterCreate": "after_create",
    "BeforeUpdate": "before_update",
    "AfterUpdate": "after_update",
    "BeforeDelete": "before_delete",
    "AfterDelete": "after_delete",
    "OnError": "on_error",
}
"""A checkpoint's word for a kind of hook -> the protocol's."""


def goal_of(request: Request, stack: StackName, renamed_parents: Iterable[str] = ()) -> Goal:
    """The goal that the request states. renamed_parents: URNs under which the parent was known before."""
    urn = urn_of(stack.stack, stack.project, request.parent, request.type, request.name)
    refuse_unsupported(request, urn)
    return Goal(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=read_struct(request.object),
        parent=request.parent,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={key: tuple(sorted(deps.urns)) for key, deps in sorted(request.propertyDependencies.items())},
        provider=request.provider,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=_paths("ignore_changes", request.ignoreChanges, urn),
        replace_on_changes=_paths("replace_on_changes", request.replaceOnChanges, urn),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=aliases_of(request, stack, tuple(renamed_parents)),
        deleted_with=request.deletedWith,
        import_id=request.importId,
        timeouts=_timeouts(request, urn),
        replace_with=tuple(request.replace_with),
        replacement_trigger=read_value(request.replacement_trigger) if request.HasField("replacement_trigger") else None,
        hide_diffs=tuple(write_path(parse_path(text)) for text in _paths("hide_diffs", request.hideDiffs, urn)),
        hooks={kind: names for kind, field in HOOK_KINDS.items() if (names := tuple(getattr(request.hooks, field)))},
    )


def read_goal_of(request: resource_pb2.ReadResourceRequest, urn: str) -> Goal:
    """The goal of reading an object that the stack does not own."""
    refuse_unknown(request, urn)
    return Goal(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=True,
        inputs=read_struct(request.properties),
        parent=request.parent,
        dependencies=tuple(sorted(request.dependencies)),
        provider=request.provider,
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
    )


def refuse_unsupported(request: Request, urn: str) -> None:
    """Raises RefusedError that names the option."""
    used = {
        "remote components": request.remote,
        "the option `state_migrations`": bool(request.state_migrations),
        "the option `env_var_mappings` (its providers are no processes of their own)": bool(request.envVarMappings),
    }
    for what, is_used in used.items():
        if is_used:
            raise RefusedError(f"{urn}: the embedded engine does not support {what}", hint=PULUMI_HINT)
    refuse_unknown(request, urn)


def aliases_of(request: Request, stack: StackName, renamed_parents: tuple[str, ...]) -> tuple[str, ...]:
    """Every URN under which the resource may be known, other than its own; the program's own aliases first."""
    own = [_alias_urn(alias, request, stack) for alias in request.aliases]
    found = [*request.aliasURNs, *own]
    for parent in renamed_parents:
        for alias in (alias_pb2.Alias(spec=alias_pb2.Alias.Spec()), *(alias for alias in request.aliases if _follows_parent(alias))):
            found.append(_under_parent(alias.spec, parent, request, stack))
    return tuple(dict.fromkeys(found))


def _follows_parent(alias: alias_pb2.Alias) -> bool:
    return alias.HasField("spec") and not alias.spec.noParent and not alias.spec.parentUrn


def _alias_urn(alias: alias_pb2.Alias, request: Request, stack: StackName) -> str:
    if not alias.HasField("spec"):
        return alias.urn
    spec = alias.spec
    parent = "" if spec.noParent else spec.parentUrn or request.parent
    return urn_of(spec.stack or stack.stack, spec.project or stack.project, parent, spec.type or request.type, spec.name or request.name)


def _under_parent(spec: alias_pb2.Alias.Spec, parent: str, request: Request, stack: StackName) -> str:
    # A child named after its parent (`web-net` under `web`) was named after the parent's old name.
    name, parent_name = spec.name or request.name, name_of(request.parent)
    if name.startswith(parent_name):
        name = Urn.parse(parent).name + name.removeprefix(parent_name)
    return urn_of(spec.stack or stack.stack, spec.project or stack.project, parent, spec.type or request.type, name)


def _paths(option: str, texts: Iterable[str], urn: str) -> tuple[str, ...]:
    """The texts, each of them a property path."""
    found = tuple(texts)
    try:
        for text in found:
            parse_path(text)
    except ValueError as err:
        raise RefusedError(f"{urn}: {option}: {err}", hint='Write it like `envs[0]`, `labels["a.b"]` or `ports[*].internal`.') from err
    return found


_DURATION: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>h|ms|m|s)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _timeouts(request: Request, urn: str) -> Timeouts:
    stated = request.customTimeouts
    return Timeouts(
        create=_seconds(stated.create, urn),
        update=_seconds(stated.update, urn),
        delete=_seconds(stated.delete, urn),
        read=_seconds(stated.read, urn),
    )


def _seconds(text: str, urn: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(f"(?:{_DURATION.pattern.replace('?P<number>', '?:').replace('?P<unit>', '?:')})+", text):
        raise RefusedError(f"{urn}: {text!r} is no duration for custom_timeouts", hint="Write it like 90s, 5m or 1h30m.")
    total = math.fsum(float(found["number"]) * _SECONDS[found["unit"]] for found in _DURATION.finditer(text))
    return int(total) if total.is_integer() else total
