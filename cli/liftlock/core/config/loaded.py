"""The files of an environments repository, read: documents by name, and the layers that make one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from liftlock.core.config.document import Document, Entry, MappingNode, Position, ScalarNode, Span
from liftlock.core.config.merge import Merged, merge
from liftlock.core.config.problems import Problem
from liftlock.core.config.suggestions import unknown
from liftlock.core.config.tree import entries_at, items_at, node_at, scalar_at
from liftlock.core.environment import EnvironmentClass
from liftlock.core.errors import UsageError
from liftlock.core.policy import Policy
from liftlock.core.project import Project

_SHARED = ("router", "ports", "services", "databases")
_OF_THE_FILE = ("extends", "release")
_NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Files:
    """The documents by the name of what they declare. data: of the files in data/ only the hash of their bytes."""

    settings: Document
    environments: Mapping[str, Document]
    releases: Mapping[str, Document]
    data: Mapping[str, str] = field(default_factory=dict)

    def pipeline(self) -> tuple[ScalarNode, ...]:
        """The environments named in the pipeline, in its order."""
        node = node_at(self.settings.root, ["pipeline"])
        items = getattr(node, "items", ())
        names = (node_at(item, ["environment"]) for item in items)
        return tuple(name for name in names if isinstance(name, ScalarNode) and name.text)

    def declared(self) -> tuple[str, ...]:
        """Every environment that can be brought up: those of the pipeline in its order, then the others by name.

        A file that others extend, and that is neither in the pipeline nor a class of ephemeral environments, only lends its values.
        """
        staged = [name.text for name in self.pipeline() if name.text in self.environments]
        lent = {parent.text for parent in map(self.parent, self.environments) if parent is not None}
        others = [name for name in sorted(self.environments) if name not in staged and (name not in lent or self.ephemeral(name))]
        return tuple(dict.fromkeys([*staged, *others]))

    def parent(self, name: str) -> ScalarNode | None:
        """The scalar behind `extends` of an environment's file."""
        node = node_at(self.environments[name].root, ["extends"]) if name in self.environments else None
        return node if isinstance(node, ScalarNode) and node.text else None

    def ephemeral(self, name: str) -> bool:
        """Whether the environment, or else the nearest file that it extends, declares the class ephemeral."""
        classes = (scalar_at(self.environments[link].root, "class") for link in reversed(self.chain(name)))
        return next((cls for cls in classes if cls is not None), None) == EnvironmentClass.EPHEMERAL.value

    def chain(self, name: str) -> list[str]:
        """The files that make the environment, weakest first; stops at a missing file and before a cycle closes."""
        names: list[str] = []
        while name in self.environments and name not in names:
            names.insert(0, name)
            parent = self.parent(name)
            if parent is None:
                break
            name = parent.text
        return names

    def release_of(self, name: str) -> str:
        """The environment whose release file this one starts from: its own, unless `release` names another."""
        for link in reversed(self.chain(name)):
            other = scalar_at(self.environments[link].root, "release")
            if isinstance(other, str):
                return other
        return name

    def upstream(self, name: str) -> str | None:
        """The first environment that a release of this one must come from; None where it is recorded directly."""
        stages = getattr(node_at(self.settings.root, ["pipeline"]), "items", ())
        stage = next((stage for stage in stages if scalar_at(stage, "environment") == name), None)
        sources = items_at(stage, "from")
        return sources[0].text if sources else None

    def release_command(self, name: str) -> str:
        """What a person types to get images into the environment's release."""
        release = self.release_of(name)
        source = self.upstream(release)
        return f"liftlock promote open --from {source} --to {release}" if source else f"liftlock image record --env {release} SERVICE=TAG"

    def common(self) -> Merged:
        """liftlock.yaml and the files that every environment of the pipeline extends, as one tree."""
        chains = [self.chain(name.text)[:-1] for name in self.pipeline()]
        shared = [link for link in chains[0] if all(link in chain for chain in chains)] if chains else []
        return merge([_only(self.settings, _SHARED), *(_without(self.environments[link], _OF_THE_FILE) for link in shared)])

    def merged(self, name: str, release: Document | None) -> Merged:
        """liftlock.yaml, the chain of files and the release as one tree."""
        roots = [_only(self.settings, _SHARED)]
        for link in self.chain(name):
            roots.append(_without(self.environments[link], _OF_THE_FILE))
        before = merge(roots)
        if release is None or not isinstance(release.root, MappingNode):
            return before
        declared = {entry.key.text for entry in entries_at(before.root, "services")}
        return merge([*roots, _released(release.root, declared)])


@dataclass(frozen=True, slots=True)
class LoadedProject:
    """A checked environments repository. root: its folder; notes: what is no mistake but worth knowing; policy: the rules in policy/."""

    root: Path
    project: Project
    files: Files
    notes: tuple[Problem, ...] = ()
    policy: Policy = _NO_POLICY

    @property
    def environments(self) -> tuple[str, ...]:
        """Every environment that can be brought up, in the pipeline's order."""
        return self.files.declared()

    def find(self, name: str) -> str:
        """The name, when there is such an environment; UsageError with the nearest one otherwise."""
        if name in self.files.environments:
            return name
        branches = any(self.files.ephemeral(item) for item in self.environments)
        hint = "liftlock config validate lists them" + ("; a branch's is made by: liftlock branch up --branch NAME" if branches else "")
        raise UsageError(unknown("environment", name, self.environments), hint=hint)


def _only(document: Document, keys: tuple[str, ...]) -> MappingNode:
    return _kept(document, [entry for entry in entries_at(document.root) if entry.key.text in keys])


def _without(document: Document, keys: tuple[str, ...]) -> MappingNode:
    root = document.root
    entries = root.entries if isinstance(root, MappingNode) else ()
    return _kept(document, [entry for entry in entries if entry.key.text not in keys])


def _kept(document: Document, entries: list[Entry]) -> MappingNode:
    root = document.root
    position = root.position if root is not None else Position(document.file)
    return MappingNode(position, root.span if root is not None else Span(0, 0), tuple(entries))


def _released(root: MappingNode, declared: set[str]) -> MappingNode:
    """A release as a layer: only services that the environment has."""
    services = root.entry("services")
    if services is None or not isinstance(services.value, MappingNode):
        return MappingNode(root.position, root.span, ())
    kept = tuple(entry for entry in services.value.entries if entry.key.text in declared)
    layer = MappingNode(services.value.position, services.value.span, kept)
    return MappingNode(root.position, root.span, (Entry(services.key, layer),))
