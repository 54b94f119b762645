"""Which provider serves which resource: default ones that the engine makes for itself, and the program's explicit ones."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from liftlock_engine.errors import PULUMI_HINT, RefusedError
from liftlock_engine.model import ResourceState
from liftlock_engine.providers.port import Provider
from liftlock_engine.secrecy import reveal_map
from liftlock_engine.urns import PROVIDER_PREFIX, package_of, urn_of
from liftlock_engine.values import PropertyMap, Value


@runtime_checkable
class Configurable(Protocol):
    """A provider that takes options (`docker.Provider("local", host=...)`, or `docker:host` in the stack's configuration)."""

    def configured(self, options: PropertyMap) -> Provider:
        """A provider with these options; raises ProviderError where one is wrong."""
        ...


OF_THE_ENGINE = frozenset({"__internal", "version", "pluginDownloadURL", "pluginChecksums"})
"""Inputs of a provider resource that are no options of the provider."""


class Plugins:
    """The providers of one run. by_package: what the embedded engine has. builtin: of the package `pulumi`."""

    def __init__(self, by_package: Mapping[str, Provider], builtin: Provider | None = None) -> None:
        self._by_package = by_package
        self._builtin = builtin
        self._configured: dict[str, Provider] = {}
        self._registered: dict[str, Provider] = {}

    def for_state(self, state: ResourceState, find: Callable[[str], ResourceState | None]) -> Provider:
        """The provider that a recorded resource belongs to."""
        known = self._configured.get(state.provider_urn)
        if known is None:
            resource = find(state.provider_urn) if state.provider_urn else None
            known = self.adopt(resource) if resource is not None else self.for_package(package_of(state.type), state.urn)
        return known

    def adopt(self, resource: ResourceState) -> Provider:
        """The provider that a provider resource stands for, with its options."""
        provider = self.for_package(package_of(resource.type), resource.urn)
        options = {key: value for key, value in reveal_map(resource.inputs).items() if key not in OF_THE_ENGINE}
        if options and provider is not self._builtin:  # the settings of `pulumi:` are the engine's
            if not isinstance(provider, Configurable):
                given = ", ".join(sorted(options))
                message = f"{resource.urn}: the embedded engine's {provider.package} provider takes no options (given: {given})"
                raise RefusedError(message, hint=PULUMI_HINT)
            provider = provider.configured(options)
        self._configured[resource.urn] = provider
        return provider

    def register(self, resource: ResourceState) -> None:
        """Takes note of a provider resource that belongs to this run's program."""
        self._registered[resource.urn] = self.adopt(resource)

    def registered(self, provider_urn: str) -> Provider | None:
        """The provider of a provider resource that was registered in this run."""
        return self._registered.get(provider_urn)

    def for_package(self, package: str, urn: str) -> Provider:
        """The provider of a package; RefusedError where the embedded engine has none."""
        if self._builtin is not None and package == self._builtin.package:
            return self._builtin
        if package not in self._by_package:
            has = ", ".join(sorted(self._by_package)) or "none"
            raise RefusedError(f"{urn}: the embedded engine has no provider for the package `{package}` (it has: {has})", hint=PULUMI_HINT)
        return self._by_package[package]

    def cancel(self) -> None:
        """Asks every provider to end its running calls soon."""
        for provider in {id(item): item for item in (*self._by_package.values(), *self._configured.values())}.values():
            provider.cancel()


def default_provider_urn(stack: str, project: str, package: str, version: str, url: str = "") -> str:
    """The URN of the provider that the engine makes for resources without an explicit one."""
    segments = [re.sub("[^0-9a-zA-Z_.-]", "_", re.sub("^[^0-9a-zA-Z_]", "_", part)) for part in url.split("/") if part]
    of_version = f"_{re.sub('[^0-9a-zA-Z]', '_', version)}" if version else ""
    name = f"default{of_version}{'_' + '/'.join(segments) if segments else ''}"
    return urn_of(stack, project, "", f"{PROVIDER_PREFIX}{package}", name)


def provider_inputs(stated: PropertyMap, version: str, url: str = "") -> dict[str, Value]:
    """A provider resource's inputs as Pulumi records them."""
    own: dict[str, Value] = {"__internal": {"pluginDownloadURL": url} if url else {}} if url or version else {}
    return {**own, **stated, **({"version": version} if version else {})}


def provider_outputs(inputs: PropertyMap) -> dict[str, Value]:
    """A provider resource's outputs: its inputs without the engine's own."""
    return {key: value for key, value in inputs.items() if key != "__internal"}


def new_provider_id() -> str:
    """A fresh id for a provider resource."""
    return str(uuid.uuid4())
