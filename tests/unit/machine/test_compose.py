"""docker compose is fetched from the machine's own archive, and apt's own state is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.compose import SUITE, apt_options, own_sources
from machine.steps import StepError


def test_the_sources_name_the_machines_archive_and_one_suite() -> None:
    text = own_sources("https://mirror.example/debian")
    assert "URIs: https://mirror.example/debian\n" in text
    assert f"Suites: {SUITE}\n" in text
    assert "Signed-By: /" in text


def test_a_machine_without_a_debian_archive_is_told_what_to_do() -> None:
    with pytest.raises(StepError) as refused:
        own_sources(None)
    assert "install docker compose v2" in refused.value.way_out


def test_apt_writes_to_its_folder_alone(tmp_path: Path) -> None:
    options = dict(option.split("=", 1) for option in apt_options(tmp_path)[1::2])
    for name in ("Dir::State", "Dir::State::Status", "Dir::Cache", "Dir::Etc::SourceParts"):
        assert Path(options[name]).is_relative_to(tmp_path)
    assert options["Dir::Etc::SourceList"] == "/dev/null"
