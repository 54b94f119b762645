"""`python3 -m machine TARGET`: what the Makefile calls. The only place that catches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from machine.steps import StepError, say

_OLDEST = (3, 11)


def _setup() -> int:
    from machine.python_env import ensure_environment

    ensure_environment()
    return 0


def _images() -> int:
    from machine.images import ensure_images

    ensure_images()
    return 0


def _pulumi() -> int:
    from machine.pulumi_cli import ensure_pulumi

    ensure_pulumi()
    return 0


def _gitea() -> int:
    from machine.gitea_program import ensure_gitea

    ensure_gitea()
    return 0


def _actionlint() -> int:
    from machine.actionlint_program import ensure_actionlint

    ensure_actionlint()
    return 0


def _prepare(*more: Callable[[], int]) -> None:
    """Packages and images side by side: the one waits for the network while the other unpacks."""
    with ThreadPoolExecutor(max_workers=2 + len(more)) as pool:
        for work in [pool.submit(target) for target in (_setup, _images, *more)]:
            work.result()


def _check() -> int:
    from machine import checks

    _setup()
    return checks.summarise(checks.run_static())


def _test() -> int:
    from machine import checks, engine

    _prepare(_actionlint)
    return checks.summarise([*checks.run_static(), checks.run_pytest(engine.endpoint(), checks.WITHOUT_BUILT)])


def _engines() -> int:
    """The tests that `make test` leaves out, for they need the real CLI: several minutes of building where it was never built."""
    from machine import checks, engine

    _prepare(_pulumi)
    return checks.summarise([checks.run_pytest(engine.endpoint(), checks.WITH_PULUMI)])


def _github() -> int:
    from machine.github_description import ensure_github_description

    _setup()  # its uv fetches Node.js where there is none
    ensure_github_description()
    return 0


def _forges() -> int:
    """The tests that `make test` leaves out, for they need a real forge, or what a forge says of itself: minutes, the first time."""
    from machine import checks, engine

    _prepare(_gitea, _github)
    return checks.summarise([checks.run_pytest(engine.endpoint(), checks.WITH_FORGES)])


def _postgres_versions() -> int:
    from machine.postgres_versions import ensure_postgres_versions

    _setup()  # its uv fetches the tools, and Node.js where there is none
    ensure_postgres_versions()
    return 0


def _versions() -> int:
    """The tests of data on every other version of PostgreSQL, which are fetched where they are not there: a minute, the first time."""
    from machine import checks, engine

    _prepare(_postgres_versions)
    return checks.summarise([checks.run_pytest(engine.endpoint(), checks.WITH_VERSIONS)])


def _clean() -> int:
    from machine.cleaning import clean

    return clean()


def _with_images(module: str, *more: Callable[[], int]) -> int:
    """Runs one of the project's own modules on a machine that has everything; its exit status."""
    from machine import engine
    from machine.places import PROJECT, VENV

    _prepare(*more)
    environment = {**os.environ, "DOCKER_HOST": engine.endpoint()}
    return subprocess.run([str(VENV / "bin" / "python"), "-m", module], cwd=PROJECT, env=environment, check=False).returncode


TARGETS: dict[str, Callable[[], int]] = {
    "setup": _setup,
    "images": _images,
    "pulumi": _pulumi,
    "gitea": _gitea,
    "github": _github,
    "actionlint": _actionlint,
    "engines": _engines,
    "forges": _forges,
    "versions": _versions,
    "demo": lambda: _with_images("demo"),
    "test": _test,
    "check": _check,
    "bench": lambda: _with_images("benchmarks", _pulumi),
    "clean": _clean,
}


def main(arguments: list[str]) -> int:
    """Runs one target; 0 where it is done, 1 where it failed, 64 where there is no such target, 130 after Ctrl-C."""
    if sys.version_info < _OLDEST:
        found = f"{sys.executable} is {sys.version.split()[0]}"
        say(f"this needs Python 3.11 or newer, and {found}; install one and name it: make PYTHON=python3.12 ...")
        return 1
    target = TARGETS.get(arguments[0]) if len(arguments) == 1 else None
    if target is None:
        say(f"usage: python3 -m machine {' | '.join(TARGETS)}")
        return 64
    try:
        return target()
    except StepError as failed:
        say(f"\nFAILED  {failed.step or arguments[0]}\n  why:  {failed.reason.strip()}\n  next: {failed.way_out}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; the same command goes on from here")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
