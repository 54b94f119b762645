"""What `liftlock engine` tells, also where the engine cannot run."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from liftlock import __version__
from liftlock.adapters.engines.embedded import EmbeddedEngine
from liftlock.adapters.engines.inspection import EnginePlace, inspect_engine
from liftlock.core.engine_report import EngineReport
from liftlock.core.errors import UnavailableError
from liftlock.core.ports import Engine
from liftlock.core.project import DockerProvider, EngineKind, EngineSettings
from liftlock_engine.backend import FileBackend
from liftlock_engine.model import Snapshot, StackName
from liftlock_engine.passphrase import Crypter
from tests.fakes.environments import QuietProgress


def never() -> Engine:
    raise AssertionError("no engine was to be opened")


def pulumi(folder: Path, backend: str | None = None) -> EngineReport:
    settings = EngineSettings(EngineKind.PULUMI, PurePath(".liftlock/state"), "env:P", backend)
    return inspect_engine(settings, EnginePlace("shop", folder / "state", folder / "work", backend), never)


def test_the_embedded_engine_is_told_with_its_stacks_and_who_holds_them(tmp_path: Path) -> None:
    backend, name = FileBackend(tmp_path), StackName("shop", "dev")
    backend.writer(name, Crypter("", lambda: "a passphrase")).write(Snapshot())
    settings = EngineSettings(EngineKind.AUTO, PurePath("state"), "env:P")
    place = EnginePlace("shop", tmp_path, tmp_path / "work", None)
    with backend.lock(name, lambda text: None):
        report = inspect_engine(settings, place, lambda: EmbeddedEngine("shop", tmp_path, lambda: "", None, QuietProgress()))
    assert (report.declared, report.runs, report.version) == (EngineKind.AUTO, EngineKind.EMBEDDED, __version__)
    assert (report.backend, report.docker_provider, report.problem) == (f"file://{tmp_path}", None, None)
    ((environment, lock),) = [(stack.environment, stack.lock) for stack in report.stacks]
    assert environment == "dev"
    assert lock is not None
    assert "process" in lock


def test_a_cli_that_is_missing_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    report = pulumi(tmp_path)
    assert (report.runs, report.version, report.cli, report.stacks) == (EngineKind.PULUMI, None, None, ())
    assert report.docker_provider is DockerProvider.LIFTLOCK
    assert "none on PATH" in (report.problem or "")
    assert "liftlock engine install" in (report.remedy or "")


def test_a_state_that_does_not_answer_is_told_and_never_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text("#!/bin/sh\necho v3.256.0\n")
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    def unreachable() -> Engine:
        raise UnavailableError("the backend does not answer", hint="start it")

    settings = EngineSettings(EngineKind.PULUMI, PurePath(".liftlock/state"), "env:P", "env:SHOP_BACKEND")
    url = "postgres://shop:s3cret@db/state"
    report = inspect_engine(settings, EnginePlace("shop", tmp_path / "state", tmp_path / "work", url), unreachable)
    assert (report.version, report.cli, report.stacks) == ("3.256.0", str(cli), ())
    assert (report.problem, report.remedy) == ("the backend does not answer", "start it")
    assert report.backend == "postgres://shop:[secret]@db/state"
