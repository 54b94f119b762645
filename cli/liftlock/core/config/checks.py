"""What only several files together can get wrong: names that nothing declares, cycles, and values that contradict each other.

Works on documents whose shape may still be wrong: what is not there or of another kind is left to the shape's own check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from liftlock.core.config.document import Document, MappingNode, Position, ScalarNode
from liftlock.core.config.loaded import Files
from liftlock.core.config.problems import Problem
from liftlock.core.config.settings import SETTINGS
from liftlock.core.config.suggestions import shown, unknown
from liftlock.core.config.tree import entries_at, items_at, node_at, scalar_at

_ROUTER = "router"


def check_files(files: Files) -> Iterator[Problem]:
    """Every problem between the files."""
    yield from _check_settings(files)
    yield from _check_pipeline(files)
    for name, document in files.environments.items():
        yield from _check_references(files, document)
        yield from _check_extends(files, name)
    for name, document in files.releases.items():
        yield from check_release(files, name, document)


def declared(files: Files, kind: str) -> list[str]:
    """The names of the services or databases that liftlock.yaml declares."""
    return [entry.key.text for entry in entries_at(files.settings.root, kind)]


def _check_settings(files: Files) -> Iterator[Problem]:
    root = files.settings.root
    databases = declared(files, "databases")
    for entry in entries_at(root, "services"):
        name = shown(entry.key.text)
        for i, item in enumerate(items_at(entry.value, "databases")):
            if item.text not in databases:
                yield Problem(item.position, f"services.{name}.databases[{i}]", unknown("database", item.text, databases))
        if name == _ROUTER or (name.startswith("db-") and name[3:] in databases):
            message = f'"{name}" is the host name of liftlock\'s own {"router" if name == _ROUTER else "database"}; choose another name'
            yield Problem(entry.key.position, f"services.{name}", message)
    yield from _check_engine(files)
    first, last = scalar_at(root, "ports", "from"), scalar_at(root, "ports", "to")
    if isinstance(first, int) and isinstance(last, int) and first > last:
        node = node_at(root, ["ports", "to"])
        yield Problem(_place(node, files.settings), "ports.to", f"{last} is below ports.from ({first}); the range would be empty")


def _check_engine(files: Files) -> Iterator[Problem]:
    """The embedded engine serves files, a passphrase and its own provider; a declaration of anything else asks for the CLI."""
    root = files.settings.root
    kind = scalar_at(root, "engine", "kind") or "auto"
    for key, fits in (("backend", r"file://.*"), ("secrets_provider", "passphrase"), ("docker_provider", "liftlock")):
        node = node_at(root, ["engine", key])
        if kind == "embedded" and isinstance(node, ScalarNode) and not re.fullmatch(fits, node.text):
            message = f"the embedded engine cannot use this {key}; set engine.kind to pulumi, or take the line out"
            yield Problem(node.position, f"engine.{key}", message)
    state, backend = node_at(root, ["engine", "state"]), node_at(root, ["engine", "backend"])
    if isinstance(state, ScalarNode) and isinstance(backend, ScalarNode) and backend.text.startswith("file://"):
        message = f"engine.state at line {state.position.line} says the same thing; keep one of them"
        yield Problem(backend.position, "engine.backend", message)


def _check_pipeline(files: Files) -> Iterator[Problem]:
    staged: dict[str, ScalarNode] = {}
    names = [name.text for name in files.pipeline()]
    items = getattr(node_at(files.settings.root, ["pipeline"]), "items", ())
    for i, item in enumerate(items):
        node = node_at(item, ["environment"])
        if not isinstance(node, ScalarNode):
            continue
        yield from _check_stage(files, node, f"pipeline[{i}].environment", staged.get(node.text))
        staged.setdefault(node.text, node)
        for j, upstream in enumerate(items_at(item, "from")):
            if upstream.text not in names:
                yield Problem(upstream.position, f"pipeline[{i}].from[{j}]", unknown("environment", upstream.text, names))
    graph = {
        node.text: [up.text for up in items_at(item, "from")]
        for item in items
        if isinstance(node := node_at(item, ["environment"]), ScalarNode)
    }
    for circle in _circles(graph):
        yield Problem(staged[circle[0]].position, "pipeline", f"environments wait for each other: {' <- '.join(map(shown, circle))}")


def _check_stage(files: Files, node: ScalarNode, path: str, before: ScalarNode | None) -> Iterator[Problem]:
    if before is not None:
        yield Problem(node.position, path, f'"{shown(node.text)}" is already in the pipeline at line {before.position.line}')
    elif node.text not in files.environments:
        message = unknown("environment", node.text, files.environments)
        yield Problem(node.position, path, f"{message} (its file would be environments/{shown(node.text)}.yaml)")
    elif files.ephemeral(node.text):
        yield Problem(node.position, path, f'"{shown(node.text)}" is a class of ephemeral environments; a pipeline has persistent ones')


def _circles(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """Each cycle once, from its first environment in the pipeline's order."""
    done: set[str] = set()
    for start, upstream in graph.items():
        trail, branches = [start], [iter(upstream)]
        while trail:
            following = next((name for name in branches[-1] if name in graph and name not in done), None)
            if following is None:
                done.add(trail.pop())
                branches.pop()
            elif following in trail:
                circle = trail[trail.index(following) :]
                done.update(circle)
                yield [*circle, following]
            else:
                trail.append(following)
                branches.append(iter(graph[following]))


