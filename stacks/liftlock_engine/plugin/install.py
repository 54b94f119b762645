"""Installs the plugins' executables. Where one lies decides who finds it: see `install`."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import sys
from pathlib import Path

import liftlock_engine

_SDKS = {"docker": "pulumi-docker"}


def sdk_version(package: str = "docker") -> str:
    """The version of the package's SDK on this machine: the one that a program asks the engine for."""
    return importlib.metadata.version(_SDKS[package])


def install(home: Path, package: str = "docker", *, owner_labels: tuple[str, ...] = ()) -> Path:
    """Puts the plugin into the plugin cache of a PULUMI_HOME, in the version that the SDK asks for; the executable's path.

    Give it a PULUMI_HOME of its own: in the user's it would stand in the place of Pulumi's plugin of that version. The CLI takes it
    from there without a warning and downloads nothing. (On PATH it would be found too, with a warning on every run.)
    """
    folder = home / "plugins" / f"resource-{package}-v{sdk_version(package)}"
    folder.mkdir(parents=True, exist_ok=True)
    return write_executable(folder, package, owner_labels=owner_labels)


def write_executable(folder: Path, package: str = "docker", *, owner_labels: tuple[str, ...] = ()) -> Path:
    """Writes `pulumi-resource-<package>`, which runs this Python with this code, into a folder (`plugins:` of Pulumi.yaml may name it)."""
    path = folder / f"pulumi-resource-{package}"
    content = _script(package, owner_labels)
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return path
    temporary = folder / f".{path.name}.{os.getpid()}.tmp"
    temporary.write_text(content, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(path)  # a run that starts it at this moment gets the old one or the new one
    return path


def _script(package: str, owner_labels: tuple[str, ...]) -> str:
    # -P: the engine starts it in the program's folder, whose modules are none of ours.
    code = Path(liftlock_engine.__file__).parent.parent
    command = [sys.executable, "-P", "-m", "liftlock_engine.plugin", package, "--sdk-version", sdk_version(package)]
    command += [word for label in owner_labels for word in ("--owner-label", label)]
    return f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(code))}${{PYTHONPATH:+:$PYTHONPATH}} exec {shlex.join(command)} "$@"\n'
