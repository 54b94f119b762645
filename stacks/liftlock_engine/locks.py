"""The lock of one stack: a file as Pulumi writes it, there while a run goes. Of two runs that race, exactly one wins."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liftlock_engine.errors import LockedError, StateError
from liftlock_engine.files import beside, remove_unfinished


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    pid: int
    username: str
    hostname: str
    timestamp: str

    def __str__(self) -> str:
        return f"{self.username}@{self.hostname}, process {self.pid}, since {self.timestamp}"


@contextlib.contextmanager
def hold(folder: Path, *, what: str, report: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock while the block runs. report: told of a lock whose owner is dead and that was removed."""
    lock = _take(folder, what, report)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(folder: Path, what: str, report: Callable[[str], None]) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            refuse_if_held(folder, what, report)
            lock = folder / f"{uuid.uuid4()}.json"
            _appear(lock, json.dumps(_ourselves()))
    except OSError as err:
        raise StateError(f"{folder}: the lock of {what} cannot be written ({err.strerror})") from err
    # The Pulumi CLI knows nothing of our folder lock: it may have come in meanwhile. It looks again after writing, and so do we.
    try:
        refuse_if_held(folder, what, report, but=lock)
    except LockedError:
        lock.unlink(missing_ok=True)
        raise
    return lock


def _appear(lock: Path, text: str) -> None:
    """Makes the lock whole in one step: the Pulumi CLI reads every file in its folder, and a half written one stops it without a name."""
    remove_unfinished(lock.parents[1], lock.parent.name)
    beginning = beside(lock.parent)
    beginning.write_text(text)
    beginning.replace(lock)


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def refuse_if_held(folder: Path, what: str, report: Callable[[str], None], *, but: Path | None = None) -> None:
    """LockedError where a run holds a lock in the folder; a lock whose owner is proved dead is removed and told to `report`."""
    for path in sorted(folder.glob("*.json")):
        if path == but:
            continue
        holder = read_holder(path)
        if holder is None:
            continue
        if is_dead(holder):
            path.unlink(missing_ok=True)
            report(f"removed the lock of a run that is gone ({holder})")
            continue
        raise LockedError(
            f"another run works on {what}: {holder}",
            hint=f"Wait for it to end. If that machine is gone for good, remove {path}.",
            holder=str(holder),
        )


def read_holder(path: Path) -> Holder | None:
    """The lock's owner; None where the lock is gone."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        return Holder(int(raw["pid"]), str(raw["username"]), str(raw["hostname"]), str(raw["timestamp"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):  # being written, or by a tool we do not know: it counts as held
        return Holder(0, "unknown", "unknown", "unknown")


def _ourselves() -> dict[str, object]:
    return {"pid": os.getpid(), "username": _username(), "hostname": socket.gethostname(), "timestamp": datetime.now(UTC).isoformat()}


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return str(os.getuid())


def is_dead(holder: Holder) -> bool:
    """Proof that the owner is gone: this machine, and no such process, or a zombie, or one that started after the lock was taken."""
    if holder.hostname != socket.gethostname() or holder.pid <= 0:
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    if _is_zombie(holder.pid):
        return True  # its parent has not asked yet how it ended
    started = _started(holder.pid)
    taken = _moment(holder.timestamp)
    return started is not None and taken is not None and started > taken + 2  # clocks of the two sources differ by up to a second


def _is_zombie(pid: int) -> bool:
    """Whether it ended and only its entry is left; one whose first thread alone ended may still write."""
    try:
        threads = sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False
    return threads <= 1 and _stat(pid)[:1] == ["Z"]


def _stat(pid: int) -> list[str]:
    """The process's facts after its name; empty where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def _moment(timestamp: str) -> float | None:
    try:
        return datetime.fromisoformat(timestamp[:19] + _offset(timestamp)).timestamp()
    except ValueError:
        return None


def _offset(timestamp: str) -> str:
    rest = timestamp[19:].lstrip(".0123456789")
    return "+00:00" if rest in ("", "Z") else rest


def _started(pid: int) -> float | None:
    """When a process started, in seconds since the epoch; None where the system does not tell."""
    try:
        ticks = int(_stat(pid)[19])
        boot = next(int(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return boot + ticks / os.sysconf("SC_CLK_TCK")
