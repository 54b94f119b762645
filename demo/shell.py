"""Prints a command, runs it, shows what it says, and checks that it ends as the story needs it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


class DemoError(Exception):
    """A command did not do what the demo shows."""


@dataclass(frozen=True)
class Shell:
    """Runs commands in one folder, with liftlock of this installation first on PATH."""

    folder: Path
    actor: str
    timings: list[tuple[str, float]] = field(default_factory=list)

    def run(self, command: str, *, expect: int = 0, says: tuple[str, ...] = (), as_: str | None = None, brief: bool = False) -> str:
        """The command's stdout; brief: only its length is shown. DemoError where it ends otherwise or does not say what it should."""
        prefix = f'LIFTLOCK_ACTOR="{as_}" ' if as_ else ""
        print(f"\n\033[1m$ {prefix}{command}\033[0m" if sys.stdout.isatty() else f"\n$ {prefix}{command}", flush=True)
        began = time.monotonic()
        done = subprocess.run(
            shlex.split(command), cwd=self.folder, env=self._environment(as_), stdout=subprocess.PIPE, text=True, check=False
        )
        seconds = time.monotonic() - began
        self.timings.append((command, seconds))
        print(f"  ({done.stdout.count(chr(10))} lines)" if brief else done.stdout.rstrip("\n"), flush=True)
        if done.returncode != expect:
            raise DemoError(f"`{command}` ended with exit code {done.returncode}, expected {expect}")
        for text in says:
            if text not in done.stdout:
                raise DemoError(f"`{command}` did not say {text!r}")
        print(f"  [exit {done.returncode}, {seconds:.1f} s]", flush=True)
        return done.stdout

    def _environment(self, actor: str | None) -> dict[str, str]:
        scripts = str(Path(sys.executable).parent)
        who = actor or self.actor
        name, _, address = who.rstrip(">").partition(" <")
        people = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in (("NAME", name), ("EMAIL", address))}
        return {**os.environ, **people, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "LIFTLOCK_ACTOR": who}


def chapter(number: int, title: str) -> None:
    """A heading of the story."""
    line = f"{number}. {title}"
    print(f"\n{'=' * len(line)}\n{line}\n{'=' * len(line)}", flush=True)
