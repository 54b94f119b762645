"""PostgreSQL's own programs: found on this machine or in a container, run without a password in sight."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from liftlock_datagen.database.refusals import without_password
from liftlock_datagen.errors import DatagenError

_NAME = r'"[^"]*"'
# what the server says of a schema, as far as names are all that it quotes
_HARMLESS = re.compile(
    rf"could not create unique index {_NAME}|could not (extend|write to|create|open) file .*|could not write .*: No space left on device"
    rf"|insert or update on table {_NAME} violates foreign key constraint {_NAME}"
    rf"|(check|partition|exclusion) constraint {_NAME} of relation {_NAME} is violated by some row"
    rf"|could not create exclusion constraint {_NAME}|column {_NAME} of relation {_NAME} contains null values"
    r"|(type|relation|schema|function|role|column|collation|extension|operator class|tablespace|server)"
    r' ("[^"]*"|[\w.]+(\([\w., ]*\))?)'
    rf"( of relation {_NAME})? (does not exist|already exists|is not available)( for access method {_NAME})?"
    rf"|permission denied (for|to) .*|must be (owner|superuser|member) .*|canceling statement due to .*|out of (memory|shared memory)"
    rf"|terminating connection due to .*|could not open extension control file .*|unrecognized configuration parameter {_NAME}"
)
_DEBIAN = "/usr/lib/postgresql"  # where Debian keeps the programs of each major version
_SECONDS = 4 * 3600


@dataclass(frozen=True, slots=True)
class PostgresTools:
    """Where the programs are: in the folder, or in an image. major: their version."""

    folder: str
    image: str
    major: int

    def run(self, url: str, name: str, arguments: Sequence[str], shared: Path) -> None:
        """Runs one against the database of the URL; DatagenError with its own words where it fails. shared: a folder that it may use."""
        said = _variables(url, shared)
        command = [*self._before(said, shared), str(Path(self.folder, name)), *arguments]
        try:
            done = subprocess.run(
                command, env={**os.environ, **said}, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as err:
            raise DatagenError(f"{name} could not be run: {type(err).__name__}", hint="is PostgreSQL's client package installed?") from None
        if done.returncode != 0:
            text = without_password(done.stderr.decode(errors="replace").strip(), url)
            raise DatagenError(f"{name} failed: {_telling(text)}", hint="the target is as it was")

    def _before(self, said: Mapping[str, str], shared: Path) -> list[str]:
        if not self.image:
            return []
        names = [word for variable in said for word in ("--env", variable)]  # docker takes the values from its own environment
        user = f"--user={os.getuid()}:{os.getgid()}"
        mount = f"--volume={shared}:{shared}"
        return ["docker", "run", "--rm", "--network=host", "--entrypoint=", user, mount, *names, self.image, "/usr/bin/env", "--"]


def _variables(url: str, shared: Path) -> Mapping[str, str]:
    """All that the URL says, as libpq's environment variables: a command line is seen in a list of processes.

    What has no variable goes into a service file of the folder, for its owner alone.
    """
    known = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    names = {item.keyword.decode(): item.envvar.decode() for item in pq.Conninfo.get_defaults() if item.envvar}
    said = {name: os.environ[name] for name in ("PGSERVICEFILE", "PGSYSCONFDIR", *names.values()) if name in os.environ}
    said |= {"PGAPPNAME": "liftlock-datagen"} | {names[key]: value for key, value in known.items() if key in names}
    others = {key: value for key, value in known.items() if key not in names}
    if not others:
        return said
    if "PGSERVICE" in said or any("\n" in value for value in others.values()):
        raise DatagenError(
            f"{', '.join(sorted(others))} of the address cannot be handed to PostgreSQL's programs together with a service",
            hint="say it in the service file",
        )
    file = Path(shared, "service.conf")
    file.touch(mode=0o600)
    file.write_text("".join(["[liftlock]\n", *(f"{key}={value}\n" for key, value in sorted(others.items()))]), encoding="utf-8")
    return {**said, "PGSERVICE": "liftlock", "PGSERVICEFILE": str(file)}


def find_tools(server_major: int, *, image: str = "") -> PostgresTools:
    """The programs of this machine where they know the server's version, otherwise those of the image.

    DatagenError where neither does.
    """
    found: list[PostgresTools] = []
    on_path = shutil.which("pg_dump")
    for folder in (f"{_DEBIAN}/{server_major}/bin", str(Path(on_path).parent) if on_path else ""):
        major = _major([str(Path(folder, "pg_dump"))]) if folder else None
        if major is not None and major >= server_major:
            return PostgresTools(folder, "", major)
        found += [PostgresTools(folder, "", major)] if major else []
    if image:
        major = _major(["docker", "run", "--rm", "--entrypoint=", image, "pg_dump"])
        if major is not None and major >= server_major:
            return PostgresTools("", image, major)
    known = f"the one here is of version {found[0].major}" if found else "there is none on this machine"
    raise DatagenError(
        f"pg_dump of PostgreSQL {server_major} or later is needed to copy a schema; {known}",
        hint=f"install postgresql-client-{server_major}, or name an image of PostgreSQL {server_major}",
    )


def _major(command: Sequence[str]) -> int | None:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if done.returncode == 0 and version else None


def _telling(text: str) -> str:
    """The lines that say what went wrong; neither the statement that did, nor the detail, nor a message that may quote a row."""
    lines = [line for line in text.splitlines() if re.search(r"error:|ERROR:|FATAL:|fatal:|from TOC entry", line)]
    return "; ".join(map(_without_values, lines[:4])) or "it did not say why"


def _without_values(line: str) -> str:
    before, error, message = line.partition("ERROR:")
    if not error or _HARMLESS.fullmatch(message.strip()):
        return line
    return f"{before}{error} (not shown: it may quote a row; the server's log has it)"
