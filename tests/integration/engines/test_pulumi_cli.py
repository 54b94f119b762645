"""The CLI that the other tests here stand on is the real one, and a test that lacks it fails."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from machine.places import PULUMI_FILE
from tests.pulumi_cli import pulumi_cli, pulumi_environment, with_language_host


@pytest.mark.pulumi
def test_the_real_cli_says_its_version_and_keeps_a_stack_in_a_folder(tmp_path: Path) -> None:
    environment = {**os.environ, **pulumi_environment(tmp_path)}
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: lock\nruntime: python\n")

    def run(*words: str) -> str:
        command = [str(pulumi_cli()), *words, "--non-interactive"]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("version").strip() == "v" + json.loads(PULUMI_FILE.read_text())["version"]
    run("stack", "init", "dev")
    assert [stack["name"] for stack in json.loads(run("stack", "ls", "--json"))] == ["dev"]
    assert (tmp_path / "state" / ".pulumi" / "stacks" / "lock" / "dev.json").exists()


@pytest.mark.pulumi
def test_it_runs_a_project_in_python_by_itself(tmp_path: Path) -> None:
    environment = {**os.environ, **pulumi_environment(tmp_path), "PATH": with_language_host(os.environ["PATH"])}
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: lock\nruntime: python\n")
    (project / "__main__.py").write_text("import pulumi\npulumi.export('boat', pulumi.get_stack())\n")
    outputs = ""
    for words in (["stack", "init", "dev"], ["up", "--yes"], ["stack", "output", "--json"]):
        command = [str(pulumi_cli()), *words, "--non-interactive"]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        outputs = done.stdout
    assert json.loads(outputs) == {"boat": "dev"}


def test_a_test_without_the_cli_fails_and_says_what_to_run(tmp_path: Path) -> None:
    file = tmp_path / "pulumi.json"
    with pytest.raises(pytest.fail.Exception, match="make pulumi"):
        pulumi_cli(file)
    file.write_text(json.dumps({"cli": str(tmp_path / "pulumi"), "version": "3.256.0"}))
    with pytest.raises(pytest.fail.Exception, match=r"is gone; .*make pulumi"):
        pulumi_cli(file)
    (tmp_path / "pulumi").touch()
    assert pulumi_cli(file) == tmp_path / "pulumi"
