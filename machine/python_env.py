"""The project's virtual environment: made once, from locked and hashed packages, by a uv that is locked itself."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from machine import distribution
from machine.places import PROJECT, VENV, one_at_a_time
from machine.steps import StepError, run, say, step

_INPUTS = ("bootstrap.lock", "requirements.lock", "pyproject.toml")
_WAY_OUT = "see that Python packages can be reached (pip download uv), then run the same command again"
# What pip is told about its index, and the same thing in uv's words; uv does not read pip's files.
_PIP_TO_UV = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE", "default-timeout": "UV_HTTP_TIMEOUT"}


def ensure_environment() -> None:
    """`.venv` holds exactly what requirements.lock says, and this project; does nothing where a stamp says that it is so."""
    python = VENV / "bin" / "python"
    stamp = VENV / "liftlock-setup"
    wanted = inputs_hash(PROJECT)

    def is_done() -> bool:
        return python.exists() and stamp.exists() and stamp.read_text() == wanted

    if is_done():
        return
    (PROJECT / ".machine").mkdir(exist_ok=True)
    with one_at_a_time("setup", PROJECT / ".machine"):
        if is_done():  # by the run that we waited for
            return
        if not (VENV / "bin" / "pip").exists() and not (VENV / "bin" / "uv").exists():
            _make_environment()
        _install(python)
        stamp.write_text(wanted)
    say("setup: .venv is up to date")


def inputs_hash(project: Path) -> str:
    """What the environment depends on, as one text."""
    digest = hashlib.sha256()
    for name in _INPUTS:
        digest.update((project / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        _install_venv_module()
    with step(f"making .venv with Python {sys.version.split()[0]}"):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], way_out="remove .venv, then run the same command again")


def _install_venv_module() -> None:
    """Debian keeps `venv` out of its Python; where it is Debian's Python and we may, the missing package is installed."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not (distribution.can_install() and sys.base_prefix == "/usr"):
        raise StepError(
            f"{sys.executable} has no venv module",
            way_out=f"install it (Debian, Ubuntu: sudo apt-get install {package}), or name another Python: make PYTHON=...",
        )
    distribution.install([package], why="Python's venv module is missing")


def _install(python: Path) -> None:
    environment = pip_as_uv(_WAY_OUT)
    uv = str(VENV / "bin" / "uv")
    lock = str(PROJECT / "bootstrap.lock")
    with step("installing the locked packages"):
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        run([*pip, "--require-hashes", "-r", lock], way_out=_WAY_OUT)
        run(
            # Compiled here once: where Python may write no bytecode, each command would compile Pulumi's SDK anew (1.5 s).
            [
                uv,
                "pip",
                "sync",
                "--quiet",
                "--compile-bytecode",
                "--python",
                str(python),
                "--require-hashes",
                str(PROJECT / "requirements.lock"),
            ],
            way_out=_WAY_OUT,
            env=environment,
        )
        project = ["--no-deps", "--no-build-isolation", "--offline", "--editable", str(PROJECT)]
        run([uv, "pip", "install", "--quiet", "--python", str(python), *project], way_out=_WAY_OUT, env=environment)


def install_aside(lock: Path, folder: Path, *, way_out: str) -> None:
    """What the lock says, with its hashes, into a folder of its own and without what it depends on: for programs that a package holds."""
    uv = str(VENV / "bin" / "uv")
    if not Path(uv).exists():
        raise StepError(f"{uv} is not there", way_out="run: make setup")
    command = [uv, "pip", "install", "--quiet", "--python", str(VENV / "bin" / "python"), "--target", str(folder)]
    locked = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(lock)]
    run([*command, *locked], way_out=way_out, env=pip_as_uv(way_out))


def pip_as_uv(way_out: str) -> dict[str, str]:
    """The environment for uv, with what pip is told about its index."""
    python = str(VENV / "bin" / "python")
    return {**os.environ, **uv_settings(run([python, "-m", "pip", "config", "list"], way_out=way_out), os.environ)}


def uv_settings(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """pip's own index and certificate settings (the text of `pip config list`) as uv's variables, unless those are set."""
    told = dict(re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", pip_config, flags=re.MULTILINE))
    return {ours: told[theirs] for theirs, ours in _PIP_TO_UV.items() if theirs in told and ours not in environment}
