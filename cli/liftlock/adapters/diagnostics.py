"""Looks at each part that liftlock needs; never raises, a part that fails is a finding."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import httpx

from liftlock import __version__
from liftlock.adapters.docker_client import HINT, connect, docker_endpoint, wrapped
from liftlock.adapters.engines.pulumi.settings import NOTES, WORK
from liftlock.adapters.engines.pulumi.versions import require
from liftlock.adapters.signatures import load_keys
from liftlock.core.diagnosis import Finding, Verdict
from liftlock.core.errors import ConfigError, LiftlockError
from liftlock.core.project import EngineKind, IdentitySigner, KeySigner, Project

_GIT_IDENTITY = 'git config --global user.name "Your Name" && git config --global user.email you@example.org'


def diagnose(root: Path | None, project: Project | None, ask_forge: Callable[[], str] = str) -> Sequence[Finding]:
    """Every part in the order in which a newcomer needs it; what needs an environments repository is left out without one.

    ask_forge: what answers as forge; an error where it cannot be used.
    """
    found = [_git(), _git_identity(root), _docker(), _engine(root, project)]
    if project is None or root is None:
        return [
            *found,
            Finding("environments repository", Verdict.UNCHECKED, "none here", "liftlock init DIR writes one; or say --repo DIR"),
        ]
    found += [Finding("environments repository", Verdict.OK, str(root)), _registry(project.registry), _forge(ask_forge)]
    return [*found, *(_public_keys(root, path) for path in _key_files(project)), *_trusted_roots(root, project)]


def _git() -> Finding:
    said = _say(["git", "--version"])
    if said is None:
        return Finding("git", Verdict.MISSING, "not on PATH", "install git (Debian: apt-get install git)")
    return Finding("git", Verdict.OK, said.removeprefix("git version "))


def _git_identity(root: Path | None) -> Finding:
    name, email = (_say(["git", "config", f"user.{key}"], root) for key in ("name", "email"))
    if not name or not email:
        return Finding("git identity", Verdict.MISSING, "user.name or user.email is not set", _GIT_IDENTITY)
    return Finding("git identity", Verdict.OK, f"{name} <{email}>")


def _docker() -> Finding:
    where = docker_endpoint() or "the default socket"
    try:
        client = connect(timeout=5)
        with wrapped():
            version = client.version()
    except LiftlockError as err:
        return Finding("docker", Verdict.MISSING, f"{err.message} at {where}", err.hint or HINT)
    return Finding("docker", Verdict.OK, f"{version['Version']} (API {version['ApiVersion']}) at {where}")


def _engine(root: Path | None, project: Project | None) -> Finding:
    """The declared engine; without a repository the one that needs no installation."""
    choice = project.engine.choice if project is not None else None
    if root is None or choice is None or choice.kind is EngineKind.EMBEDDED:
        return Finding("engine", Verdict.OK, f"embedded, {__version__}")
    try:
        cli = require(root / WORK / NOTES)
    except LiftlockError as err:
        return Finding("engine", Verdict.MISSING, err.message, err.hint)
    return Finding("engine", Verdict.OK, f"pulumi, {cli.version} at {cli.path}")


def _registry(host: str) -> Finding:
    scheme = "http" if host.partition(":")[0] in {"127.0.0.1", "localhost"} else "https"
    try:
        status = httpx.get(f"{scheme}://{host}/v2/", timeout=5, trust_env=False).status_code
    except httpx.HTTPError as err:
        reason = str(err) or type(err).__name__
        return Finding(
            "registry", Verdict.MISSING, f"{host} does not answer ({reason})", "start it, or correct `registry` in liftlock.yaml"
        )
    if status not in {200, 401}:
        return Finding("registry", Verdict.MISSING, f"{host} answers HTTP {status} to /v2/", "is it an OCI registry?")
    return Finding("registry", Verdict.OK, f"{host}{' (asks for a login)' if status == 401 else ''}")


def _forge(ask: Callable[[], str]) -> Finding:
    try:
        return Finding("forge", Verdict.OK, ask())
    except LiftlockError as err:
        return Finding("forge", Verdict.MISSING, err.message, err.hint or "correct `forge` in liftlock.yaml")


def _key_files(project: Project) -> list[PurePosixPath]:
    """The files of public keys that liftlock.yaml names."""
    rules = (stage.gates.asks_attestation for stage in project.pipeline)
    named = {rule.signer.file for rule in rules if rule and isinstance(rule.signer, KeySigner)} | (
        {project.signing.public} if project.signing else set()
    )
    return sorted(named)


def _public_keys(root: Path, path: PurePosixPath) -> Finding:
    try:
        count = len(load_keys((root / path).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
        return Finding("public keys", Verdict.MISSING, f"{path}: {reason}", "commit the file that liftlock.yaml names")
    except ConfigError as err:
        return Finding("public keys", Verdict.MISSING, f"{path}: {err.message}", err.hint)
    return Finding("public keys", Verdict.OK, f"{path}: {count}")


def _trusted_roots(root: Path, project: Project) -> list[Finding]:
    """Those of the rules that trust an identity, and whether the optional part is there that they need."""
    rules = (stage.gates.asks_attestation for stage in project.pipeline)
    files = sorted({rule.signer.file for rule in rules if rule and isinstance(rule.signer, IdentitySigner)})
    if not files:
        return []
    if find_spec("sigstore") is None:
        remedy = "pip install 'liftlock[keyless]'"
        return [Finding("trusted root", Verdict.MISSING, "the optional part keyless is not installed", remedy)]
    missing = [path for path in files if not (root / path).is_file()]
    said = f"{', '.join(map(str, missing or files))}{': no such file' if missing else ''}"
    return [Finding("trusted root", Verdict.MISSING if missing else Verdict.OK, said, "commit the file" if missing else None)]


def _say(command: Sequence[str], folder: Path | None = None) -> str | None:
    """What the command prints; None where it fails or is not there."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
