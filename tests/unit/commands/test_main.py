"""The command line's root: exit codes and what is said where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from liftlock.commands.app import Command, Root, interrupted_text
from liftlock.main import app
from tests.json_results import validated

LIFTLOCK = Path(sys.executable).parent / "liftlock"
HEAVY = {"rich", "pulumi", "grpc", "docker", "numpy", "pydantic", "httpx", "jinja2", "psycopg", "ruamel", "cryptography"}


def run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LIFTLOCK), *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def run_code(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", [["nosuch"], ["env", "up"], ["env", "up", "dev", "--nope"], ["env"], []])
def test_a_command_line_that_does_not_fit_ends_with_64_and_not_with_the_code_for_changes(words: list[str]) -> None:
    assert run(*words).returncode == 64


@pytest.mark.parametrize("group", [[], ["env"], ["branch"], ["image"], ["promote"], ["config"]])
def test_every_command_explains_itself(group: list[str]) -> None:
    done = run(*group, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


def test_the_root_describes_its_commands_as_they_describe_themselves() -> None:
    root = get_command(app)
    assert isinstance(root, Root)
    assert root.later
    for command in root.later:
        assert command.get_short_help_str() == Command.get_short_help_str(command.load())


@pytest.mark.parametrize("words", [["nosuch", "--help"], ["env", "nosuch", "--help"]])
def test_help_for_what_does_not_exist_is_refused(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 64
    assert "nosuch" in done.stderr


@pytest.mark.parametrize(
    "words", [["env", "status"], ["branch", "list"], ["drift"], ["history"], ["promote", "status"], ["config", "validate"]]
)
def test_outside_an_environments_repository_each_command_says_how_to_get_one(words: list[str], tmp_path: Path) -> None:
    done = run(*words, folder=tmp_path)
    assert done.returncode in {64, 78}
    assert "liftlock init" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["env", "up"], ["env", "up", "dev", "--nope"], ["drift"], ["history"]])
def test_a_failure_with_json_is_a_document_on_stdout_beside_the_message_on_stderr(words: list[str], tmp_path: Path) -> None:
    done = run(*words, "--json", folder=tmp_path)
    document = validated(done.stdout)
    assert (document["schema"], document["exit_code"]) == ("liftlock/error/v1", done.returncode)
    assert document["message"] in done.stderr


COMMAND = """
import errno
import sys
from liftlock.commands.output import JsonOption, print_json
from liftlock.core.errors import ConflictError
from liftlock.main import app, run

@app.command("tell")
def tell(as_json: JsonOption = False) -> None:
    print_json("config-explain", {"environment": "dev", "values": []})
    raise ConflictError("somebody was faster")

@app.command("wait")
def wait(as_json: JsonOption = False) -> None:
    raise KeyboardInterrupt

@app.command("fill")
def fill(as_json: JsonOption = False) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")

sys.argv = ["liftlock", *sys.argv[1:], "--json"]
run()
"""


def test_a_command_that_printed_its_document_before_it_failed_prints_no_second_one() -> None:
    done = run_code("tell")
    assert done.returncode == 5
    assert validated(done.stdout)["schema"] == "liftlock/config-explain/v1"
    assert "somebody was faster" in done.stderr


def test_an_interrupted_command_with_json_says_so_in_its_document() -> None:
    done = run_code("wait")
    assert validated(done.stdout)["exit_code"] == done.returncode == 130


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["env", "up", "dev"], "what was done is recorded"),
        (["data", "anonymise", "--from", "env:X"], "the same command again goes on from what was copied"),
        (["data", "generate", "dev/shop", "--size", "tiny"], "is as it was, or was replaced as a whole; the next run starts anew"),
        (["data", "--help"], "is as it was"),
        (["data", "snapshot", "restore", "shop"], "a golden copy is whole or not there"),
        ([], "the next run goes on from there"),
    ],
)
def test_an_interrupted_command_says_what_it_left(words: list[str], said: str) -> None:
    assert said in interrupted_text(words)


def test_a_full_disk_is_a_message_and_no_traceback() -> None:
    done = run_code("fill")
    assert (validated(done.stdout)["exit_code"], done.returncode) == (1, 1)
    assert done.stderr.startswith("error: there is no room left")
    assert "Traceback" not in done.stderr


def test_a_value_that_is_none_of_those_there_are_is_refused_in_plain_words(tmp_path: Path) -> None:
    done = run("init", str(tmp_path / "new"), "--ci", "nope")
    assert done.returncode == 64
    assert "'--ci': 'nope' is not one of 'github'" in done.stderr


def test_doctor_works_outside_an_environments_repository(tmp_path: Path) -> None:
    done = run("doctor", folder=tmp_path)
    assert "docker" in done.stdout
    assert "liftlock init" in done.stdout


LOADED = """
import sys
from liftlock.main import run
sys.argv = ["liftlock", *sys.argv[1:]]
try:
    run()
except SystemExit as end:
    assert not end.code
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["env", "--help"], ["env", "up", "--help"], ["promote", "plan", "--help"]])
def test_nothing_heavy_is_loaded_for_the_version_and_the_help(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stderr.split()
    assert "typer" in loaded
    assert HEAVY.isdisjoint(loaded)


INTERRUPTED_WHILE_LOADING = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "liftlock.commands.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from liftlock.entry import run
run()
"""


def test_an_interrupt_while_the_command_line_is_loaded_ends_it_in_a_line() -> None:
    code = [sys.executable, "-c", INTERRUPTED_WHILE_LOADING]
    done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "liftlock: interrupted; nothing was begun\n")
