"""The configuration as a commit has it: what is promoted, and under which gates, is never read from somebody's work tree."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from liftlock.adapters.config_cache import Blobs, ConfigCache, Known
from liftlock.adapters.config_files.files import DATA, FOLDERS, RawFiles, data_name, is_profile, read_files
from liftlock.adapters.git import Git
from liftlock.core.config.problems import config_error
from liftlock.core.config.settings import SETTINGS
from liftlock.core.errors import ConfigError
from liftlock.core.fingerprint import Fingerprint

if TYPE_CHECKING:
    from liftlock.core.config.loaded import LoadedProject

# What reads and checks configuration is loaded where it has to be read: where its blobs are known, loading it would be most of the work.
_CHANGING = ("releases/", "policy/")


@functools.lru_cache(maxsize=8)
def load_committed(root: Path, commit: str) -> LoadedProject:
    """The checked environments repository at the commit, which never changes; ConfigError with one line per problem."""
    from liftlock.adapters.config_files.loader import inspect_files  # noqa: PLC0415 - see above

    git, names = Git(root), _committed(root, commit)
    if SETTINGS not in names:
        raise ConfigError(f"the forge's base branch ({commit[:12]}) has no {SETTINGS}", hint="commit and push it: git push origin")
    texts = git.blobs([(commit, name) for name in names])
    raw = {name: texts[commit, name].encode(errors="surrogateescape") for name in names}
    data = {PurePosixPath(name).stem: raw.pop(name) for name in names if name.startswith(f"{DATA}/")}
    inspection = inspect_files(root, RawFiles(raw, (), data))
    if inspection.project is None:
        raise config_error(inspection.problems, hint=f"this is what the forge's base branch has ({commit[:12]}); mend and push it")
    return inspection.project


@functools.lru_cache(maxsize=64)
def committed_known(root: Path, commit: str) -> Known:
    """What the configuration at the commit comes to, without reading it where this machine knows its blobs; ConfigError as above."""
    return _known(root, _committed(root, commit), lambda: load_committed(root, commit))


@functools.lru_cache(maxsize=8)
def committed_afresh(root: Path, commit: str) -> Known:
    """The same, read and checked whatever is kept: for what is decided for good, no file beside Git is trusted."""
    return _described(load_committed(root, commit))


def known_here(root: Path) -> Known:
    """The same of the work tree as it is now."""
    raw = read_files(root)
    if raw.problems or SETTINGS not in raw.contents:
        return _described(_load(root))
    contents = {**raw.contents, **{data_name(name): content for name, content in raw.data.items()}}
    return _known(root, {name: _blob_id(content) for name, content in contents.items()}, lambda: _load(root))


def fingerprint_of(known: Known, environment: str) -> Fingerprint:
    """The hashes of a persistent environment's declaration; without any where it is not declared."""
    return known.fingerprints.get(environment, Fingerprint())


def _known(root: Path, blobs: Mapping[str, str], load: Callable[[], LoadedProject]) -> Known:
    changing = {name: blob for name, blob in blobs.items() if name.startswith(_CHANGING)}
    named = Blobs({name: blob for name, blob in blobs.items() if name not in changing}, changing)
    cache = ConfigCache(root)
    found = cache.get(named)
    if found is None:
        found = _described(load())
        cache.put(named, found)
    return found


def _load(root: Path) -> LoadedProject:
    from liftlock.adapters.config_files.loader import load_project  # noqa: PLC0415 - see above

    return load_project(root)


def _described(loaded: LoadedProject) -> Known:
    from liftlock.adapters.config_files.environments import environment_fingerprints  # noqa: PLC0415 - see above

    persistent = [name for name in loaded.environments if not loaded.files.ephemeral(name)]
    return Known(loaded.project, environment_fingerprints(loaded, persistent))


@functools.lru_cache(maxsize=64)
def _committed(root: Path, commit: str) -> Mapping[str, str]:
    """path -> blob of the configuration files at the commit."""
    folders = (f"{folder}/" for folder in (*FOLDERS, DATA))
    listed = Git(root).run("ls-tree", "-r", "-z", commit, "--", SETTINGS, *folders).out.split("\0")
    found = {path: facts.split(" ")[2] for facts, _, path in (line.partition("\t") for line in listed if line)}
    return {path: blob for path, blob in found.items() if path == SETTINGS or _is_configuration(PurePosixPath(path))}


def _blob_id(content: bytes) -> str:
    """What Git calls a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _is_configuration(path: PurePosixPath) -> bool:
    return is_profile(path) or (len(path.parts) == 2 and path.suffix == ".yaml" and not path.name.startswith("."))
