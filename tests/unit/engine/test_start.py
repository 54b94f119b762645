"""What a run does beside or without: keys that are derived ahead, libraries that are not loaded."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from liftlock_engine import ConfigValue, FileBackend, StackName
from liftlock_engine.passphrase import Crypter, derive_ahead

NAME = StackName("shop", "dev")


class Counted:
    """How often a key was derived in this process, and with which salts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.salts: list[bytes] = []
        real = hashlib.pbkdf2_hmac

        def count(name: str, password: bytes, salt: bytes, rounds: int, dklen: int | None = None) -> bytes:
            self.salts.append(salt)
            return real(name, password, salt, min(rounds, 10), dklen)

        monkeypatch.setattr(hashlib, "pbkdf2_hmac", count)


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def stack(folder: Path, passphrase: str) -> FileBackend:
    backend = FileBackend(folder)
    backend.save_config(NAME, {"shop:token": ConfigValue("hidden", secret=True)}, Crypter("", lambda: passphrase))
    return backend


def test_the_key_of_a_stack_is_derived_once_whoever_asks_first(tmp_path: Path, derived: Counted) -> None:
    backend = stack(tmp_path, "derived ahead")
    assert len(derived.salts) == 1
    assert backend.salt(NAME).startswith("v1:")
    derive_ahead(backend.salt(NAME), lambda: "derived ahead, and another").join()
    derive_ahead(backend.salt(NAME), lambda: "derived ahead").join()
    assert len(derived.salts) == 2
    assert backend.config(NAME, Crypter("", lambda: "derived ahead"))["shop:token"].value == "hidden"
    assert len(derived.salts) == 2


def test_the_first_key_of_a_new_stack_is_the_one_that_was_derived_ahead_and_no_other_stack_gets_it(
    tmp_path: Path, derived: Counted
) -> None:
    derive_ahead(FileBackend(tmp_path / "one").salt(NAME), lambda: "a new stack").join()
    assert len(derived.salts) == 1
    one = stack(tmp_path / "one", "a new stack")
    assert len(derived.salts) == 1
    two = stack(tmp_path / "two", "a new stack")
    assert len(set(derived.salts)) == 2
    assert one.salt(NAME) != two.salt(NAME)


@pytest.mark.parametrize("salt", ["", "v1:no base64:x", "damaged", "v1:AAAAAAAAAAA=:x"])
def test_what_is_wrong_is_left_to_whoever_needs_the_key(salt: str) -> None:
    def refuse() -> str:
        raise ValueError("no passphrase here")

    for supplier in (refuse, lambda: None):
        thread = derive_ahead(salt, supplier)
        thread.join()
        assert not thread.is_alive()


DESTROY = """
import sys, pathlib
from liftlock_engine import Engine, FileBackend, Operation, StackName
from liftlock_engine.providers.docker import DockerProvider
engine = Engine(FileBackend(pathlib.Path(sys.argv[1])), {"docker": DockerProvider("unix:///nowhere")})
assert engine.run(Operation.DESTROY, StackName("shop", "dev")).succeeded
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_pulumi_and_grpc_are_not_loaded_where_no_program_runs_nor_dockers_client_where_docker_is_not_asked(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DESTROY, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "liftlock_engine" in loaded
    assert loaded.isdisjoint({"pulumi", "pulumi_docker", "grpc", "google", "docker", "requests"})
