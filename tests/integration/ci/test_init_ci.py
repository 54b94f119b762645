"""`liftlock init --ci` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.adapters.config_files.loader import load_project
from liftlock.core.errors import ConflictError, LiftlockError
from liftlock.core.initialisation import KnownImages, plan_repository
from liftlock.main import app
from tests.config_repository import FILES, write
from tests.git_repositories import git
from tests.json_results import validated

ADA = ("--as", "Ada <ada@shop.example>")
GITHUB = {
    "ci/liftlock.sh",
    "ci/requirements.txt",
    *(f".github/workflows/liftlock-{name}.yml" for name in ("record", "promotion", "drift", "branch")),
    *(f".github/workflows/liftlock-deploy-{name}.yml" for name in ("dev", "staging", "prod")),
}


def init(*words: str) -> Result:
    return CliRunner().invoke(app, ["init", *words])


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts}


def test_a_new_repository_has_the_pipelines_in_its_first_commit(tmp_path: Path) -> None:
    done = init(str(tmp_path / "shop"), "--ci", "github", *ADA)
    assert done.exit_code == 0, done.output
    assert set(git(tmp_path / "shop", "ls-files").split()) >= GITHUB
    assert git(tmp_path / "shop", "status", "--porcelain") == ""


def test_what_init_takes_for_the_pipeline_is_what_it_writes(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    init(str(folder), "--id", "abc", "--images", str(images(tmp_path)), *ADA)
    plan = plan_repository(folder, images=KnownImages("127.0.0.1:5480"), id="abc")
    assert load_project(folder).project == plan.declared


def images(folder: Path) -> Path:
    digest = "sha256:" + "d" * 64
    found = {role: f"127.0.0.1:5480/liftlock/{role}@{digest}" for role in ("router", "postgres")}
    (folder / "images.json").write_text(json.dumps({"registry": "127.0.0.1:5480", "images": found}))
    return folder / "images.json"


def test_in_a_repository_that_is_there_only_the_pipelines_are_added(tmp_path: Path) -> None:
    folder = write(tmp_path)
    before = {name: (folder / name).read_bytes() for name in FILES}
    done = init(str(folder), "--ci", "github", "--json")
    assert set(validated(done.stdout)["written"]) == GITHUB
    assert files(folder) == set(FILES) | GITHUB
    assert {name: (folder / name).read_bytes() for name in FILES} == before


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert "wrote .github/workflows/liftlock-record.yml" in init(str(folder), "--ci", "github").stdout
    times = {name: (folder / name).stat().st_mtime_ns for name in GITHUB}
    assert f"nothing to write: {len(GITHUB)} files are as they should be" in init(str(folder), "--ci", "github").stdout
    assert {name: (folder / name).stat().st_mtime_ns for name in GITHUB} == times


def test_a_file_that_differs_is_shown_and_never_overwritten_without_force(tmp_path: Path) -> None:
    folder = write(tmp_path)
    theirs = folder / ".github" / "workflows" / "liftlock-drift.yml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("name: mine\n")
    done = init(str(folder), "--ci", "github")
    assert isinstance(done.exception, ConflictError)
    assert "-name: mine\n" in done.exception.message
    assert '+name: "Drift"\n' in done.exception.message
    assert "--force" in str(done.exception.hint)
    assert files(folder) == {*FILES, ".github/workflows/liftlock-drift.yml"}
    assert init(str(folder), "--ci", "github", "--force").exit_code == 0
    assert theirs.read_text() != "name: mine\n"


def test_what_is_installed_is_the_users_own_once_it_is_there(tmp_path: Path) -> None:
    folder = write(tmp_path)
    init(str(folder), "--ci", "github")
    (folder / "ci" / "requirements.txt").write_text("liftlock==9 --hash=sha256:00\n")
    for words in ((), ("--force",)):
        assert "kept ci/requirements.txt: it is yours" in init(str(folder), "--ci", "github", *words).stdout
    assert (folder / "ci" / "requirements.txt").read_text() == "liftlock==9 --hash=sha256:00\n"


def test_a_repository_without_environments_of_branches_gets_no_jobs_for_them(tmp_path: Path) -> None:
    folder = write(tmp_path, {name: text for name, text in FILES.items() if name != "environments/branch.yaml"})
    init(str(folder), "--ci", "github")
    assert not (folder / ".github" / "workflows" / "liftlock-branch.yml").exists()


def test_the_jobs_get_what_the_services_secrets_refer_to(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert "env:SHOP_STRIPE_KEY" in FILES["liftlock.yaml"]
    init(str(folder), "--ci", "github")
    for name in ("deploy-dev", "deploy-prod", "drift", "branch"):
        assert "SHOP_STRIPE_KEY: ${{ secrets.SHOP_STRIPE_KEY }}" in (folder / ".github" / "workflows" / f"liftlock-{name}.yml").read_text()
    assert "env:\n          LIFTLOCK_ACTOR" in (folder / ".github" / "workflows" / "liftlock-record.yml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ci", "github", "--project", "other"), "--project is for a new repository"),
        (("--ci", "github", "--forge", "../x.git"), "--forge is for a new repository"),
        (("--force",), "--force is for CI files"),
        ((), "the folder is not empty"),
    ],
)
def test_what_does_not_fit_a_repository_that_is_there_is_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    folder = write(tmp_path)
    done = init(str(folder), *words, *ADA)
    assert isinstance(done.exception, LiftlockError), done.output
    assert said in done.exception.message
    assert files(folder) == set(FILES)
