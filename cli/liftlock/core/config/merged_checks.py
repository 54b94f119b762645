"""What the merged values of an environment, or of two environments together, must not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock.core.config.document import MappingNode, Node, Position
from liftlock.core.config.loaded import Files
from liftlock.core.config.merge import Merged
from liftlock.core.config.problems import Problem
from liftlock.core.config.suggestions import shown
from liftlock.core.config.tree import entries_at, items_at, node_at, scalar_at
from liftlock.core.environment import DataSource, EnvironmentClass

_SECRETIVE = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "PRIVATE_KEY", "CREDENTIAL")


def check_merged(files: Files, name: str, merged: Merged) -> Iterator[Problem]:
    """Contradictions inside one environment."""
    root = merged.root
    yield from _check_class(files, name, root)
    if scalar_at(root, "protected") is True:
        for entry in entries_at(root, "databases"):
            source = node_at(entry.value, ["data", "source"])
            if source is not None and (said := scalar_at(source)) in {DataSource.SYNTHETIC.value, DataSource.ANONYMISED.value}:
                message = f"{name} is protected and takes no {said} data; use source: none"
                yield Problem(source.position, f"databases.{entry.key.text}.data.source", message)
    yield from _check_snapshots(root)
    routes: dict[str, tuple[str, Node]] = {}
    for entry in entries_at(root, "services"):
        yield from _check_variables(entry.key.text, entry.value)
        yield from _check_databases(name, entry.key.text, entry.value, root)
        route = node_at(entry.value, ["route"])
        text = scalar_at(route)
        if route is None or not isinstance(text, str):
            continue
        if text in routes:
            message = f'in {name}, "{shown(text)}" already leads to {routes[text][0]} ({routes[text][1].position})'
            yield Problem(route.position, f"services.{entry.key.text}.route", message)
        routes.setdefault(text, (entry.key.text, route))


def _check_snapshots(root: MappingNode) -> Iterator[Problem]:
    """Only anonymised rows come from a golden copy that has a name."""
    for entry in entries_at(root, "databases"):
        snapshot, source = (node_at(entry.value, ["data", key]) for key in ("snapshot", "source"))
        if snapshot is not None and scalar_at(snapshot) is not None and scalar_at(source) != DataSource.ANONYMISED.value:
            message = "only anonymised rows are cloned from a golden copy by name; set source: anonymised, or leave this out"
            yield Problem(snapshot.position, f"databases.{entry.key.text}.data.snapshot", message)


def check_ports(ports: Mapping[str, Node]) -> Iterator[Problem]:
    """No two persistent environments are given the same port."""
    seen: dict[object, tuple[str, Position]] = {}
    for name, node in ports.items():
        port = scalar_at(node)
        if port in seen and seen[port][1] != node.position:
            yield Problem(node.position, "port", f"{port} is already the port of {seen[port][0]} ({seen[port][1]})")
        elif port in seen:
            yield Problem(node.position, "port", f"{seen[port][0]} and {name} both inherit port {port} from here; set it in each of them")
        else:
            seen[port] = (name, node.position)


def secretive_variables(files: Files) -> Iterator[Problem]:
    """Plain variables whose names sound as if their values were secret; worth a note, not a refusal."""
    for document in (files.settings, *files.environments.values()):
        for service in entries_at(document.root, "services"):
            for entry in entries_at(service.value, "env"):
                if entry.key.text.upper().endswith(_SECRETIVE):
                    path = f"services.{service.key.text}.env.{entry.key.text}"
                    yield Problem(
                        entry.key.position, path, "this sounds like a secret; if it is one, declare it under secrets: by reference"
                    )


def _check_class(files: Files, name: str, root: MappingNode) -> Iterator[Problem]:
    ephemeral = scalar_at(root, "class") == EnvironmentClass.EPHEMERAL.value
    place = root.position
    ttl, port, release = node_at(root, ["ttl"]), node_at(root, ["port"]), node_at(files.environments[name].root, ["release"])
    if ephemeral and ttl is None:
        yield Problem(Position(place.file), "ttl", "an ephemeral environment needs a ttl, for example ttl: 72h")
    if not ephemeral and ttl is not None:
        yield Problem(ttl.position, "ttl", f"{name} is persistent and is never removed by age; only class: ephemeral has a ttl")
    if ephemeral and port is not None:
        yield Problem(port.position, "port", f"every branch's environment of {name} would get this port; leave it out")
    if ephemeral and scalar_at(root, "protected") is True:
        yield Problem(Position(place.file), "protected", f"{name} is ephemeral and cannot be protected")
    if not ephemeral and release is not None:
        yield Problem(
            release.position, "release", f"{name} is persistent and has a release of its own; only class: ephemeral starts from another"
        )


def _check_databases(name: str, service: str, node: Node, root: MappingNode) -> Iterator[Problem]:
    """A database that this environment leaves out is used by none of its services."""
    present = {entry.key.text for entry in entries_at(root, "databases")}
    for item in items_at(node, "databases"):
        if item.text not in present:
            message = f'{name} leaves out the database "{shown(item.text)}" but keeps this service, which uses it'
            yield Problem(item.position, f"services.{service}.databases", message)


def _check_variables(service: str, node: Node) -> Iterator[Problem]:
    """One variable has one source: env, secrets, or liftlock for the database's address."""
    secrets = {entry.key.text: entry.key for entry in entries_at(node, "secrets")}
    given = {item.text.upper().replace("-", "_") + "_DATABASE_URL" for item in items_at(node, "databases")}
    for kind in ("env", "secrets"):
        for entry in entries_at(node, kind):
            variable, path = entry.key.text, f"services.{service}.{kind}.{shown(entry.key.text)}"
            if variable in given:
                yield Problem(
                    entry.key.position, path, "liftlock sets this variable, because the service lists the database; remove it here"
                )
            elif kind == "env" and variable in secrets:
                message = f"this variable is also under secrets ({secrets[variable].position}); keep one of them"
                yield Problem(entry.key.position, path, message)
