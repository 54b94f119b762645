"""One environment of a loaded project: resolved to its typed form, or explained value by value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from liftlock.adapters.config_files.build import build_environment
from liftlock.adapters.config_files.defaults import unset_defaults
from liftlock.adapters.config_files.shape_check import check_node, check_values
from liftlock.adapters.config_files.shapes import MergedEnvironment
from liftlock.core.config.checks import check_release
from liftlock.core.config.document import Document, Position
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.config.merge import Merged
from liftlock.core.config.problems import config_error
from liftlock.core.config.provenance import Provenance, explain_tree
from liftlock.core.config.reading import read_document
from liftlock.core.config.tree import entries_at, node_at, to_plain
from liftlock.core.environment import Environment
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.fingerprint import Fingerprint, common_hash, configuration_hash, data_version
from liftlock.core.release_file import inspect_release

_NO_IMAGE = f"none/none@sha256:{'0' * 64}"


def resolve_environment(loaded: LoadedProject, name: str, *, release_text: str | None = None, ephemeral: str | None = None) -> Environment:
    """The environment as declared, images included.

    release_text: a release to use in place of the file's (a commit's, a pull request's). ephemeral: the name of one instance, where
    `name` is a class of ephemeral environments. ConfigError where the release lacks an image of one of its services.
    """
    loaded.find(name)
    if loaded.files.ephemeral(name) != (ephemeral is not None):
        raise _wrong_class(name, ephemeral)
    release = _release(loaded, name, release_text)
    merged = loaded.files.merged(name, release)
    _require_images(loaded, name, merged)
    model, problems = check_node(merged.root, MergedEnvironment, Position(f"environments/{name}.yaml"))
    if model is None:
        raise config_error(problems)
    built = build_environment(model, project=loaded.project, name=ephemeral or name)
    data = data_version(built, loaded.files.data)
    return replace(built, config=configuration_hash(built), data=data, common=common_hash(loaded.files))


def environment_fingerprints(loaded: LoadedProject, names: Iterable[str]) -> dict[str, Fingerprint]:
    """The hashes of persistent environments' declarations; their releases may lack images, or be absent altogether."""
    common = common_hash(loaded.files)
    found = {}
    for name in names:
        built = _without_release(loaded, name)
        declared = {service.name for service in built.services}
        found[name] = Fingerprint(
            config=configuration_hash(built),
            data=data_version(built, loaded.files.data),
            common=common,
            left_out=frozenset(service for service, _ in loaded.project.services if service not in declared),
        )
    return found


def _without_release(loaded: LoadedProject, name: str) -> Environment:
    """The environment with images that do not exist, for what does not depend on images."""
    root = loaded.files.merged(name, None).root
    values = to_plain(root)
    services = values.get("services") if isinstance(values, dict) else None
    for service in services.values() if isinstance(services, dict) else ():
        if isinstance(service, dict):
            service["image"] = _NO_IMAGE
    model, problems = check_values(values, root, MergedEnvironment, Position(f"environments/{name}.yaml"))
    if model is None:
        raise config_error(problems)
    return build_environment(model, project=loaded.project, name=name)


def explain(loaded: LoadedProject, name: str, path: str | None = None) -> list[Provenance]:
    """Every value of the environment at or below the path, with the place that set it and what it replaced. Needs no complete release."""
    loaded.find(name)
    merged = loaded.files.merged(name, loaded.files.releases.get(loaded.files.release_of(name)))
    defaults = unset_defaults(MergedEnvironment, merged.root)
    sized = {place for place in defaults if place[-2:] == ("data", "rows") and node_at(merged.root, [*place[:-1], "size"]) is not None}
    return explain_tree(merged, {place: value for place, value in defaults.items() if place not in sized}, path)


def _release(loaded: LoadedProject, name: str, text: str | None) -> Document | None:
    source = loaded.files.release_of(name)
    if text is None:
        return loaded.files.releases.get(source)
    document = read_document(text, f"releases/{source}.yaml")
    problems = [*inspect_release(document)[1], *check_release(loaded.files, source, document)]
    if problems:
        raise config_error(problems)
    return document


def _require_images(loaded: LoadedProject, name: str, merged: Merged) -> None:
    services = entries_at(merged.root, "services")
    missing = [entry.key.text for entry in services if node_at(entry.value, ["image"]) is None]
    if missing:
        raise ConfigError(
            f"releases/{loaded.files.release_of(name)}.yaml: nothing is released for {', '.join(missing)} in {name}",
            hint=f"run: {loaded.files.release_command(name)}",
        )


def _wrong_class(name: str, ephemeral: str | None) -> UsageError:
    if ephemeral is None:
        return UsageError(
            f"{name} is a class of ephemeral environments, one per branch", hint="liftlock branch up --branch BRANCH makes one"
        )
    return UsageError(f"{name} is a persistent environment", hint=f"liftlock env up {name} brings it up")
