"""Makes a folder of files the first commit of a repository, and gives it a bare repository as its forge."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liftlock.adapters.git import Git, signed_by
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.errors import ConflictError, LiftlockError, UsageError
from liftlock.core.ports import Identity

_PREFIX = ".liftlock-init-"


def acting_identity(near: Path, spoken: str | None) -> Identity:
    """Who signs the first commit: the identity that was said, otherwise Git's own for a folder near there."""
    if spoken is not None:
        return Identity.parse(spoken)
    folder = next(path for path in (near, *near.parents) if path.is_dir())
    return GitRepository(folder).identity()


def commit_all(folder: Path, *, branch: str, message: str, author: Identity) -> str:
    """Makes the folder a repository whose branch holds its files in one commit; the commit's hash."""
    git = Git(folder)
    git.run("init", "--quiet", f"--initial-branch={branch}")
    git.run("add", "--all")
    git.run("commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message, env=signed_by(author))
    return git.line("rev-parse", "HEAD")


def push_first(folder: Path, *, branch: str, to: Path, called: Path) -> None:
    """Pushes the branch to the bare repository at `to`, and names that repository's final place, `called`, as origin."""
    git = Git(folder)
    git.run("remote", "add", "origin", str(to))
    git.run("push", "--quiet", "--no-verify", "--set-upstream", "origin", branch)
    git.run("remote", "set-url", "origin", str(called))


def name_origin(folder: Path, url: str) -> None:
    """Names a far forge as origin; nothing is pushed."""
    Git(folder).run("remote", "add", "origin", f"{url}.git")


def check_forge(forge: Path, branch: str) -> bool:
    """Whether a bare repository without that branch is there (True) or nothing is (False); ConflictError for anything else."""
    if not forge.exists() or (forge.is_dir() and not any(forge.iterdir())):
        return False
    git = Git(forge)
    if not forge.is_dir() or git.run("rev-parse", "--is-bare-repository", ok=range(256)).out.strip() != "true":
        raise ConflictError(f"{forge}: something is there that is no bare Git repository", hint="give another path: --forge PATH")
    if Path(git.line("rev-parse", "--absolute-git-dir")).resolve() != forge.resolve():
        raise ConflictError(f"{forge}: this is a folder inside a Git repository", hint="give another path: --forge PATH")
    if git.ref(f"refs/heads/{branch}") is not None:
        raise ConflictError(
            f"{forge}: this forge already has a branch {branch}",
            hint=f"to work on what is there: git clone {forge} DIR; for a new one: --forge PATH",
        )
    return True


def make_bare(folder: Path, *, branch: str) -> None:
    """An empty bare repository in an existing empty folder."""
    Git(folder).run("init", "--quiet", "--bare", f"--initial-branch={branch}")


def check_target(folder: Path) -> None:
    """UsageError unless the folder is absent or empty; nothing in it is touched."""
    if folder.is_dir() and not folder.is_symlink():
        count = sum(1 for _ in folder.iterdir())
        if count:
            raise UsageError(
                f"{folder}: the folder is not empty ({count} entries); nothing was changed", hint="give a new or an empty folder"
            )
    elif folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder}: something is there that is no folder; nothing was changed", hint="give a new or an empty folder")


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A folder beside the target to write into; gone at the end, unless `settle` has put it in the target's place.

    Folders above the target that had to be made are removed again when they stay empty.
    """
    missing = [path for path in target.parents if not path.exists()]
    folder: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
        yield folder
    except OSError as err:
        raise LiftlockError(
            f"{target}: cannot be written: {err.strerror or err}", hint="check the folder's rights and the free space"
        ) from err
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        for path in missing:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def settle(staged: Path, target: Path) -> None:
    """Puts the staged folder in the target's place. An empty folder that is there stays the same folder: somebody may stand in it."""
    if not target.exists():
        staged.chmod(0o777 & ~_umask())
        staged.rename(target)
        return
    moved: list[Path] = []
    try:
        for path in sorted(staged.iterdir()):
            path.rename(target / path.name)
            moved.append(target / path.name)
    except BaseException:
        for path in moved:
            path.rename(staged / path.name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_secret(path: Path, text: str) -> None:
    """A new file that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def would_commit(path: Path) -> bool:
    """Whether a file of that name is in a Git work tree that does not ignore it. Its folder need not be there yet."""
    absolute = path.absolute()
    folder = next(parent for parent in absolute.parents if parent.is_dir())
    git = Git(folder)
    if git.run("rev-parse", "--is-inside-work-tree", ok=(0, 128)).out.strip() != "true":
        return False
    return git.run("check-ignore", "--quiet", "--", str(absolute), ok=(0, 1)).code == 1
