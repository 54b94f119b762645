"""Serves the fake provider as a Pulumi plugin: `python -m tests.fakes.things_plugin WORLD`, so that the real CLI works on such a world."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from liftlock_engine.plugin.packages import Package
from liftlock_engine.providers.port import ProviderError
from tests.fakes.things import Things

VERSION = "1.2.3"


def refusing(world: Path) -> Callable[[str, str], None]:
    """A hook that refuses a verb on a resource as often as a file in the world says; see refuse()."""

    def hook(verb: str, urn: str) -> None:
        told = world / f"{verb}-{urn.rsplit('::', 1)[1]}.refused"
        if told.exists() and (left := int(told.read_text())):
            told.write_text(str(left - 1))
            raise ProviderError(f"the world refuses to {verb} it")

    return hook


def refuse(world: Path, verb: str, name: str, times: int) -> None:
    """From now on the world refuses the verb on that resource, so many times."""
    world.mkdir(parents=True, exist_ok=True)
    (world / f"{verb}-{name}.refused").write_text(str(times))


def install(home: Path, world: Path) -> None:
    """Puts the plugin where a CLI with that PULUMI_HOME finds it."""
    root = Path(__file__).parents[2]
    folder = home / "plugins" / f"resource-fake-v{VERSION}"
    folder.mkdir(parents=True)
    path = os.pathsep.join([str(root / "stacks"), str(root)])
    command = shlex.join([sys.executable, "-m", "tests.fakes.things_plugin", str(world)])
    script = folder / "pulumi-resource-fake"
    script.write_text(f"#!/bin/sh\nPYTHONPATH={shlex.quote(path)} exec {command}\n")
    script.chmod(0o755)


if __name__ == "__main__":
    from liftlock_engine.plugin.serving import serve

    place = Path(sys.argv[1])
    serve(Package("fake", VERSION, Things(place, refusing(place)), lambda: {"name": "fake", "version": VERSION}))
