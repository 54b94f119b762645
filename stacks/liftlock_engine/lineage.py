"""What a resource takes from its parents: settings, providers, transforms. Kept per URN for one run."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from pulumi.runtime.proto import callback_pb2

from liftlock_engine.goals import Request
from liftlock_engine.transforms import Transforms
from liftlock_engine.urns import package_of


@dataclass(frozen=True, slots=True)
class _Registered:
    """A resource, as its children and what depends on it look at it. providers: a component's, by package. made: it has an object."""

    request: Request
    transforms: tuple[callback_pb2.Callback, ...] = ()
    providers: Mapping[str, str] = field(default_factory=dict)
    made: bool = True


class Lineage:
    """The registrations of one run by URN. May be used from many threads."""

    def __init__(self, transforms: Transforms) -> None:
        self._transforms = transforms
        self._known: dict[str, _Registered] = {}
        self._in_flight: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def in_flight(self, parent: str) -> Iterator[None]:
        """While a child of the parent is registered."""
        with self._changed:
            self._in_flight[parent] += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight[parent] -= 1
                self._changed.notify_all()

    def unresolved(self, roots: Iterable[str]) -> bool:
        """Whether one of these resources, or of what is under the components among them, has no object yet. Waits for running ones."""
        wanted = tuple(roots)
        with self._changed:
            while True:
                members = self._under(wanted)
                if any(not self._known[urn].made for urn in members):
                    return True
                if not any(self._in_flight[urn] for urn in members if not self._known[urn].request.custom):
                    return False
                self._changed.wait()

    def _under(self, roots: Iterable[str]) -> set[str]:
        members = {urn for urn in roots if urn in self._known}
        components = {urn for urn in members if not self._known[urn].request.custom}
        while components:
            children = {urn for urn, known in self._known.items() if known.request.parent in components} - members
            members |= children
            components = {urn for urn in children if not self._known[urn].request.custom}
        return members

    def complete(self, request: Request) -> Request:
        """The request with what its parents give it, as its own, its parents' and the stack's transforms leave it."""
        result = Request()
        result.CopyFrom(request)
        if parent := self._find(request.parent):
            _inherit(result, parent.request)
        if result.custom and not result.provider:
            result.provider = self.provider_for(result.parent, package_of(result.type), result.providers)
        inherited = [callback for ancestor in self._ancestors(request.parent) for callback in ancestor.transforms]
        result = self._transforms.apply(result, inherited)
        if parent and not result.custom:
            for package, provider in parent.providers.items():
                if package not in result.providers:
                    result.providers[package] = provider
        return result

    def provider_for(self, parent: str, package: str, stated: Mapping[str, str] | None = None) -> str:
        """The provider that the parent component gives to resources and functions of a package; empty where it gives none."""
        if stated and package in stated:
            return stated[package]
        known = self._find(parent)
        return known.providers.get(package, "") if known is not None else ""

    def add(self, urn: str, request: Request, transforms: Iterable[callback_pb2.Callback], id_: str) -> None:
        """Remembers a resource that is registered. request: completed. transforms: its own."""
        providers = {} if request.custom else dict(request.providers)
        self._remember(urn, _Registered(request, tuple(transforms), providers, made=bool(id_) or not request.custom))

    def add_read(self, urn: str, parent: str, id_: str) -> None:
        """Remembers a resource that was read."""
        self._remember(urn, _Registered(Request(custom=True, parent=parent), made=bool(id_)))

    def _remember(self, urn: str, registered: _Registered) -> None:
        with self._changed:
            self._known[urn] = registered
            self._changed.notify_all()

    def _find(self, urn: str) -> _Registered | None:
        with self._changed:
            return self._known.get(urn)

    def _ancestors(self, urn: str) -> Iterator[_Registered]:
        while (found := self._find(urn)) is not None:
            yield found
            urn = found.request.parent


def _inherit(child: Request, parent: Request) -> None:
    if not child.deletedWith:
        child.deletedWith = parent.deletedWith
    for option in ("protect", "retainOnDelete"):
        if not child.HasField(option) and parent.HasField(option):
            setattr(child, option, getattr(parent, option))
    # A parent's provider is its children's where it is of their package, or where they are components, which pass it on.
    if not child.provider and parent.provider:
        of_parent = package_of(parent.provider.split("::")[2].rsplit("$", 1)[-1])
        if not child.custom or of_parent == package_of(child.type):
            child.provider = parent.provider
