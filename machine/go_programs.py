"""Programs from Go modules: built once for each content of go.mod and go.sum, kept in the user's cache, found there in no time."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from machine import go_toolchain
from machine.go_toolchain import Go
from machine.places import cache_folder, one_at_a_time
from machine.steps import StepError, last_lines, run, say, step

_EVERY_SECONDS = 15
_WAY_OUT = "see that Go modules can be reached (go env GOPROXY) and that 4 GB of disk are free, then run the same command again"


@dataclass(frozen=True, slots=True)
class GoProgram:
    """What to build. folder: holds go.mod and go.sum. package: the command's import path. linker: flags for the linker. tags: build tags.

    beside: files and folders that it wants next to it, relative to the folder of its source. takes: what a person should know before the
    build.
    """

    name: str
    folder: Path
    package: str
    linker: str = "-s -w"
    tags: str = ""
    beside: tuple[str, ...] = ()
    takes: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `go build`."""
        return ("-trimpath", "-ldflags", self.linker, *(("-tags", self.tags) if self.tags else ()))


def module_version(folder: Path, module: str) -> str:
    """`1.7.12`: the version of the module that the folder's go.mod asks for."""
    go_mod = folder / "go.mod"
    match = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\d+\.\d+\.\d+)\b", go_mod.read_text(), flags=re.MULTILINE)
    if match is None:
        raise StepError(f"{go_mod} asks for no {module}", way_out=f"restore it: git checkout machine/{folder.name}")
    return match.group(1)


def build_key(program: GoProgram, go: Go, *, system: str = sys.platform, machine: str | None = None) -> str:
    """What the binary depends on, as 16 hex digits."""
    parts = (program.package, *program.flags, *program.beside, go.version, system, machine or platform.machine())
    digest = hashlib.sha256(repr(parts).encode())
    for path in sorted(path for path in program.folder.rglob("*") if path.is_file()):
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def ensure_program(program: GoProgram) -> Path:
    """The built program; takes no time where it was built before."""
    go = go_toolchain.find_go()
    binary = cache_folder() / program.name / build_key(program, go) / program.name
    if binary.exists():
        return binary
    with one_at_a_time(program.name):
        if not binary.exists():
            _build(program, go, binary)
    return binary


def _build(program: GoProgram, go: Go, binary: Path) -> None:
    command = go_toolchain.ensure_command(go)
    binary.parent.mkdir(parents=True, exist_ok=True)
    partial = binary.with_name(f"{binary.name}.partial")
    # A Go that we fetched has no caches of its own yet; ours go when the build is done, for they are ten times the program.
    caches = cache_folder() / "go-build" if go.command is None else None
    environment = build_environment(os.environ, caches)
    with step(f"building {program.name} with Go {go.version}{program.takes}"):
        listed = _watch([str(command), "list", "-deps", "-tags", program.tags, program.package], program, environment, _downloads)
        compiling = f"compiling up to {len(listed.split())} packages"
        _watch([str(command), "build", *program.flags, "-o", str(partial), program.package], program, environment, lambda _: compiling)
        _copy_beside(command, program, environment, binary.parent)
    partial.replace(binary)  # whole or not there: an interrupted build leaves nothing that looks like the program
    if caches is not None:
        shutil.rmtree(caches)


def _copy_beside(command: Path, program: GoProgram, environment: Mapping[str, str], folder: Path) -> None:
    if not program.beside:
        return
    source = run([str(command), "list", "-f", "{{.Dir}}", program.package], way_out=_WAY_OUT, env=environment, cwd=str(program.folder))
    for path in program.beside:
        copy_content(Path(source.strip()) / path, folder / Path(path).name)


def copy_content(source: Path, target: Path) -> None:
    """Copies a file or a folder. Go's module folders cannot be written to: their modes stay behind, so that the copy can be removed."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            copy_content(path, target / path.name)
        return
    shutil.copyfile(source, target)
    target.chmod(0o755)


def build_environment(environment: Mapping[str, str], caches: Path | None) -> dict[str, str]:
    """The settings of a build that is the same everywhere: no C compiler, no other Go, nothing of the user's flags."""
    fixed = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
    if caches is not None:
        # Go makes module folders that cannot be written to, and so not removed, unless it is told otherwise.
        fixed |= {"GOPATH": str(caches / "path"), "GOCACHE": str(caches / "cache"), "GOFLAGS": "-mod=readonly -modcacherw"}
    return {**{name: value for name, value in environment.items() if name not in {"GOOS", "GOARCH", "GOROOT", "GOEXPERIMENT"}}, **fixed}


def _downloads(printed: str) -> str:
    return f"{len(re.findall(r'^go: downloading', printed, flags=re.MULTILINE))} modules downloaded"


def _watch(command: list[str], program: GoProgram, environment: Mapping[str, str], describe: Callable[[str], str]) -> str:
    """What the command printed on stdout. Every few seconds a line says how far it is, by what it has printed on stderr."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=program.folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            while not _ended(process):
                say(f"       {describe(_text(err.fileno()))} ({time.monotonic() - started:.0f} s)")
        finally:
            process.kill()  # only Ctrl-C leaves it running
            process.wait()
        if process.returncode != 0:
            raise StepError(f"go {command[1]}: exit status {process.returncode}\n{last_lines(_text(err.fileno()))}", way_out=_WAY_OUT)
        return _text(out.fileno())


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _text(descriptor: int) -> str:
    """All that was written to the file so far; the writer's own position stays as it is."""
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
