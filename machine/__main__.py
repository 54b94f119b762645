"""`python3 -m machine TARGET`: what the Makefile calls. The only place that catches."""

from __future__ import annotations

import sys
from collections.abc import Callable

from machine.steps import StepFailed, say

_OLDEST = (3, 11)


def _images() -> int:
    from machine.images import ensure_images

    ensure_images()
    return 0


TARGETS: dict[str, Callable[[], int]] = {"images": _images}


def main(arguments: list[str]) -> int:
    """Runs one target; 0 where it is done, 1 where it failed, 64 where there is no such target, 130 after Ctrl-C."""
    if sys.version_info < _OLDEST:
        say(
            f"this needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}; name a newer one: make PYTHON=python3.12 ..."
        )
        return 1
    target = TARGETS.get(arguments[0]) if len(arguments) == 1 else None
    if target is None:
        say(f"usage: python3 -m machine {' | '.join(TARGETS)}")
        return 64
    try:
        return target()
    except StepFailed as failed:
        say(f"\nFAILED  {failed.step or arguments[0]}\n  why:  {failed.reason.strip()}\n  next: {failed.way_out}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on from here")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
