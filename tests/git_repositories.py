"""Real Git repositories for tests: a bare forge with a first commit, and clones of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from liftlock.core.ports import Identity

ADA = Identity("Ada", "ada@shop.example")
GRACE = Identity("Grace", "grace@shop.example")
LINUS = Identity("Linus", "linus@shop.example")


def git(folder: Path, *arguments: str, as_: Identity = ADA) -> str:
    """What Git says in the folder, run as this person and with nobody's configuration."""
    names = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", as_.name), ("EMAIL", as_.email))}
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=env, check=False, timeout=60)
    if done.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def make_forge(folder: Path, files: Mapping[str, str]) -> Path:
    """A bare repository whose branch main has one commit with these files."""
    forge = folder / "forge.git"
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(forge))
    git(forge, "config", "gc.auto", "0")
    clone = make_clone(forge, folder / "first")
    commit_here(clone, files, "Begin")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    return forge


def make_clone(forge: Path, folder: Path) -> Path:
    """A clone of the forge, on main."""
    git(forge, "clone", "--quiet", str(forge), str(folder))
    git(folder, "config", "gc.auto", "0")
    git(folder, "config", "user.name", ADA.name)
    git(folder, "config", "user.email", ADA.email)
    return folder


def commit_here(clone: Path, files: Mapping[str, str], message: str, as_: Identity = ADA) -> str:
    """Commits the files in the clone's work tree; the commit's hash."""
    for name, text in files.items():
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", message, as_=as_)
    return git(clone, "rev-parse", "HEAD")
