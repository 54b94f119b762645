"""`make clean`: removes the Docker objects that carry our label, and nothing else.

A container takes over the labels of its image, and an image those of the one below it. So the label alone does not prove that we made a
thing: a container must also carry `liftlock.role`, which no image has, and an image one of our names.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machine import engine
from machine.places import IMAGES_FILE
from machine.steps import StepError, last_lines, run, say

MANAGED = "liftlock.managed=true"
_OUR_IMAGE = re.compile(r"(?:127\.0\.0\.1:\d+/)?(?:liftlock|shop)/[a-z0-9._-]+(?::[\w.-]+|@sha256:[0-9a-f]+)")
Docker = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Removal:
    """What one kind of object comes to: how it is called, the command that removes it, which ones."""

    kind: str
    command: tuple[str, ...]
    names: tuple[str, ...]


def docker(arguments: Sequence[str]) -> str:
    """The docker command's stdout."""
    return run(["docker", *arguments], way_out="see that the Docker engine answers: docker version")


def plan_removal(ask: Docker, label: str = MANAGED) -> tuple[Removal, ...]:
    """What there is to remove, in an order in which nothing is still in use when its turn comes."""
    ours = ("--filter", f"label={label}")
    containers = ask(["container", "ls", "--all", *ours, "--filter", "label=liftlock.role", "--format", "{{.Names}}"]).split()
    networks = ask(["network", "ls", *ours, "--format", "{{.Name}}"]).split()
    volumes = ask(["volume", "ls", *ours, "--format", "{{.Name}}"]).split()
    # One that was pulled by its digest has no tag; one that was built has no digest.
    listed = ask(["image", "ls", "--digests", *ours, "--format", "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"]).splitlines()
    chosen = (tagged if not tagged.endswith(":<none>") else by_digest for tagged, by_digest in map(str.split, listed))
    images = sorted({name for name in chosen if _OUR_IMAGE.fullmatch(name)})
    return (
        Removal("containers", ("container", "rm", "--force", "--volumes"), tuple(containers)),
        Removal("networks", ("network", "rm"), tuple(networks)),
        Removal("volumes", ("volume", "rm"), tuple(volumes)),
        Removal("images", ("image", "rm"), tuple(images)),
    )


def remove(plan: Sequence[Removal]) -> tuple[str, ...]:
    """Removes each thing; returns a line for each that could not be removed, because something that is not ours uses it."""
    kept: list[str] = []
    for removal in plan:
        for name in removal.names:
            done = subprocess.run(["docker", *removal.command, name], capture_output=True, check=False)
            reason = done.stderr.decode(errors="replace")
            if done.returncode != 0 and "no such" not in reason.lower() and "not found" not in reason.lower():
                kept.append(f"{removal.kind[:-1]} {name}: {last_lines(reason, 1).strip()}")
    return tuple(kept)


def clean() -> int:
    """Removes what is ours and says what that was; 1 where something had to stay."""
    if (answer := engine.probe()) is not None:
        if "permission denied" in answer.lower():
            raise StepError(answer, way_out="run this as a user who may use Docker")
        say("clean: no Docker engine answers, so there is nothing to remove")
        return 0
    plan = plan_removal(docker)
    kept = remove(plan)
    IMAGES_FILE.unlink(missing_ok=True)
    for removal in plan:
        if removal.names:
            say(f"  {len(removal.names)} {removal.kind}: {', '.join(removal.names)}")
    removed = sum(len(removal.names) for removal in plan) - len(kept)
    say(f"clean: removed {removed} things" if plan_has_names(plan) else "clean: nothing of liftlock's was there")
    for line in kept:
        say(f"  kept {line}")
    return 1 if kept else 0


def plan_has_names(plan: Sequence[Removal]) -> bool:
    """Whether there is anything to remove."""
    return any(removal.names for removal in plan)
