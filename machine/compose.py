"""Docker compose v2, the peer of the benchmarks: the one that is installed, or Debian's package, unpacked into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from machine import distribution
from machine.places import cache_folder, one_at_a_time
from machine.steps import StepError, run, step

# The first of Debian's suites whose package is version 2.
SUITE = "trixie"
_PACKAGE = "docker-compose"
_PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"
_WAY_OUT = "install docker compose v2 so that `docker compose version` answers, then run the same command again"


def ensure_compose() -> tuple[str, ...]:
    """The command that is docker compose v2; fetched where it is not installed."""
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if asked.returncode == 0:
        return ("docker", "compose")
    folder = cache_folder() / "compose" / SUITE
    if not (folder / _PLUGIN).exists():
        with one_at_a_time("compose"):
            if not (folder / _PLUGIN).exists():
                _fetch(folder)
    return (str(folder / _PLUGIN),)


def own_sources(main: str | None) -> str:
    """The apt sources that name this suite alone. main: the address of Debian's archive that the machine itself uses."""
    if main is None:
        raise StepError("docker compose v2 is not installed, and no source of packages here is a Debian archive", way_out=_WAY_OUT)
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    return f"Types: deb\nURIs: {main}\nSuites: {SUITE}\nComponents: main\nSigned-By: {keyring}\n"


def apt_options(folder: Path) -> tuple[str, ...]:
    """Options that keep apt's lists, cache and sources in this folder; the machine's own stay as they are, and nobody has to be root."""
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": str(folder / "sources"),
        "Dir::State": str(folder / "state"),
        "Dir::State::Status": str(folder / "status"),
        "Dir::Cache": str(folder / "cache"),
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    return tuple(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))


def _fetch(folder: Path) -> None:
    if sys.platform != "linux" or not distribution.is_debian_like() or shutil.which("apt-get") is None:
        raise StepError("docker compose v2 is not installed, and it can be fetched on Debian and its children only", way_out=_WAY_OUT)
    sources = own_sources(distribution.package_source().main)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    apt = partial / "apt"
    for place in ("sources", "state/lists/partial", "cache/archives/partial"):
        (apt / place).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources" / "debian.sources").write_text(sources)
    command = ["apt-get", "-q", *apt_options(apt)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"fetching docker compose v2 from Debian {SUITE}"):
        run([*command, "update"], way_out=_WAY_OUT, env=environment)
        run([*command, "download", _PACKAGE], way_out=_WAY_OUT, env=environment, cwd=str(apt))
        (package,) = apt.glob(f"{_PACKAGE}_*.deb")
        run(["dpkg", "-x", str(package), str(partial)], way_out=_WAY_OUT)
    shutil.rmtree(apt)
    partial.rename(folder)  # whole or not there
