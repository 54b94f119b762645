"""Registers what a plan says, as a program does through Pulumi's SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, resource_pb2

from liftlock_engine import EngineError
from liftlock_engine.deployment import Deployment, Registered
from liftlock_engine.execution import StoppedError
from liftlock_engine.model import Goal
from liftlock_engine.provider_choice import Asked
from liftlock_engine.signatures import UNKNOWN_TEXT
from liftlock_engine.urns import STACK_TYPE, urn_of
from liftlock_engine.values import UNKNOWN
from liftlock_engine.wire import write_struct
from tests.fakes.things import TYPE
from tests.unit.engine.histories.plans import ROCK, ROCK_ID, STACK, Part, Plan, cleaned

GROUP = "test:index:Group"
_ASKED = Asked(version="1.2.3")


def register(plan: Plan, deployment: Deployment, pool: Executor) -> str:
    """Registers everything of the plan, each thing as soon as what it refers to is there; why that failed, empty where it did not."""
    registrar = Registrar(plan, deployment, pool)
    errors = [error for error in registrar.errors() if not isinstance(error, StoppedError)]
    for error in errors:
        if not isinstance(error, EngineError):
            raise error
    return str(errors[0]) if errors else ""


class Registrar:
    """Makes the requests that Pulumi's SDK would make for a plan."""

    def __init__(self, plan: Plan, deployment: Deployment, pool: Executor) -> None:
        self._plan = cleaned(plan)
        self._deployment = deployment
        self._begun: dict[int | str, Future[Registered]] = {}
        for key, work in self._work():
            self._begun[key] = pool.submit(self._guarded, work)

    def errors(self) -> list[BaseException]:
        """What the registrations raised, when all have ended. Sends the stack's outputs, as the SDK does however the program ended."""
        found = [error for error in (begun.exception() for begun in self._begun.values()) if error is not None]
        if self._begun[""].exception() is None:
            self._deployment.register_outputs(self._made("").urn, {"count": len(self._plan.parts)})
        return found

    def _made(self, key: int | str) -> Registered:
        """Waits for what was begun earlier. Where that failed, so does what refers to it."""
        return self._begun[key].result()

    def _guarded(self, work: Callable[[], Registered]) -> Registered:
        try:
            return work()
        except (EngineError, StoppedError):
            raise
        except BaseException as err:
            self._deployment.crashed(err)
            raise

    def _work(self) -> Iterator[tuple[int | str, Callable[[], Registered]]]:
        """The registrations in order, by what they are referred to by; the stack itself by nothing."""
        yield "", self._stack
        if self._plan.rock:
            yield ROCK, self._read_rock
        yield from ((name, partial(self._group, name)) for name in ("a", "b"))
        yield from ((name, partial(self._provider, name)) for name in sorted({part.provider for part in self._plan.parts} - {""}))
        yield from ((part.slot, partial(self._part, part)) for part in self._plan.parts)

    def _stack(self) -> Registered:
        return self._register(type=STACK_TYPE, name="shop-dev")

    def _read_rock(self) -> Registered:
        goal = Goal(urn=_urn("", TYPE, "rock"), type=TYPE, name="rock", custom=True, inputs={}, parent=self._made("").urn)
        return self._deployment.read(goal, ROCK_ID, _ASKED)

    def _group(self, name: str) -> Registered:
        parent = self._made("a" if name == "b" and self._plan.nested else "").urn
        other = "" if name == "b" and self._plan.nested else GROUP
        aliases = [alias_pb2.Alias(urn=_urn(other, GROUP, "b"))] if name == "b" else []
        made = self._register(type=GROUP, name=name, parent=parent, aliases=aliases)
        self._deployment.register_outputs(made.urn, {})
        return made

    def _provider(self, name: str) -> Registered:
        return self._register(type="pulumi:providers:fake", name=name, custom=True, parent=self._made("").urn)

    def _part(self, part: Part) -> Registered:
        refs = {key: slot for key, slot in (("uses", part.uses), ("within", part.within)) if slot is not None}
        inputs: dict[str, Any] = {"size": part.size, "kind": part.kind, **{key: self._id(slot) for key, slot in refs.items()}}
        if part.named:
            inputs["name"] = f"s{part.slot}-{part.named}"
        needed = {key: [self._made(slot).urn] for key, slot in refs.items()}
        provider = self._made(part.provider) if part.provider else None
        parent = self._made(part.home).urn
        return self._register(
            type=TYPE,
            name=part.name,
            custom=True,
            parent=parent,
            object=write_struct(inputs),
            dependencies=[*(self._made(slot).urn for slot in part.waits), *(urn for urns in needed.values() for urn in urns)],
            propertyDependencies={
                key: resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=needed.get(key, [])) for key in inputs
            },
            provider=f"{provider.urn}::{provider.id or UNKNOWN_TEXT}" if provider is not None else "",
            protect=part.protect,
            retainOnDelete=part.retain,
            deleteBeforeReplace=bool(part.before),
            deleteBeforeReplaceDefined=part.before is not None,
            ignoreChanges=[part.ignore] if part.ignore else [],
            replaceOnChanges=["size"] if part.on_size else [],
            deletedWith=self._made(part.within).urn if part.within is not None and part.with_host else "",
            replacement_trigger=struct_pb2.Value(number_value=part.trigger) if part.trigger else None,
            replace_with=[self._made(part.follows).urn] if part.follows is not None else [],
            aliases=[alias_pb2.Alias(urn=urn) for urn in _former(part, parent)],
        )

    def _id(self, slot: int) -> Any:
        return self._made(slot).id or UNKNOWN

    def _register(self, **fields: Any) -> Registered:
        fields.setdefault("object", struct_pb2.Struct())
        return self._deployment.register(resource_pb2.RegisterResourceRequest(**fields), _ASKED)


def _urn(parent_types: str, type_: str, name: str) -> str:
    parent = f"urn:pulumi:{STACK.stack}::{STACK.project}::{parent_types}::x" if parent_types else ""
    return urn_of(STACK.stack, STACK.project, parent, type_, name)


_HOMES = ("", GROUP, f"{GROUP}${GROUP}", TYPE, f"{GROUP}${TYPE}", f"{GROUP}${GROUP}${TYPE}")


def _former(part: Part, parent: str) -> list[str]:
    """Every URN that the slot's resource may have had in another plan."""
    now = urn_of(STACK.stack, STACK.project, parent, TYPE, part.name)
    names = [replace(part, variant=variant).name for variant in range(3)]
    return [urn for types, name in product(_HOMES, names) if (urn := _urn(types, TYPE, name)) != now]
