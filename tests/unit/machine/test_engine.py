"""Who has no engine is told what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from machine.engine import advice, endpoint, remove_stale_pid_file


@pytest.mark.parametrize(
    ("platform", "answer", "expected"),
    [
        ("darwin", "Cannot connect to the Docker daemon", "Docker Desktop"),
        ("linux", "permission denied while trying to connect", "group docker"),
        ("linux", "the docker command is not installed", "apt-get install docker.io"),
    ],
)
def test_the_advice_fits_the_machine(platform: str, answer: str, expected: str) -> None:
    assert expected in advice(platform, answer)


def test_docker_host_is_the_endpoint_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/other.sock")
    assert endpoint() == "unix:///run/other.sock"


@pytest.mark.parametrize("number", ["999999999", str(os.getpid())], ids=["nobody", "somebody else"])
def test_the_pid_file_of_an_engine_that_is_gone_is_removed(tmp_path: Path, number: str) -> None:
    path = tmp_path / "docker.pid"
    path.write_text(number)
    remove_stale_pid_file(path, "dockerd")
    assert not path.exists()
    remove_stale_pid_file(path, "dockerd")
