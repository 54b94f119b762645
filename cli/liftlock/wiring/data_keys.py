"""Wiring of the keys of pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.core.errors import LiftlockError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from liftlock_datagen.masking.keys import PseudonymKey


def pseudonym_keys(root: Path) -> Callable[[str], PseudonymKey]:
    """Reads a pseudonym key by its reference. A relative file: begins at the environments repository, as every reference does."""
    import os

    from liftlock_datagen.masking.keys import read_key

    return lambda reference: read_key(reference, os.environ, root)


def new_key() -> str:
    """A pseudonym key as text."""
    from liftlock_datagen.masking.keys import new_key as make

    return make()


def reference_of(path: Path) -> str:
    """How data/DB.yaml names the file. A relative reference begins at the environments repository, wherever the user stands."""
    import os

    from liftlock.adapters.config_files.repository import find_repository

    whole = path.expanduser().absolute()
    try:
        return f"file:{os.path.relpath(whole, find_repository(Path()))}"
    except LiftlockError:  # there is none around
        return f"file:{whole}"


def write_key(path: Path) -> str:
    """A pseudonym key in a new file; its id. UsageError where Git would commit it."""
    from liftlock.adapters.git_init import would_commit
    from liftlock.services.data.errors import datagen_errors
    from liftlock_datagen.masking.keys import write_new_key

    if would_commit(path):
        raise UsageError(
            f"{path} is inside a Git repository that does not ignore it: the next commit may publish the key",
            hint=f"name a file outside of it, or ignore it first: echo {path.name} >> {path.parent}/.gitignore",
        )
    with datagen_errors():
        return write_new_key(path).id
