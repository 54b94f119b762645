"""Which Pulumi CLI there is, and whether it is new enough."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from semver import VersionInfo

from liftlock.core.errors import ConfigError
from liftlock_engine.files import write_atomically

MINIMUM = VersionInfo.parse("3.224.0")
INSTALL_HINT = "run: liftlock engine install (or set `engine.kind: embedded` in liftlock.yaml, which needs no Pulumi CLI)"
HOME = Path("~/.pulumi")
"""Where Pulumi's own installer puts the CLI."""


class CliMissingError(ConfigError):
    """The engine `pulumi` is declared and there is no CLI that it can use."""


@dataclass(frozen=True, slots=True)
class InstalledCli:
    """A CLI on this machine."""

    path: Path
    version: str

    @property
    def new_enough(self) -> bool:
        """Whether it tells what changed in a resource, which older ones do not."""
        return VersionInfo.parse(self.version) >= MINIMUM


def locate() -> Path | None:
    """The CLI on PATH, else where Pulumi's installer puts it."""
    found = shutil.which("pulumi") or shutil.which(HOME.expanduser() / "bin" / "pulumi")
    return Path(found) if found else None


def require(notes: Path, path: Path | None = None) -> InstalledCli:
    """The CLI, new enough; CliMissingError with the way out. notes: a file that remembers its version."""
    place = path or locate()
    if place is None:
        raise CliMissingError("the engine pulumi needs the Pulumi CLI, and there is none on PATH", hint=INSTALL_HINT)
    cli = InstalledCli(place, _known_version(place, notes))
    if not cli.new_enough:
        raise CliMissingError(f"the Pulumi CLI at {place} is {cli.version}; the engine needs {MINIMUM} or newer", hint=INSTALL_HINT)
    return cli


def read_version(path: Path) -> str:
    """What the CLI says of itself; CliMissingError where it says nothing that is a version."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([path, "version"], env=environment, capture_output=True, text=True, timeout=60, check=True)
        return str(VersionInfo.parse(done.stdout.strip().removeprefix("v")))
    except (OSError, subprocess.SubprocessError, ValueError) as err:
        raise CliMissingError(f"{path} does not say its version, so it is no Pulumi CLI that works", hint=INSTALL_HINT) from err


def _known_version(path: Path, notes: Path) -> str:
    """The version, asked for once per installed file: asking takes as long as a whole command of the embedded engine."""
    try:
        facts = path.resolve().stat()
    except OSError as err:
        raise CliMissingError(f"{path}: {err.strerror}", hint=INSTALL_HINT) from err
    file = [str(path.resolve()), facts.st_size, facts.st_mtime_ns]
    try:
        noted = json.loads(notes.read_text(encoding="utf-8"))
        if noted["file"] == file:
            return str(VersionInfo.parse(noted["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    version = read_version(path)
    notes.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(notes, json.dumps({"file": file, "version": version}) + "\n")
    return version
