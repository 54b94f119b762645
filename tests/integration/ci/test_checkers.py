"""The rendered files of every shape of project, before the checkers of the platforms."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from liftlock.core.ci_pipeline import Platform
from liftlock_templates.ci_files import render_ci
from machine.places import PROJECT
from tests.actionlint import actionlint
from tests.ci_projects import pipelines

TOOLS = Path(sys.executable).parent
SCHEMAS = {
    Platform.GITHUB: ("github-workflows", ".github/workflows/*.yml"),
    Platform.GITLAB: ("gitlab-ci", ".gitlab-ci.yml"),
    Platform.CIRCLECI: ("circle-ci", ".circleci/config.yml"),
    Platform.AZURE: ("azure-pipelines", "azure-pipelines.yml"),
    Platform.CLOUDBUILD: ("cloudbuild", "ci/cloudbuild/*.yaml"),
    Platform.TRAVIS: ("travis", ".travis.yml"),
}


def write(folder: Path, platform: Platform) -> list[Path]:
    """Each shape's files in a folder of its own."""
    for shape, pipeline in pipelines().items():
        for path, text in render_ci(platform.value, pipeline).items():
            file = folder / shape / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return [folder / shape for shape in pipelines()]


def run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def checked(platform: Platform, files: Sequence[Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    schema = f"vendor.{SCHEMAS[platform][0]}"
    # Azure's schema has patterns that are no Unicode ones.
    return run([str(TOOLS / "check-jsonschema"), "--builtin-schema", schema, "--regex-variant", "nonunicode", *map(str, files)], cwd)


@pytest.mark.parametrize("platform", list(SCHEMAS))
def test_every_file_is_as_its_platforms_schema_says(platform: Platform, tmp_path: Path) -> None:
    folders = write(tmp_path, platform)
    files = [file for folder in folders for file in sorted(folder.glob(SCHEMAS[platform][1]))]
    assert len(files) >= len(folders)
    done = checked(platform, files, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("platform", list(SCHEMAS))
def test_the_schemas_refuse_what_is_no_pipeline(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text("jobs: 7\nstages: 7\nsteps: {}\nworkflows: 7\ndefault: 7\nversion: {}\nlanguage: 7\n")
    assert checked(platform, [tmp_path / "wrong.yml"], tmp_path).returncode == 1


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    files = sorted(str(file) for file in folder.glob(".github/workflows/*.yml"))
    assert files
    (folder / ".git").mkdir(exist_ok=True)  # where it looks for workflows that others call
    # Without shellcheck and pyflakes: it runs those only where they are installed, and then a test would depend on the machine.
    return run([str(actionlint()), "-shellcheck=", "-pyflakes=", "-no-color", *files], folder)


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    for folder in write(tmp_path, Platform.GITHUB):
        done = lint(folder)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_projects_own_workflow_stands_before_the_same_checkers(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / ".github", tmp_path / ".github")
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert audit(tmp_path) == []


def test_actionlint_finds_what_is_wrong(tmp_path: Path) -> None:
    folder = write(tmp_path, Platform.GITHUB)[0]
    file = folder / ".github" / "workflows" / "liftlock-promotion.yml"
    file.write_text(file.read_text().replace("needs: [merge, sweep]", "needs: [merge, nobody]"))
    assert '"nobody"' in lint(folder).stdout


def audit(folder: Path) -> list[dict[str, object]]:
    """What zizmor finds, each with its rule and place. It asks no network."""
    done = run([str(TOOLS / "zizmor"), "--offline", "--no-progress", "--format", "json", "--no-exit-codes", str(folder)], folder)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return [item for item in found if not item.get("ignored")]


def test_zizmor_finds_nothing_dangerous_in_the_workflows(tmp_path: Path) -> None:
    for folder in write(tmp_path, Platform.GITHUB):
        assert [(item["ident"], item["locations"]) for item in audit(folder)] == []


def test_zizmor_finds_untrusted_text_in_a_command(tmp_path: Path) -> None:
    folder = write(tmp_path, Platform.GITHUB)[0]
    file = folder / ".github" / "workflows" / "liftlock-branch.yml"
    file.write_text(file.read_text().replace('"--branch=$LIFTLOCK_BRANCH"', "--branch=${{ github.head_ref }}"))
    assert "template-injection" in {item["ident"] for item in audit(folder)}
