"""The command line's root: exit codes and what is said where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIFTLOCK = Path(sys.executable).parent / "liftlock"
HEAVY = {"pulumi", "grpc", "docker", "numpy", "pydantic", "httpx", "jinja2", "psycopg", "ruamel", "cryptography"}


def run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LIFTLOCK), *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", [["nosuch"], ["env", "up"], ["env", "up", "dev", "--nope"], ["env"], []])
def test_a_command_line_that_does_not_fit_ends_with_64_and_not_with_the_code_for_changes(words: list[str]) -> None:
    assert run(*words).returncode == 64


@pytest.mark.parametrize("group", [[], ["env"], ["branch"], ["image"], ["promote"], ["config"]])
def test_every_command_explains_itself(group: list[str]) -> None:
    done = run(*group, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    "words", [["env", "status"], ["branch", "list"], ["drift"], ["history"], ["promote", "status"], ["config", "validate"]]
)
def test_outside_an_environments_repository_each_command_says_how_to_get_one(words: list[str], tmp_path: Path) -> None:
    done = run(*words, folder=tmp_path)
    assert done.returncode in {64, 78}
    assert "liftlock init" in done.stderr
    assert done.stdout == ""


def test_doctor_works_outside_an_environments_repository(tmp_path: Path) -> None:
    done = run("doctor", folder=tmp_path)
    assert "docker" in done.stdout
    assert "liftlock init" in done.stdout


def test_nothing_heavy_is_loaded_for_the_version_and_the_help() -> None:
    code = "import sys, liftlock.main; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert HEAVY.isdisjoint(loaded)
