"""What the engine asks of a provider: the verbs of Pulumi's ResourceProvider, typed. Providers see plain values, no secret wrappers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from liftlock_engine.values import PropertyMap


class ProviderError(Exception):
    """A provider could not do what was asked; the message names the object and the reason, without values that may be secret."""


class UnreachableError(ProviderError):
    """The service behind the provider does not answer; says nothing about whether an object exists."""


class DiffKind(StrEnum):
    """What happens to one property, in Pulumi's words."""

    ADD = "add"
    ADD_REPLACE = "add-replace"
    DELETE = "delete"
    DELETE_REPLACE = "delete-replace"
    UPDATE = "update"
    UPDATE_REPLACE = "update-replace"

    @property
    def replaces(self) -> bool:
        """Whether this change needs a new object."""
        return self.value.endswith("-replace")


@dataclass(frozen=True, slots=True)
class PropertyDiff:
    """One changed property path."""

    kind: DiffKind
    input_diff: bool = False


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """An input that the provider refuses, and why."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs with defaults filled in (`__defaults` lists them, as Pulumi's providers do), or the failures."""

    inputs: PropertyMap
    failures: tuple[CheckFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs. detailed: property path (`envs[0]`, `memory`) -> kind. diffs and replaces: its top-level keys, sorted.

    forced: a new object is needed for a reason that is no property.
    """

    detailed: Mapping[str, PropertyDiff] = field(default_factory=dict)
    diffs: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False
    forced: bool = False

    @property
    def replacing(self) -> bool:
        """Whether a new object is needed."""
        return self.forced or bool(self.replaces)

    @property
    def changed(self) -> bool:
        """Whether anything differs at all."""
        return bool(self.diffs)


@dataclass(frozen=True, slots=True)
class Made:
    """A created object: its id and every output."""

    id: str
    outputs: PropertyMap


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it is now. id is None where it does not exist. inputs: the live object said in the words of the program's inputs."""

    id: str | None
    inputs: PropertyMap = field(default_factory=dict)
    outputs: PropertyMap = field(default_factory=dict)


class Provider(Protocol):
    """Resources of one package. Every method may be called from several threads at once; every method raises only ProviderError.

    type_ is Pulumi's token (`docker:index/container:Container`), urn names the resource (for messages and autonaming).
    """

    package: str

    def check(self, urn: str, type_: str, old_inputs: PropertyMap | None, new_inputs: PropertyMap, *, seed: bytes) -> Checked:
        """Validates and completes inputs; UNKNOWN may stand anywhere in a preview. An autoname is old_inputs' name, or `<name>-` and
        seven hex digits of seed."""
        ...

    def diff(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        ignore: tuple[str, ...] = (),
    ) -> Diff:
        """What would change; pure."""
        ...

    def create(self, urn: str, type_: str, inputs: PropertyMap, *, timeout: float | None = None) -> Made:
        """Makes the object and waits until it is as asked. On failure nothing is left behind."""
        ...

    def predict(self, urn: str, type_: str, inputs: PropertyMap, old_outputs: PropertyMap | None) -> PropertyMap:
        """The outputs that a preview can know: inputs, unchanged computed outputs, UNKNOWN for the rest."""
        ...

    def read(self, urn: str, type_: str, id_: str, inputs: PropertyMap | None, outputs: PropertyMap | None) -> Seen:
        """The object as it is. inputs: the last known ones (None for an import or .get). Where `id_` is gone but an object of the same
        name with our ownership labels is there, that one (its id differs from id_)."""
        ...

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        timeout: float | None = None,
    ) -> PropertyMap:
        """Changes the object in place; its new outputs."""
        ...

    def delete(self, urn: str, type_: str, id_: str, inputs: PropertyMap, outputs: PropertyMap, *, timeout: float | None = None) -> None:
        """Removes the object; succeeds where it is gone already."""
        ...

    def locate(self, urn: str, type_: str, inputs: PropertyMap, *, since: str = "") -> str | None:
        """The id of an object that a create, cut off before it was recorded, left behind; None where there is none of ours.

        since: when that create began, as checkpoints write it; empty where that is not known. What was there before is not what it left:
        it may be an object that was promised to be kept.
        """
        ...

    def invoke(self, token: str, args: PropertyMap) -> PropertyMap:
        """A function call of the package."""
        ...

    def cancel(self) -> None:
        """Asks running calls to come to an end soon; they raise ProviderError."""
        ...


def is_older(created: str, since: str, *, slack: float = 0.0) -> bool:
    """Whether something was there before a moment, both as ISO 8601 texts. slack: seconds that two clocks may differ by.

    False where either is not known.
    """
    try:
        return datetime.fromisoformat(created) < datetime.fromisoformat(since) - timedelta(seconds=slack)
    except (TypeError, ValueError):  # the latter also for a time without its zone
        return False
