"""Public keys as the base branch has them: who promotes cannot change on the way whom to trust."""

from __future__ import annotations

from pathlib import PurePosixPath

from liftlock.core.errors import ConfigError
from liftlock.core.ports import Repository


def committed_keys(repository: Repository, commit: str, path: PurePosixPath) -> str:
    """The file's text at the commit; ConfigError where it is not there."""
    text = repository.read(commit, path)
    if text is None:
        raise ConfigError(f"{path}: liftlock.yaml names this file of public keys, and the base branch ({commit[:12]}) has no such file",
                          hint="commit it and push it, or take its line out of liftlock.yaml")  # fmt: skip
    return text
