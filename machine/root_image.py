"""The root of all images: Debian's slim image by digest where a hub answers, otherwise the same system made here with mmdebstrap."""

from __future__ import annotations

import hashlib
import os
import selectors
import shutil
import subprocess
import time
from pathlib import Path

from machine import distribution
from machine.distribution import PackageSource
from machine.places import cache_folder
from machine.steps import StepError, run, say, step

# debian:bookworm-slim, the index of all architectures.
HUB_IMAGE = "debian@sha256:96e378d7e6531ac9a15ad505478fcc2e69f371b10f5cdf87857c4b8188404716"
_ANSWER_SECONDS = 5
_PULL_SECONDS = 300
_VARIANT = "apt"


def root_image(source: PackageSource) -> str:
    """The reference of the root image in the engine; pulled, imported from the cache, or made."""
    if _in_engine(HUB_IMAGE) or _pull(HUB_IMAGE):
        return HUB_IMAGE
    archive = cache_folder() / f"root-{recipe_id(source)}.tar"
    name = f"liftlock/root:{recipe_id(source)}"
    if _in_engine(name):
        return name
    if not archive.exists():
        _make(archive, source)
    with step("importing the root image"):
        run(
            ["docker", "import", "--change", "LABEL liftlock.managed=true", str(archive), name],
            way_out=f"remove {archive} and run the same command again",
        )
    return name


def recipe_id(source: PackageSource) -> str:
    """What the made root depends on, as 16 hex digits."""
    return hashlib.sha256(repr((_VARIANT, distribution.SUITE, source.main, source.security)).encode()).hexdigest()[:16]


def _in_engine(reference: str) -> bool:
    return subprocess.run(["docker", "image", "inspect", reference], capture_output=True, check=False).returncode == 0


def _pull(reference: str) -> bool:
    """Whether the hub gave the image. A hub that says nothing for some seconds is taken for absent: a machine without one must not wait."""
    started = time.monotonic()
    puller = subprocess.Popen(["docker", "pull", reference], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ)
    with selectors.DefaultSelector() as selector:
        if puller.stdout is not None:
            selector.register(puller.stdout, selectors.EVENT_READ)
        answered = bool(selector.select(_ANSWER_SECONDS))
    try:
        printed, _ = puller.communicate(timeout=_PULL_SECONDS if answered else 0)
    except subprocess.TimeoutExpired:
        puller.kill()
        puller.communicate()
        printed = b"no answer in time"
    if puller.returncode == 0:
        say(f"  ok   pulled the root image {reference} ({time.monotonic() - started:.1f} s)")
        return True
    reason = (printed.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
    say(f"       no image hub ({reason[:160]}): the root image is made from Debian's packages instead")
    return False


def _make(archive: Path, source: PackageSource) -> None:
    if shutil.which("mmdebstrap") is None:
        if not distribution.can_install():
            raise StepError(
                "no image hub answers, and mmdebstrap, which would make the root image, is not installed",
                way_out="give this machine access to an image hub, or install mmdebstrap (Debian, Ubuntu: sudo apt-get install mmdebstrap)",
            )
        distribution.install(["mmdebstrap"], why="it makes the root image where no image hub answers")
    partial = archive.with_suffix(".partial.tar")
    settings = [f'--aptopt={name} "{value}"' for name, value in source.settings]
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "info", "locale", "i18n")]
    environment = {**os.environ, **dict(source.proxies)}
    with step("making the root image with mmdebstrap"):
        run(
            [
                "mmdebstrap",
                "--quiet",
                f"--variant={_VARIANT}",
                "--dpkgopt=force-unsafe-io",
                *settings,
                *excluded,
                distribution.SUITE,
                str(partial),
                *(["-"] if source.main else []),  # without an address mmdebstrap takes its own
            ],
            stdin=distribution.sources_text(source).encode() if source.main else None,
            env=environment,
            way_out="see that Debian's packages can be reached: apt-get update",
        )
    partial.replace(archive)  # whole or not there: an interrupted run leaves no half archive behind