def _check_references(files: Files, document: Document) -> Iterator[Problem]:
    """Services and databases of an environment's file are those of liftlock.yaml; `release` names an environment."""
    for kind in ("services", "databases"):
        names = dict.fromkeys(declared(files, kind))
        node = node_at(document.root, [kind])
        for entry in node.entries if isinstance(node, MappingNode) else ():
            if entry.key.text not in names:
                yield Problem(entry.key.position, f"{kind}.{shown(entry.key.text)}", unknown(kind[:-1], entry.key.text, list(names)))
    release = node_at(document.root, ["release"])
    if isinstance(release, ScalarNode) and release.text and release.text not in files.environments:
        yield Problem(release.position, "release", unknown("environment", release.text, files.environments))


def _check_extends(files: Files, name: str) -> Iterator[Problem]:
    parent = files.parent(name)
    if parent is None:
        return
    if parent.text not in files.environments:
        message = unknown("environment file", parent.text, files.environments)
        yield Problem(parent.position, "extends", f"{message} (environments/{shown(parent.text)}.yaml)")
        return
    chain = files.chain(name)
    top = files.parent(chain[0])
    if top is not None and top.text == name:
        yield Problem(parent.position, "extends", f"files extend each other: {' -> '.join([*reversed(chain), name])}")


def check_release(files: Files, name: str, document: Document) -> Iterator[Problem]:
    """A release is of an environment, of declared services, and of their own images."""
    if name not in files.environments:
        yield Problem(Position(document.file), "", unknown("environment", name, files.environments))
    registry = scalar_at(files.settings.root, "registry")
    services = {entry.key.text: entry.value for entry in entries_at(files.settings.root, "services")}
    for entry in entries_at(document.root, "services"):
        service, path = entry.key.text, f"services.{shown(entry.key.text)}"
        if service not in services:
            yield Problem(entry.key.position, path, f"{unknown('service', service, list(services))} (services are declared in {SETTINGS})")
            continue
        yield from _check_repository(registry, scalar_at(services[service], "repository"), entry.value, service, path)


def _check_repository(registry: object, repository: object, node: object, service: str, path: str) -> Iterator[Problem]:
    """A release holds images of the service's own repository and no other."""
    image = node.get("image") if isinstance(node, MappingNode) else None
    if not isinstance(image, ScalarNode) or "@" not in image.text or not (isinstance(registry, str) and isinstance(repository, str)):
        return
    found = image.text.partition("@")[0]
    if found != f"{registry}/{repository}":
        message = f'this is an image of "{shown(found)}"; {SETTINGS} says that {service} is "{shown(f"{registry}/{repository}")}"'
        yield Problem(image.position, f"{path}.image", message)


def _place(node: object, document: Document) -> Position:
    return node.position if isinstance(node, ScalarNode | MappingNode) else Position(document.file)


def missing_services(files: Files, name: str, wanted: Iterable[str]) -> list[str]:
    """The services of an environment for which its release has no image yet."""
    document = files.releases.get(files.release_of(name))
    released = {entry.key.text for entry in entries_at(document.root, "services")} if document else set()
    return [service for service in wanted if service not in released]
