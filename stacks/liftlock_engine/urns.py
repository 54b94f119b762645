"""URNs: how Pulumi names a resource. `urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`."""

from __future__ import annotations

from dataclasses import dataclass

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
_PREFIX = "urn:pulumi:"


@dataclass(frozen=True, slots=True)
class Urn:
    """The parts of a URN. qualified_type includes the types of the parents, joined by `$`."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """The parts of `text`; ValueError where it is no URN."""
        stack, project, qualified_type, name = text.removeprefix(_PREFIX).split("::", 3)
        if not text.startswith(_PREFIX):
            raise ValueError(f"{text!r} is no URN")
        return cls(stack, project, qualified_type, name)

    def __str__(self) -> str:
        return f"{_PREFIX}{self.stack}::{self.project}::{self.qualified_type}::{self.name}"

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.qualified_type.rsplit("$", 1)[-1]


def urn_of(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource under `parent` (a URN, or empty)."""
    return str(Urn(stack, project, f"{_parent_types(parent)}{type_}", name))


def _parent_types(parent: str) -> str:
    if not parent:
        return ""
    types = Urn.parse(parent).qualified_type
    return "" if types == STACK_TYPE else f"{types}$"


def name_of(urn: str) -> str:
    """The name at the end of a URN."""
    return urn.split("::", 3)[3]


def is_provider(type_: str) -> bool:
    """Whether the type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the URN is that of a provider that the engine makes for itself; such steps are not counted."""
    return f"::{PROVIDER_PREFIX}" in urn and name_of(urn).startswith("default")


def package_of(type_: str) -> str:
    """The package of a type token or function token: `docker` of `docker:index/container:Container`."""
    return type_.removeprefix(PROVIDER_PREFIX) if is_provider(type_) else type_.split(":", 1)[0]


def short(urn: str) -> str:
    """A URN as a person reads it: `docker:Container box`."""
    parsed = Urn.parse(urn)
    package, _, member = parsed.type.partition(":")
    return f"{package}:{member.rsplit(':', 1)[-1]} {parsed.name}"
