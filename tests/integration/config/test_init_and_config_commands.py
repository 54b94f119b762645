"""`liftlock init` and `liftlock config` as a user types them, on real files and real Git."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from liftlock.adapters.config_files.environments import resolve_environment
from liftlock.adapters.config_files.loader import load_project
from liftlock.commands import config
from liftlock.commands.init import init
from liftlock.core.errors import ConflictError, LiftlockError, UsageError
from liftlock.core.image import ImageRef
from liftlock.core.project import ForgeKind, ForgeSettings
from liftlock.core.release import ReleasedImage
from liftlock.core.release_edit import edit_release
from tests.config_repository import FILES, write

DIGEST = "sha256:" + "d" * 64
IMAGES = {
    "registry": "127.0.0.1:5480",
    "images": {"router": f"127.0.0.1:5480/liftlock/router@{DIGEST}", "postgres": f"127.0.0.1:5480/liftlock/postgres@{DIGEST}"},
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with an images file, and a Git that knows nobody."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("GIT_", "LIFTLOCK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "images.json").write_text(json.dumps(IMAGES))
    return tmp_path


def liftlock(*words: str) -> Result:
    app = typer.Typer()
    app.command()(init)
    app.add_typer(config.app, name="config")
    return CliRunner().invoke(app, list(words))


def begin(*words: str) -> Result:
    return liftlock("init", *words, "--as", "Ada <ada@shop.example>")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True, timeout=20).stdout.strip()


def entries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_init_writes_a_sound_repository_commits_it_and_pushes_it_to_a_new_forge(place: Path) -> None:
    done = begin("shop-environments", "--forge", "shop.git", "--images", "images.json")
    assert done.exit_code == 0, done.output
    repo = place / "shop-environments"
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "log", "--format=%an %s") == "Ada Begin the environments of shop"
    assert git(place / "shop.git", "rev-parse", "main") == git(repo, "rev-parse", "HEAD") == git(repo, "rev-parse", "origin/main")
    assert git(repo, "config", "remote.origin.url") == str(place / "shop.git")
    loaded = load_project(repo)
    assert (loaded.project.name, loaded.project.forge.url, loaded.environments) == (
        "shop",
        "../shop.git",
        ("dev", "staging", "prod", "branch"),
    )
    assert entries(place) == {"shop-environments", "shop.git", "images.json"}
    git(repo, "fetch")


def test_the_sample_of_init_resolves_once_something_is_released(place: Path) -> None:
    begin("shop-environments", "--images", "images.json")
    repo = place / "shop-environments"
    released = {name: ReleasedImage(ImageRef.parse(f"127.0.0.1:5480/shop/{name}@{DIGEST}"), "v1") for name in ("api", "web")}
    (repo / "releases").mkdir()
    (repo / "releases" / "dev.yaml").write_text(edit_release(None, released))
    branch = resolve_environment(load_project(repo), "branch", ephemeral="feature-1a2b3c")
    assert (branch.databases[0].data.rows, branch.services[1].route, branch.services[0].memory_mib) == (100_000, "/", 128)


def test_the_passphrase_is_random_private_and_not_in_git(place: Path) -> None:
    begin("one", "--project", "one")
    begin("two", "--project", "two")
    found = [place / name / ".liftlock" / "passphrase" for name in ("one", "two")]
    assert found[0].read_text() != found[1].read_text()
    assert all(len(path.read_text().strip()) >= 40 and stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
    assert ".liftlock/passphrase" not in git(place / "one", "ls-files")


def test_the_result_as_json_names_everything_but_the_passphrase(place: Path) -> None:
    done = begin("shop", "--images", "images.json", "--json")
    shown = json.loads(done.stdout)
    assert shown["schema"] == "liftlock/init/v1"
    assert shown["created"]["forge"] == str(place / "shop.git")
    assert shown["next"][0] == "cd shop"
    assert (place / "shop" / ".liftlock" / "passphrase").read_text().strip() not in done.output


def test_services_of_ones_own_take_the_place_of_the_sample(place: Path) -> None:
    done = begin(
        "x", "--project", "books", "--images", "images.json", "--service", "shelf=books/shelf:8080", "--service", "desk=books/desk:80"
    )
    assert done.exit_code == 0, done.output
    assert load_project(place / "x").project.services == (("shelf", "127.0.0.1:5480/books/shelf"), ("desk", "127.0.0.1:5480/books/desk"))


def test_without_images_validate_says_what_to_fill_in(place: Path) -> None:
    assert "liftlock config validate" in begin("shop").stdout
    done = liftlock("config", "validate", "--repo", "shop")
    lines = str(done.exception).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["liftlock.yaml:10:1 router", "liftlock.yaml:32:3 databases.shop.image"]
    assert all("make images prints it" in line for line in lines)


def test_a_folder_that_is_not_empty_is_left_alone(place: Path) -> None:
    (place / "full").mkdir()
    (place / "full" / "notes.txt").write_text("mine")
    done = begin("full")
    assert isinstance(done.exception, UsageError)
    assert "not empty (1 entries)" in done.exception.message
    assert (entries(place / "full"), entries(place)) == ({"notes.txt"}, {"full", "images.json"})


def test_an_empty_folder_is_used_and_stays_the_same_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "shop").mkdir()
    monkeypatch.chdir(place / "shop")
    inode = Path().stat().st_ino
    assert begin(".").exit_code == 0
    assert (Path().stat().st_ino, Path("liftlock.yaml").exists()) == (inode, True)
    assert git(place / "shop", "status", "--porcelain") == ""


def test_an_empty_bare_forge_is_used_and_one_with_a_main_branch_is_refused(place: Path) -> None:
    git(place, "init", "--bare", "--initial-branch=main", "shop.git")
    assert "was there" in begin("a", "--project", "shop", "--forge", "shop.git").stdout
    done = begin("b", "--project", "shop", "--forge", "shop.git")
    assert isinstance(done.exception, ConflictError)
    assert "git clone" in str(done.exception.hint)
    assert not (place / "b").exists()


@pytest.mark.parametrize(
    ("given", "kind", "url"),
    [
        ("https://github.com/shop/environments", ForgeKind.GITHUB, "https://github.com/shop/environments"),
        ("https://gitlab.com/shop/sub/environments.git", ForgeKind.GITLAB, "https://gitlab.com/shop/sub/environments"),
        ("gitea:http://127.0.0.1:3000/shop/environments/", ForgeKind.GITEA, "http://127.0.0.1:3000/shop/environments"),
        ("github:https://github.shop.example/shop/environments", ForgeKind.GITHUB, "https://github.shop.example/shop/environments"),
    ],
)
def test_a_far_forge_is_declared_and_named_as_origin_and_nothing_is_pushed(place: Path, given: str, kind: ForgeKind, url: str) -> None:
    done = begin("shop", "--images", "images.json", "--forge", given)
    assert done.exit_code == 0, done.output
    assert f"{url}: origin; nothing was pushed" in done.stdout
    assert "git push -u origin main" in done.stdout
    assert load_project(place / "shop").project.forge == ForgeSettings(kind, url, "main", "env:LIFTLOCK_FORGE_TOKEN")
    assert git(place / "shop", "remote", "get-url", "origin") == f"{url}.git"
    assert entries(place) == {"images.json", "shop"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("x", "--project", "No Name"), "is not a project name"),
        (("x", "--registry", "https://r"), "is not a registry"),
        (("x", "--service", "api"), "is not NAME=REPOSITORY:PORT"),
        (("x", "--service", "api=a:0"), "a port is between 1 and 65535"),
        (("x", "--service", "api=a:1", "--service", "api=b:1"), 'names "api" twice'),
        (("x", "--service", "router=a:1"), "liftlock's own part"),
        (("x", "--forge", "https://forge.example/shop/e.git"), "which kind of forge is forge.example?"),
        (("x", "--forge", "https://ada:secret@github.com/shop/e"), "without a user or a token"),
        (("x", "--forge", "https://github.com"), "not a repository's web address"),
        (("x", "--forge", "gitea:shop/e"), "after gitea: comes the repository's web address"),
        (("x", "--forge", "git@forge.example:shop.git"), "or a repository's web address"),
        (("x", "--forge", "x/forge.git"), "cannot lie inside"),
        (("x", "--images", "missing.json"), "missing.json: the images file cannot be read: No such file"),
        (("x", "--images", "broken.json"), "broken.json:1:2 this is not JSON"),
        (("x", "--images", "other.json"), "other.json: this is not what make images writes"),
        (("x", "--images", "tagged.json"), 'tagged.json: "r/router:v1": "v1" is a tag'),
        (("x", "--forge", "images.json"), "something is there that is no bare Git repository"),
        (("images.json",), "something is there that is no folder"),
        (("/proc/liftlock/x",), "cannot be written"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(place: Path, words: tuple[str, ...], expected: str) -> None:
    (place / "broken.json").write_text("{")
    (place / "other.json").write_text("{}")
    (place / "tagged.json").write_text('{"registry": "r", "images": {"router": "r/router:v1"}}')
    before = entries(place)
    done = begin(*words)
    assert isinstance(done.exception, LiftlockError), done.output
    assert expected in done.exception.message
    assert done.exception.hint
    assert entries(place) == before


def test_without_an_identity_nothing_is_written_and_the_way_out_is_named(place: Path) -> None:
    done = liftlock("init", "shop")
    assert isinstance(done.exception, UsageError)
    assert "git config --global user.name" in str(done.exception.hint)
    assert entries(place) == {"images.json"}


def test_a_failure_half_way_leaves_nothing_behind(place: Path) -> None:
    (place / "nobody").write_text("[receive]\n\tmaxInputSize = 1\n")  # the forge refuses the push
    done = begin("deep/er/shop")
    assert isinstance(done.exception, LiftlockError), done.output
    assert entries(place) == {"images.json", "nobody"}


def shown(*words: str) -> Any:
    return json.loads(liftlock(*words, "--json").stdout)


def test_validate_names_what_it_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path) / "environments")
    done = liftlock("config", "validate")
    assert done.exit_code == 0
    assert done.stdout.startswith("checked 7 files: environments/base.yaml,")
    assert "environments: dev, staging, prod, branch" in done.stdout
    assert "note: releases/prod.yaml nothing is released for api, web yet" in done.stdout


def test_validate_as_json_lists_every_problem_with_its_place_and_exits_78(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "environments/dev.yaml": "extends: bas\nprot: 1\n"})
    done = liftlock("config", "validate", "-C", str(tmp_path), "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["valid"]) == (78, False)
    assert [problem["position"] for problem in found["problems"]] == [
        {"file": "environments/dev.yaml", "line": 1, "column": 10},
        {"file": "environments/dev.yaml", "line": 2, "column": 1},
    ]


def test_files_that_liftlock_would_overlook_are_named(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "environments/qa.yml": "", "data/shop.yml": "", "data/other.YAML": "", "data/.shop.yml": ""})
    (tmp_path / "environments" / "gone.yaml").symlink_to("nowhere")
    done = liftlock("config", "validate", "-C", str(tmp_path))
    assert str(done.exception).splitlines() == [
        "data/other.YAML configuration files end in .yaml; rename it to other.yaml",
        "data/shop.yml configuration files end in .yaml; rename it to shop.yaml",
        "environments/gone.yaml the file cannot be read: No such file or directory",
        "environments/qa.yml configuration files end in .yaml; rename it to qa.yaml",
    ]


def test_a_file_of_a_database_that_is_not_declared_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "data/shopp.yaml": "version: 1\ntables: {}\n"})
    done = liftlock("config", "validate", "-C", str(tmp_path))
    assert str(done.exception) == 'data/shopp.yaml the file\'s name is the database\'s: unknown database "shopp"; did you mean "shop"?'


def test_outside_of_a_repository_the_way_in_is_named(tmp_path: Path) -> None:
    done = liftlock("config", "validate", "-C", str(tmp_path))
    assert isinstance(done.exception, LiftlockError)
    assert "liftlock init DIR" in str(done.exception.hint)


def test_explain_shows_path_value_place_and_what_was_replaced(tmp_path: Path) -> None:
    write(tmp_path)
    done = liftlock("config", "explain", "staging", "services.api.env", "-C", str(tmp_path))
    assert [line.split("  ")[0] for line in done.stdout.splitlines()] == ["PATH", "services.api.env.LOG_LEVEL", "services.api.env.WORKERS"]
    assert "environments/staging.yaml:7  debug (environments/base.yaml:4), info (liftlock.yaml:15)" in done.stdout
    (first, _) = shown("config", "explain", "staging", "services.api.env", "-C", str(tmp_path))["values"]
    assert (first["value"], first["line"], first["overridden"][0]["file"]) == ("warn", 7, "liftlock.yaml")


def test_show_prints_the_resolved_environment(tmp_path: Path) -> None:
    write(tmp_path)
    assert '    env:\n      LOG_LEVEL: debug\n      WORKERS: "2"\n' in liftlock("config", "show", "dev", "-C", str(tmp_path)).stdout
    found = shown("config", "show", "branch", "-C", str(tmp_path))
    assert (found["class"], found["ttl"], found["services"]["api"]["secrets"]) == ("ephemeral", "3d", {"STRIPE_KEY": "env:SHOP_STRIPE_KEY"})


@pytest.mark.parametrize("name", ["project", "environment", "release", "freezes", "vetoes", "holds", "people"])
def test_every_field_of_a_schema_is_described_with_an_example(name: str) -> None:
    schema = json.loads(liftlock("config", "schema", name).stdout)
    for shape in (schema, *schema.get("$defs", {}).values()):
        assert shape["additionalProperties"] is False
        assert all(field.get("description") and field.get("examples") for field in shape["properties"].values())


def test_schema_without_a_name_lists_them() -> None:
    assert "environments/*.yaml" in liftlock("config", "schema").stdout
    assert isinstance(liftlock("config", "schema", "projct").exception, UsageError)
