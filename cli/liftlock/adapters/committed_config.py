"""The configuration as a commit has it: what is promoted, and under which gates, is never read from somebody's work tree."""

from __future__ import annotations

import functools
from pathlib import Path, PurePosixPath

from liftlock.adapters.config_files.environments import environment_fingerprint
from liftlock.adapters.config_files.files import DATA, FOLDERS, RawFiles
from liftlock.adapters.config_files.loader import inspect_files
from liftlock.adapters.git import Git
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.config.problems import config_error
from liftlock.core.config.settings import SETTINGS
from liftlock.core.errors import ConfigError
from liftlock.core.fingerprint import Fingerprint


@functools.lru_cache(maxsize=8)
def load_committed(root: Path, commit: str) -> LoadedProject:
    """The checked environments repository at the commit, which never changes; ConfigError with one line per problem."""
    git = Git(root)
    folders = (f"{folder}/" for folder in (*FOLDERS, DATA))
    listed = git.run("ls-tree", "-r", "-z", "--name-only", commit, "--", SETTINGS, *folders).out.split("\0")
    names = [name for name in listed if name == SETTINGS or _is_configuration(PurePosixPath(name))]
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
def committed_fingerprint(root: Path, commit: str, environment: str) -> Fingerprint:
    """The hashes of the environment's declaration at the commit."""
    return environment_fingerprint(load_committed(root, commit), environment)


def _is_configuration(path: PurePosixPath) -> bool:
    return len(path.parts) == 2 and path.suffix == ".yaml" and not path.name.startswith(".")
