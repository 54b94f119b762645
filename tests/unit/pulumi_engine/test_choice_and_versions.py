"""Which engine runs, and whether its CLI is new enough."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest

from liftlock.adapters.engines.pulumi.versions import CliMissingError, require
from liftlock.core.errors import ExitCode
from liftlock.core.project import EngineKind, EngineSettings


def settings(kind: EngineKind = EngineKind.AUTO, backend: str | None = None, keeper: str = "passphrase") -> EngineSettings:
    return EngineSettings(kind, PurePath(".liftlock/state"), "env:P", backend, keeper)


@pytest.mark.parametrize(
    ("declared", "runs"),
    [
        (settings(), EngineKind.EMBEDDED),
        (settings(backend="file:///elsewhere"), EngineKind.EMBEDDED),
        (settings(backend="s3://bucket"), EngineKind.PULUMI),
        (settings(backend="env:SHOP_BACKEND"), EngineKind.PULUMI),
        (settings(keeper="awskms://key"), EngineKind.PULUMI),
        (settings(EngineKind.EMBEDDED), EngineKind.EMBEDDED),
        (settings(EngineKind.PULUMI), EngineKind.PULUMI),
    ],
)
def test_what_runs_is_what_is_declared_and_not_what_is_installed(declared: EngineSettings, runs: EngineKind) -> None:
    assert declared.choice.kind is runs
    assert declared.choice.reason


def cli(folder: Path, says: str) -> Path:
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\n{says}\n")
    path.chmod(0o755)
    return path


def test_a_cli_is_asked_for_its_version_once(tmp_path: Path) -> None:
    path, notes = cli(tmp_path, "echo v3.224.0"), tmp_path / "notes" / "cli.json"
    assert [require(notes, path).version for _ in range(3)] == ["3.224.0"] * 3
    assert (tmp_path / "asked").read_text().count("asked") == 1
    os.utime(path, (1, 1))
    assert require(notes, path).version == "3.224.0"
    assert (tmp_path / "asked").read_text().count("asked") == 2


@pytest.mark.parametrize("says", ["echo v3.223.9", "echo v3.224.0-alpha.1", "echo hello", "exit 3"])
def test_a_cli_that_is_too_old_or_none_is_refused_with_the_command_that_installs_one(tmp_path: Path, says: str) -> None:
    with pytest.raises(CliMissingError) as raised:
        require(tmp_path / "cli.json", cli(tmp_path, says))
    assert "liftlock engine install" in (raised.value.hint or "")
    assert raised.value.exit_code is ExitCode.CONFIG


def test_a_cli_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CliMissingError, match="No such file"):
        require(tmp_path / "cli.json", tmp_path / "pulumi")
