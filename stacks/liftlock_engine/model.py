"""What the engine knows: resources as recorded, what the program asks for, a stack's whole state. Frozen; compared by identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from liftlock_engine.urns import is_provider
from liftlock_engine.values import PropertyMap, Value


@dataclass(frozen=True, slots=True)
class StackName:
    """One stack of one project."""

    project: str
    stack: str

    def __str__(self) -> str:
        return f"{self.project}/{self.stack}"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a verb may take; None leaves it to the provider."""

    create: float | None = None
    update: float | None = None
    delete: float | None = None
    read: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ResourceState:
    """One resource of a checkpoint. Inputs and outputs hold Secret where a value is encrypted.

    delete: replaced already, its object still to be removed. pending_replacement: its object is removed, the new one not yet made.
    hooks: names by kind (`BeforeCreate`); they mean something only while the program runs that registers them.
    extra: fields that this engine does not read, kept as they are.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    delete: bool = False
    inputs: PropertyMap = field(default_factory=dict)
    outputs: PropertyMap = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: tuple[str, ...] = ()
    init_errors: tuple[str, ...] = ()
    provider: str = ""
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: tuple[str, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    retain_on_delete: bool = False
    deleted_with: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    import_id: str = ""
    replace_with: tuple[str, ...] = ()
    replacement_trigger: Value = None
    hide_diffs: tuple[str, ...] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    created: str = ""
    modified: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def provider_urn(self) -> str:
        """The URN of the provider resource that it belongs to, without the provider's id."""
        return self.provider.rsplit("::", 1)[0] if self.provider else ""

    @property
    def managed(self) -> bool:
        """Whether an object outside stands behind it that this stack owns."""
        return self.custom and not self.external and not is_provider(self.type)

    @property
    def needs(self) -> frozenset[str]:
        """The URNs that must exist for it to exist."""
        of_properties = (urn for urns in self.property_dependencies.values() for urn in urns)
        named = (*self.dependencies, *of_properties, self.parent, self.provider_urn, self.deleted_with, *self.replace_with)
        return frozenset(urn for urn in named if urn)


class PendingKind(StrEnum):
    """What was being done when the run was cut off, in Pulumi's words."""

    CREATING = "creating"
    UPDATING = "updating"
    DELETING = "deleting"
    READING = "reading"
    IMPORTING = "importing"


@dataclass(frozen=True, slots=True, eq=False)
class PendingOperation:
    """A step that was begun and not yet recorded as done."""

    kind: PendingKind
    state: ResourceState


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stack's recorded state. salt: the secrets provider's, empty where nothing is secret."""

    resources: tuple[ResourceState, ...] = ()
    pending: tuple[PendingOperation, ...] = ()
    salt: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)

    @property
    def outputs(self) -> PropertyMap:
        """The stack's outputs."""
        roots = (r for r in self.resources if r.type == "pulumi:pulumi:Stack" and not r.delete)
        return next((root.outputs for root in roots), {})


@dataclass(frozen=True, slots=True)
class Goal:
    """What the program registered: a resource as it should be."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: PropertyMap
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    deleted_with: str = ""
    import_id: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)
    replace_with: tuple[str, ...] = ()
    replacement_trigger: Value = None
    hide_diffs: tuple[str, ...] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One configuration value; a structured one is JSON text."""

    value: str
    secret: bool = False

    def __repr__(self) -> str:
        return "ConfigValue([masked])" if self.secret else f"ConfigValue({self.value!r})"


def state_of(goal: Goal, inputs: PropertyMap, *, id_: str, outputs: PropertyMap, old: ResourceState | None, now: str) -> ResourceState:
    """The state that records `goal` as met."""
    return ResourceState(
        urn=goal.urn,
        type=goal.type,
        custom=goal.custom,
        id=id_,
        inputs=inputs,
        outputs=outputs,
        parent=goal.parent,
        protect=goal.protect,
        dependencies=goal.dependencies,
        provider=goal.provider,
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        timeouts=goal.timeouts,
        retain_on_delete=goal.retain_on_delete,
        deleted_with=goal.deleted_with,
        ignore_changes=goal.ignore_changes,
        replace_on_changes=goal.replace_on_changes,
        import_id=goal.import_id,
        replace_with=goal.replace_with,
        replacement_trigger=goal.replacement_trigger,
        hide_diffs=goal.hide_diffs,
        hooks=goal.hooks,
        created=old.created if old is not None else now,
        modified=now if old is None else old.modified,
        extra=old.extra if old is not None else {},
    )
