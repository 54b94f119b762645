"""Files to a checked project: every file is read and checked, and every problem is reported in one go."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from liftlock.adapters.config_files.build import build_project
from liftlock.adapters.config_files.files import RawFiles, read_files
from liftlock.adapters.config_files.named_sizes import check_sizes
from liftlock.adapters.config_files.shape_check import check_shape
from liftlock.adapters.config_files.shapes import EnvironmentFile, ProjectFile
from liftlock.core.config.checks import check_files, declared, missing_services
from liftlock.core.config.document import Document, Node, Position
from liftlock.core.config.entries import Known
from liftlock.core.config.loaded import Files, LoadedProject
from liftlock.core.config.merge import Merged
from liftlock.core.config.merged_checks import check_merged, check_ports, secretive_variables
from liftlock.core.config.problems import Problem, config_error
from liftlock.core.config.reading import parse_bytes
from liftlock.core.config.settings import SETTINGS
from liftlock.core.config.suggestions import unknown
from liftlock.core.config.text_rules import NAME
from liftlock.core.config.tree import entries_at, node_at, scalar_at
from liftlock.core.errors import ConfigError
from liftlock.core.policy_file import KINDS, POLICY, inspect_policy
from liftlock.core.release_file import image_of, inspect_release


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found. project is None where there are problems. checked: the files, in order."""

    project: LoadedProject | None
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    checked: tuple[str, ...]


def load_project(root: Path) -> LoadedProject:
    """The checked environments repository; ConfigError with one line per problem in any of its files."""
    inspection = inspect_project(root)
    if inspection.project is None:
        raise config_error(inspection.problems, hint="every line is one thing to mend; liftlock config validate checks again")
    return inspection.project


def inspect_project(root: Path) -> Inspection:
    """Everything that is wrong or worth knowing in the repository's files; raises only where there is no liftlock.yaml."""
    if not (root / SETTINGS).exists():
        raise ConfigError(f"{root}: there is no {SETTINGS}", hint="liftlock init DIR writes an environments repository")
    return inspect_files(root, read_files(root))


def inspect_files(root: Path, raw: RawFiles) -> Inspection:
    """As inspect_project, for files of any origin (a Git commit, a test)."""
    problems = list(raw.problems)
    documents = _documents(raw.contents, problems)
    checked = tuple(sorted(raw.contents))
    if any(problem.position.file == SETTINGS for problem in problems):
        return Inspection(None, tuple(sorted({*problems, *_alone(documents)})), (), checked)
    data = {name: hashlib.sha256(content).hexdigest() for name, content in raw.data.items()}
    files = Files(documents[SETTINGS], _in(documents, "environments"), _in(documents, "releases"), data)
    settings, found = check_shape(files.settings, ProjectFile)
    policy, mistakes = inspect_policy(_in(documents, "policy"), Known(files.declared(), declared(files, "services")))
    problems += [*found, *_check_shapes(files), *check_files(files), *_check_images(files), *mistakes]
    merged = functools.cache(lambda name: files.merged(name, None))
    problems += _check_merged(files, raw.data, merged, problems)
    if problems or settings is None:
        return Inspection(None, tuple(sorted(set(problems))), (), checked)
    notes = tuple(sorted({*_unreleased(files, merged), *secretive_variables(files)}))
    return Inspection(LoadedProject(root, build_project(settings), files, notes, policy), (), notes, checked)


def _documents(contents: Mapping[str, bytes], problems: list[Problem]) -> dict[str, Document]:
    """The files as documents. One that is not YAML is told once and stands in as an empty one, so that names refer to it."""
    documents: dict[str, Document] = {}
    for name, data in contents.items():
        document = parse_bytes(data, name)
        if isinstance(document, Problem):
            problems.append(document)
            document = Document(name, "", None)
        documents[name] = document
        if problem := _misnamed(PurePosixPath(name)):
            problems.append(Problem(Position(name), "", problem))
    return documents


def _misnamed(path: PurePosixPath) -> str | None:
    """What is wrong with a file's name; None where it is as it should be."""
    if path.parent == POLICY:
        return None if path.stem in KINDS else unknown("policy file", path.stem, KINDS)
    return None if str(path) == SETTINGS or NAME.fits(path.stem) else f"the file's name is the environment's: {NAME.says}"


def _in(documents: Mapping[str, Document], folder: str) -> dict[str, Document]:
    paths = {PurePosixPath(name): document for name, document in documents.items()}
    return {path.stem: document for path, document in paths.items() if str(path.parent) == folder}


def _alone(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """What can be said of the other files while liftlock.yaml cannot be read."""
    empty = Document(SETTINGS, "", None)
    yield from _check_shapes(Files(empty, _in(documents, "environments"), _in(documents, "releases")))


def _check_shapes(files: Files) -> Iterator[Problem]:
    for document in files.environments.values():
        yield from check_shape(document, EnvironmentFile)[1]
    for document in files.releases.values():
        yield from inspect_release(document)[1]


def _check_images(files: Files) -> list[Problem]:
    """Images of liftlock.yaml are digests."""
    problems: list[Problem] = []
    places = [("router", node_at(files.settings.root, ["router", "image"]))]
    for entry in entries_at(files.settings.root, "databases"):
        places.append((f"databases.{entry.key.text}", node_at(entry.value, ["image"])))
    for path, node in places:
        text = scalar_at(node)
        if node is not None and isinstance(text, str):
            image_of(node, f"{path}.image", text, problems)
    return problems


def _check_merged(files: Files, data: Mapping[str, bytes], merged: Callable[[str], Merged], before: list[Problem]) -> list[Problem]:
    """Checks what files say together, for each environment whose own files are sound."""
    unsound = {problem.position.file for problem in before}
    problems: list[Problem] = []
    ports: dict[str, Node] = {}
    for name in files.declared():
        parts = {files.settings.file, *(files.environments[link].file for link in files.chain(name))}
        if parts & unsound:
            continue
        problems += [*check_merged(files, name, merged(name)), *check_sizes(data, merged(name))]
        port = node_at(merged(name).root, ["port"])
        if port is not None:
            ports[name] = port
    return [*problems, *check_ports(ports)]


def _unreleased(files: Files, merged: Callable[[str], Merged]) -> Iterator[Problem]:
    """For each release that is not complete: what it lacks, who waits for it, and how it gets there."""
    waiting: dict[str, dict[str, list[str]]] = {}
    for name in files.declared():
        services = [entry.key.text for entry in entries_at(merged(name).root, "services")]
        missing = missing_services(files, name, services)
        if missing:
            waiting.setdefault(files.release_of(name), {})[name] = missing
    for release, names in waiting.items():
        lacking = ", ".join(dict.fromkeys(service for missing in names.values() for service in missing))
        message = f"nothing is released for {lacking} yet; {' and '.join(names)} cannot be brought up until it is"
        yield Problem(Position(f"releases/{release}.yaml"), "", f"{message} (run: {files.release_command(release)})")
