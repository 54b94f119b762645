"""What Probe, Secrets, Locks and Seeder promise, on the fakes and on the real adapters."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from liftlock.adapters.http_probe import HttpProbe
from liftlock.adapters.locks import FileLocks
from liftlock.adapters.secret_sources import SecretSources
from liftlock.adapters.seeding import SyntheticSeeder
from liftlock.core.environment import DataSource, DataSpec
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, PolicyError
from liftlock.core.ports import Locks, Probe, Secrets, Seeder
from tests.fakes.environments import FakeLocks, FakeProbe, FakeSecrets, FakeSeeder, QuietProgress
from tests.listening import listening
from tests.postgres import PASSWORD, postgres_image, run_postgres
from tests.samples import environment

SHOP = Path(__file__).parents[2] / "samples" / "shop" / "shop" / "migrations" / "0001_shop.sql"
HOST = "dev.shop.localhost"


# --- probe ----------------------------------------------------------------------------------------------------------------------------


@dataclass
class Answers:
    """A server that gives these answers one after the other, the last one for ever. hosts: what it was asked as."""

    statuses: list[int]
    hosts: list[str] = field(default_factory=list)

    def next(self, host: str) -> int:
        self.hosts.append(host)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def serving(answers: Answers) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.next(self.headers["Host"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Handler) as host:
        yield int(host.rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize("status", [200, 302, 404, 503])
@pytest.mark.parametrize("kind", ["fake", "http"])
def test_a_probe_gives_the_status_of_what_answers(kind: str, status: int) -> None:
    probe: Probe = FakeProbe(status) if kind == "fake" else HttpProbe()
    with serving(Answers([status])) as port:
        assert probe.get(port, "/", host=HOST, timeout=0.2) == status


@pytest.mark.parametrize("kind", ["fake", "http"])
def test_a_probe_gives_0_where_nothing_answers(kind: str) -> None:
    probe: Probe = FakeProbe(0) if kind == "fake" else HttpProbe()
    assert probe.get(free_port(), "/", host=HOST, timeout=0.1) == 0


def test_the_real_probe_asks_by_the_environments_host_and_waits_until_it_is_well() -> None:
    answers = Answers([503, 503, 200])
    with serving(answers) as port:
        assert HttpProbe().get(port, "/", host=HOST, timeout=10) == 200
    assert answers.hosts == [f"{HOST}:{port}"] * 3


# --- secrets --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", "sources"])
def secrets(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """A source that has env:PRESENT and file:present, and not env:ABSENT, file:absent, env:EMPTY or file:empty."""
    if request.param == "fake":
        return FakeSecrets(missing=frozenset({"env:ABSENT", "file:absent", "env:EMPTY", "file:empty"}))
    monkeypatch.setenv("PRESENT", "value of env:PRESENT")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("ABSENT", raising=False)
    (tmp_path / "present").write_text("value of file:present\n")
    (tmp_path / "empty").write_text("\n")
    return SecretSources(tmp_path)


@pytest.mark.parametrize("reference", ["env:PRESENT", "file:present"])
def test_a_secret_is_what_stands_behind_its_reference(secrets: Secrets, reference: str) -> None:
    assert secrets.resolve(reference) == f"value of {reference}"


@pytest.mark.parametrize("reference", ["env:ABSENT", "file:absent", "env:EMPTY", "file:empty"])
def test_a_secret_that_is_not_there_is_named(secrets: Secrets, reference: str) -> None:
    with pytest.raises(ConfigError, match=reference):
        secrets.resolve(reference)


def test_generated_secrets_differ_and_can_stand_in_a_url(secrets: Secrets) -> None:
    made = [secrets.generate() for _ in range(50)]
    assert len(set(made)) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", secret) for secret in made)


def test_a_file_that_is_not_text_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"s3cret\xff")
    with pytest.raises(ConfigError, match="file:odd") as caught:
        SecretSources(tmp_path).resolve("file:odd")
    assert "s3cret" not in caught.value.message


# --- locks ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", "file"])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    return FakeLocks() if request.param == "fake" else FileLocks(tmp_path / "locks", QuietProgress(), patience=0)


def test_an_environment_is_held_by_one_at_a_time_and_the_other_is_told_by_whom(locks: Locks) -> None:
    with locks.hold("dev"), pytest.raises(ConflictError, match=r"dev is held by .+"), locks.hold("dev"):
        pass


def test_other_environments_are_free_meanwhile(locks: Locks) -> None:
    with locks.hold("dev"), locks.hold("staging"):
        pass


def test_an_environment_is_free_again_however_the_run_ended(locks: Locks) -> None:
    with pytest.raises(RuntimeError), locks.hold("dev"):
        raise RuntimeError
    with locks.hold("dev"):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from liftlock.adapters.locks import FileLocks
from tests.fakes.environments import QuietProgress
with FileLocks(Path(sys.argv[1]), QuietProgress()).hold("dev"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds dev."""
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True, env=where) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def test_another_process_is_named_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    impatient = FileLocks(tmp_path, QuietProgress(), patience=0)
    with another_process(tmp_path) as holder:
        with pytest.raises(ConflictError, match=f"dev is held by pid {holder.pid} since"), impatient.hold("dev"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with impatient.hold("dev"):
            pass


def test_the_second_waits_and_says_for_whom(tmp_path: Path) -> None:
    progress = QuietProgress()
    with another_process(tmp_path) as holder:
        ender = threading.Timer(0.5, holder.kill)
        ender.start()
        began = time.monotonic()
        with FileLocks(tmp_path, progress, patience=30).hold("dev"):
            assert time.monotonic() - began > 0.3
        ender.join()
    assert progress.lines == [line for line in progress.lines if f"waiting for pid {holder.pid}" in line]
    assert len(progress.lines) == 1


# --- seeder ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["fake", pytest.param("synthetic", marks=pytest.mark.docker)])
def seeder(request: pytest.FixtureRequest) -> Iterator[tuple[Seeder, str]]:
    """A seeder and the URL of an empty, migrated database."""
    if request.param == "fake":
        yield FakeSeeder(), "postgresql://fake"
        return
    image = postgres_image()
    if image is None:
        pytest.skip("needs the project's images: run make images")
    with run_postgres(image) as server, server.database(SHOP.read_text(encoding="utf-8")) as name:
        yield SyntheticSeeder(Path()), server.url(name)


def test_an_empty_database_is_filled_once(seeder: tuple[Seeder, str]) -> None:
    fill, url = seeder
    progress, declared = QuietProgress(), replace(environment().databases[0], data=DataSpec(DataSource.SYNTHETIC, 500, 7))
    assert fill.seed(url, declared, progress=progress) >= 500
    assert fill.seed(url, declared, progress=progress) == 0
    assert PASSWORD not in "\n".join(progress.lines)
    if isinstance(fill, SyntheticSeeder):
        with pytest.raises(PolicyError, match="seed 7 and 1000 rows are asked"):  # what tiny means, and not what the default of rows is
            fill.seed(url, replace(declared, data=DataSpec(DataSource.SYNTHETIC, seed=7, size="tiny")), progress=progress)


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    url = f"postgresql://liftlock:s3cret@127.0.0.1:{free_port()}/liftlock"
    with pytest.raises(LiftlockError) as caught:
        SyntheticSeeder(Path()).seed(url, environment().databases[0], progress=QuietProgress())
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"
