"""Run by test_crash.py in a process of its own: the same update over and over, ended at each thing that it does to the state's folder.

Arguments: a folder; `between` (SIGKILL before each write, rename or removal) or `within` (each write in turn ends the run at some byte of a
file); optionally a number: take only every so-manieth moment, and keep what each run left, in `left-…`. Each run is a copy of this process,
which has loaded everything already. Prints what was found, as JSON.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from liftlock_engine import ConfigValue, Operation
from liftlock_engine.passphrase import Crypter
from tests.fakes.things import Things
from tests.unit.engine.conftest import STACK
from tests.unit.engine.killed_run import PASSPHRASE, check_taken_over, engine, program

DICE = random.Random(4711)  # noqa: S311 - bytes to die at, no secrets
REACHED = "reached"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Reaper:
    """Ends this process when it does the `at`-th thing to the folder. byte: not at once, but when a file gets longer than that."""

    def __init__(self, state: Path, at: int, byte: int | None, tell: int) -> None:
        self._checkpoint = state / ".pulumi" / "stacks" / "shop" / "dev.json"
        self._state = str(state)
        self._moments = itertools.count(1)
        self._at = at
        self._byte = byte
        self._tell = tell
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it; its default is to end the process
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        """Python's audit hook."""
        writes = event == "open" and isinstance(args[2], int) and bool(args[2] & WRITING)
        if not (writes or event in ("os.rename", "os.remove")) or not str(args[0]).startswith(self._state):
            return
        if event == "os.rename" and str(args[1]) == str(self._checkpoint):
            os.write(self._tell, f"{digest(Path(str(args[0])))}\n".encode())
        if (writes or self._byte is None) and next(self._moments) == self._at:  # files are written from several threads
            self._end()

    def _end(self) -> None:
        os.write(self._tell, f"{REACHED}\n".encode())
        if self._byte is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._byte, resource.RLIM_INFINITY))


def digest(file: Path) -> str:
    """What a file holds, in short."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def config(variant: str) -> dict[str, ConfigValue]:
    """A configuration that the second run changes."""
    return {"shop:variant": ConfigValue(variant), "shop:password": ConfigValue(f"{variant} secret", secret=True)}


def in_a_copy(work: Callable[[int], None]) -> tuple[int, list[str]]:
    """Does it in a copy of this process, which may die; its exit code and the lines that it wrote to the pipe."""
    reading, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            work(telling)
        except BaseException:  # noqa: BLE001 - the copy must not go on with the loop
            os.write(telling, traceback.format_exc().encode())
            os._exit(1)
        os._exit(0)
    os.close(telling)
    with os.fdopen(reading) as pipe:
        told = pipe.read().splitlines()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), told


def update(place: Path, variant: str, reaper: Reaper | None = None) -> None:
    """One run of the engine."""
    if reaper is not None:
        sys.addaudithook(reaper)
    assert engine(place, Things(place / "world")).run(Operation.UP, STACK, program(variant), config=config(variant)).succeeded


def check(place: Path, states: list[str]) -> None:
    """The state is the one before or after the last write, every file is whole, and the next run goes on from there.

    states: digests of the checkpoints, as they came.
    """
    base = place / "state" / ".pulumi"
    assert digest(base / "stacks" / "shop" / "dev.json") in states[-2:]
    for file in base.rglob("*"):
        if file.is_file() and file.suffix != ".tmp" and file.name != "meta.yaml":
            json.loads(file.read_text())
    assert (base / "meta.yaml").read_text() == "version: 1\n"
    assert YAML().load((place / "state" / "Pulumi.dev.yaml").read_text())
    assert dict(engine(place, Things(place / "world")).config(STACK)) in (config("first"), config("second"))
    check_taken_over(place, "second", config("second"))
    left = [file.name for file in base.parent.rglob("*") if file.suffix == ".tmp" or ("locks" in file.parts and file.is_file())]
    assert [name for name in left if not name.startswith(".meta.yaml.")] == []  # meta.yaml is of all stacks: another may be at it


def cut_off(place: Path, at: int, byte: int | None, *, keep: bool) -> list[dict[str, object]] | None:
    """One run that is ended, and what was found after it; nothing where no file got that long, None where it does not do so many things."""
    states = [digest(engine(place, Things(place / "world")).backend.state_path(STACK))]
    code, told = in_a_copy(lambda tell: update(place, "second", Reaper(place / "state", at, byte, tell)))
    if code >= 0:
        assert code == 0, told
        return [] if REACHED in told else None
    told.remove(REACHED)
    if keep:
        shutil.copytree(place, place.with_name(f"left-{at}"))
    _, wrong = in_a_copy(lambda _: check(place, states + told))
    return [{"at": at, "byte": byte, "died of": -code, "states": len(told), "wrong": wrong}]


def main() -> None:
    """Goes on until a run comes to its end."""
    folder, within, every = Path(sys.argv[1]), sys.argv[2] == "within", int(sys.argv[3]) if len(sys.argv) > 3 else 0
    base = folder / "base"
    made = in_a_copy(lambda _: update(base, "first"))
    assert made == (0, []), made
    backend = engine(base, Things(base / "world")).backend
    backend.load(STACK, Crypter("", lambda: PASSPHRASE))  # the key of the secrets: derived once, and every copy has it
    deaths: list[dict[str, object]] = []
    for at in itertools.count(1, every or 1):
        place = shutil.copytree(base, folder / str(at))
        death = cut_off(place, at, int(10 ** DICE.uniform(0, 3.6)) if within else None, keep=every > 0)
        if death is None:
            break
        deaths += death
        shutil.rmtree(place)
    print(json.dumps(deaths))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
