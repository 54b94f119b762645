"""Starts the Pulumi CLI: in a session of its own, with our settings in its environment alone, and never longer alive than we are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

_TICK = 0.1
_GUARD = """
read -r _
kill -INT "$1" 2>/dev/null || exit 0
left=30
while [ $left -gt 0 ]; do
  kill -0 "$1" 2>/dev/null || exit 0
  sleep 1
  left=$((left - 1))
done
kill -KILL "$1"
"""
"""Waits until the pipe from us breaks; then the CLI is asked to end, and made to after half a minute. A plugin ends with its CLI."""


class Cli(PulumiCommand):
    """One installed CLI. settings: what it finds in its environment, the passphrase among it; asked for when it starts.

    cancel: once it is set, the CLI is asked to end, and only once.
    """

    def __init__(self, path: Path, version: str, settings: Callable[[], Mapping[str, str]], cancel: threading.Event | None = None) -> None:
        # The base class would start a process here to ask for the version.
        self.command = str(path)
        self.version = VersionInfo.parse(version)
        self._settings = settings
        self._cancel = cancel or threading.Event()
        self._running: set[int] = set()
        self._starting = threading.Lock()  # held until what was started is among them

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As the base class promises; what is said is passed on at the end."""
        result = self.ask(args, cwd, additional_env)
        for heard, text in ((on_output, result.stdout), (on_error, result.stderr)):
            if heard is not None:
                for line in text.splitlines():
                    heard(line)
        return result

    def ask(
        self, args: Sequence[str], cwd: str | Path, additional_env: Mapping[str, str] | None = None, *, said: str = ""
    ) -> CommandResult:
        """Runs one command. said: what it is told on its standard input. CommandError where it ends with anything but 0."""
        folder = str(Path(self.command).parent)
        environment = {**os.environ, **(additional_env or {}), "PULUMI_AUTOMATION_API": "true", **self._settings()}
        environment["PATH"] = os.pathsep.join(part for part in (folder, environment.get("PATH")) if part)
        with _spool() as out, _spool() as err:
            with self._starting:
                process = subprocess.Popen(
                    [self.command, "--non-interactive", *args],
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.PIPE if said else subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
                self._running.add(process.pid)
            code = self._follow(process, said)
            result = CommandResult(stdout=_said(out), stderr=_said(err), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _follow(self, process: subprocess.Popen[bytes], said: str) -> int:
        with process, guarded(process.pid), self._ended_on_error(process):
            if process.stdin is not None:
                process.stdin.write(said.encode())
                process.stdin.close()
            asked = False
            while (code := _wait(process)) is None:
                if self._cancel.is_set() and not asked:
                    asked = True
                    process.send_signal(signal.SIGINT)
            if code != 0:
                end_session(process.pid)
            return code

    @contextlib.contextmanager
    def _ended_on_error(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Asked twice to stop, or broken: then at once, with the plugins. The state says what was begun."""
        try:
            yield
        except BaseException:
            end_session(process.pid)
            raise
        finally:
            self._running.discard(process.pid)

    def end_now(self) -> None:
        """Ends what runs in other threads, at once."""
        with self._starting:
            leaders = tuple(self._running)
        for leader in leaders:
            end_session(leader)


def _spool() -> IO[bytes]:
    """Where the CLI's words go. A pipe would break with us, and the CLI with it, before it could record what it did and free its lock."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("pulumi"), "w+b")  # in memory: what is said may be a secret
    return TemporaryFile()


def _said(spool: IO[bytes]) -> str:
    spool.seek(0)
    return "\n".join(line.rstrip() for line in spool.read().decode(errors="replace").splitlines())


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_TICK)
    except subprocess.TimeoutExpired:
        return None


@contextlib.contextmanager
def guarded(pid: int) -> Iterator[None]:
    """While the block runs, a process that outlives us sees to it that `pid` ends when we are killed."""
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "guard", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def end_session(leader: int) -> None:
    """Ends what a process left behind: Pulumi's plugins have process groups of their own, but they stay in the session."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
        except (OSError, ValueError, IndexError):
            continue
        if session == leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(folder.name), signal.SIGKILL)


@contextlib.contextmanager
def side_by_side(cli: Cli) -> Iterator[ThreadPoolExecutor]:
    """A second thread for what changes nothing; whatever stops the first ends the second's CLI."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            cli.end_now()
            raise
