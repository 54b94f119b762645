"""Tiny container images for tests, made from this machine's own shell, without an image hub. By tag they differ in /version."""

from __future__ import annotations

import fcntl
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

_NAME = "liftlock-test/tiny"
_PROGRAMS = ("sh", "sleep", "cat", "ls", "true", "false", "env", "id")
_FOLDERS = ("tmp", "data", "etc")


def tiny_image(tag: int) -> str:
    """The id (sha256:…) of liftlock-test/tiny:<tag>; made once per machine. It runs `sleep 1000` and has sh, sleep, cat, ls, env, id."""
    name = f"{_NAME}:{tag}"
    with (Path(tempfile.gettempdir()) / "liftlock-test-tiny.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once must agree on one id
        return _image_id(name) or _make_image(name, tag)


def _image_id(name: str) -> str | None:
    found = _docker("image", "inspect", "--format", "{{.Id}}", name)
    return found.stdout.decode().strip() if found.returncode == 0 else None


def _make_image(name: str, tag: int) -> str:
    options = ["--change", 'CMD ["sleep", "1000"]', "--change", "ENV PATH=/bin"]
    made = _docker("import", *options, "-", name, stdin=_root_filesystem(tag))
    if made.returncode != 0:
        raise RuntimeError(f"cannot make the test image {name}: {made.stderr.decode().strip()}")
    return made.stdout.decode().strip()


def _docker(*args: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *args], input=stdin, capture_output=True, check=False, timeout=120)


def _root_filesystem(tag: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as tar:
        libraries: set[Path] = set()
        for program in _PROGRAMS:
            path = shutil.which(program)
            if path is None:
                raise RuntimeError(f"the test image needs the program {program!r} on this machine")
            tar.add(Path(path).resolve(), f"bin/{program}")
            libraries |= _shared_libraries(path)
        for library in sorted(libraries):
            tar.add(library.resolve(), str(library).lstrip("/"))
        for folder in _FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(entry)
        _add_text(tar, "version", str(tag))
        _add_text(tar, "etc/passwd", "root:x:0:0::/:/bin/sh\nboatman:x:1000:1000::/tmp:/bin/sh\n")
    return buffer.getvalue()


def _shared_libraries(program: str) -> set[Path]:
    listed = subprocess.run(["ldd", program], capture_output=True, check=True, text=True, timeout=30).stdout
    return {Path(found) for found in re.findall(r"(/\S+) \(0x", listed)}


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text.encode()), 0o644
    tar.addfile(entry, io.BytesIO(text.encode()))
