"""What the operating system is, what it lets us install, and where its packages come from.

Addresses of packages are read from the machine: one behind a mirror or a proxy builds its images from where it installs from itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from machine.steps import run, step

SUITE = "bookworm"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PASSED_ON = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
_one_apt = threading.Lock()  # apt refuses to run twice at once, and the Python set-up and the images may both need it
_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Where images get Debian's packages. main, security: None leaves what the root image itself brings.

    settings: apt options of this machine that matter. ca: a CA bundle, only where an address is https.
    proxies: build arguments that Docker keeps out of an image's history, for a proxy's address can hold a password.
    """

    main: str | None = None
    security: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    ca: bytes | None = None
    proxies: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def is_root() -> bool:
    """Whether we may install packages and start daemons."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_debian_like(release: str | None = None) -> bool:
    """Whether this is Debian or one of its children, by the text of os-release."""
    if release is None:
        path = Path("/etc/os-release")
        release = path.read_text() if path.exists() else ""
    words = re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)"?$', release, flags=re.MULTILINE)
    return "debian" in " ".join(words).split() or "ubuntu" in " ".join(words).split()


def can_install() -> bool:
    """Whether apt-get is ours to use."""
    return sys.platform == "linux" and is_root() and is_debian_like() and shutil.which("apt-get") is not None


def install(packages: Sequence[str], *, why: str) -> None:
    """Installs packages of the distribution, saying so; the package lists are fetched first, for a bare machine has none."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    way_out = f"install by hand: apt-get install {' '.join(packages)}"
    with _one_apt, step(f"installing {', '.join(packages)} from the distribution: {why}"):
        run([*apt, "update"], way_out=way_out, env=environment)
        run([*apt, "install", "--no-install-recommends", *packages], way_out=way_out, env=environment)


def offers(package: str) -> bool:
    """Whether the distribution has this package under its own name."""
    found = subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False)
    return found.returncode == 0 and bool(found.stdout)


def package_source() -> PackageSource:
    """This machine's own source of Debian packages; where it is another system, that of the root image."""
    apt = shutil.which("apt-config")
    dump = run([apt, "dump"], way_out="look at /etc/apt/apt.conf.d") if apt else ""
    main, security = mirrors(_source_files()) if is_debian_like() else (None, None)
    encrypted = any(address is not None and address.startswith("https") for address in (main, security))
    ca = _CA_BUNDLE.read_bytes() if encrypted and _CA_BUNDLE.exists() else None
    return PackageSource(main, security, apt_settings(dump), ca, build_proxies(dump, os.environ))


def _source_files() -> str:
    folder = Path("/etc/apt/sources.list.d")
    files = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.sources")), *sorted(folder.glob("*.list"))]
    return "\n".join(path.read_text() for path in files if path.is_file())


def mirrors(sources: str) -> tuple[str | None, str | None]:
    """The addresses that hold this suite and its security updates, as the text of the machine's own apt sources names them.

    Another suite's mirror is good too when it is a Debian archive: its path ends in /debian. Anything else is left out.
    """
    found = re.findall(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(https?://\S+)", sources, flags=re.MULTILINE)
    addresses = [address.rstrip("/") for address in found]
    main = next((address for address in addresses if address.endswith("/debian")), None)
    security = next((address for address in addresses if address.endswith("/debian-security")), None)
    return main, security


def apt_settings(dump: str) -> tuple[tuple[str, str], ...]:
    """The options of `apt-config dump` that an image build needs as well. A proxy is not among them: see build_proxies."""
    values = dict(re.findall(r'^([\w:-]+) "([^"]*)";$', dump, flags=re.MULTILINE))
    return tuple((name, values[name]) for name in _PASSED_ON if name in values)


def build_proxies(dump: str, environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Docker's own proxy build arguments: those of the environment, and apt's where the environment has none."""
    proxies = {name: value for name, value in environment.items() if name.lower() in {"http_proxy", "https_proxy", "no_proxy"} and value}
    for name, value in re.findall(r'^Acquire::(https?)::Proxy "([^"]*)";$', dump, flags=re.MULTILINE):
        if value and value != "DIRECT":
            proxies.setdefault(f"{name}_proxy", value)
    return tuple(sorted(proxies.items()))


def apt_files(source: PackageSource) -> dict[str, bytes]:
    """What goes under /etc/apt of the base image."""
    options = [("APT::Install-Recommends", "false"), ("APT::Get::Assume-Yes", "true"), ("Acquire::Languages", "none"), ("quiet", "1")]
    lines = [f'{name} "{value}";' for name, value in (*options, *source.settings)]
    files: dict[str, bytes] = {}
    if source.main is not None:
        files = {"sources.list": b"# see sources.list.d\n", "sources.list.d/debian.sources": sources_text(source).encode()}
    if source.ca is not None:
        files["liftlock-ca.crt"] = source.ca
        lines.append('Acquire::https::CAInfo "/etc/apt/liftlock-ca.crt";')
    files["apt.conf.d/90liftlock"] = ("\n".join(lines) + "\n").encode()
    return files


def sources_text(source: PackageSource) -> str:
    """The apt sources in deb822 form; empty where none is known."""
    parts = [(source.main, f"{SUITE} {SUITE}-updates"), (source.security, f"{SUITE}-security")]
    return "\n".join(
        f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {_KEYRING}\n" for uri, suites in parts if uri
    )
