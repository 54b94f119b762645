"""A backend that only the CLI reaches: the same stacks, told by the real CLI, as the files tell them where both can look."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.adapters.engines.pulumi.command import Cli
from liftlock.adapters.engines.pulumi.conducting import Conductor
from liftlock.adapters.engines.pulumi.records import CliRecords, FileRecords
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.adapters.engines.pulumi.workspace import Program, write_project
from liftlock.core.errors import ConfigError
from liftlock_engine.backend import FileBackend
from liftlock_engine.model import ConfigValue, PendingKind, PendingOperation, ResourceState, Snapshot, StackName
from liftlock_engine.passphrase import Crypter
from liftlock_engine.values import Secret
from tests.pulumi_cli import pulumi_cli

pytestmark = pytest.mark.pulumi

ROOT = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
VALUES, SECRETS = {"port": 18100, "services": []}, {"naming": "a-word-4711"}


def opened(settings: PulumiSettings, environment: str) -> tuple[Cli, Path]:
    folder = settings.folder(environment or "_project")
    write_project(folder, settings.project, settings.state, None)
    return Cli(pulumi_cli(), "3.256.0", settings.variables, threading.Event()), folder


def made(folder: Path, word: str = "a passphrase") -> PulumiSettings:
    """A stack that the embedded engine left, with a secret output."""
    settings = PulumiSettings("shop", folder / "state", folder / "work", lambda: word)
    backend, name, crypter = FileBackend(settings.state), StackName("shop", "dev"), Crypter("", lambda: "a passphrase")
    config = {
        "liftlock:environment": ConfigValue(json.dumps(VALUES)),
        "liftlock:secrets": ConfigValue(json.dumps(SECRETS), secret=True),
    }
    root = ResourceState(ROOT, "pulumi:pulumi:Stack", custom=False, outputs={"port": 18100, "word": Secret("a-word-4711")})
    backend.save_config(name, config, crypter)
    backend.writer(name, crypter).write(Snapshot((root,)))
    return settings


def both(settings: PulumiSettings) -> tuple[FileRecords, CliRecords]:
    files = FileRecords(settings, lambda environment: opened(settings, environment))
    return files, CliRecords(settings, lambda environment: opened(settings, environment))


def test_the_cli_tells_of_a_stack_what_its_files_tell(tmp_path: Path) -> None:
    files, cli = both(made(tmp_path))
    cli._brought.add("dev")  # the embedded engine records no configuration in its history; the file has it
    mine, theirs = files.stack("dev"), cli.stack("dev")
    assert mine is not None
    assert theirs is not None
    assert (theirs.values, theirs.outputs, theirs.objects) == (mine.values, mine.outputs, mine.objects)
    assert theirs.values == VALUES
    assert theirs.outputs == {"port": 18100, "word": "[secret]"}
    assert theirs.updated is not None
    assert [stack.environment for stack in cli.stacks()] == [stack.environment for stack in files.stacks()] == ["dev"]
    assert cli.secrets("dev") == files.secrets("dev") == SECRETS
    assert cli.checksum("dev") == cli.checksum("dev") is not None
    assert [state.urn for state in cli.snapshot("dev", clear=True).resources] == [ROOT]
    assert (
        cli.snapshot("dev", clear=True).outputs
        == files.snapshot("dev", clear=True).outputs
        == {
            "port": 18100,
            "word": Secret("a-word-4711"),
        }
    )


def test_what_a_killed_cli_was_making_is_told_and_forgotten_and_nothing_else(tmp_path: Path) -> None:
    settings = made(tmp_path)
    backend, name, crypter = FileBackend(settings.state), StackName("shop", "dev"), Crypter("", lambda: "a passphrase")
    before = backend.load(name, crypter)
    half = ResourceState("urn:pulumi:dev::shop::liftlock:index:Part::web", "liftlock:index:Part", custom=False, parent=ROOT)
    backend.writer(name, crypter).write(replace(before, pending=(PendingOperation(PendingKind.CREATING, half),)))
    cli, folder = opened(settings, "dev")
    told: list[str] = []
    run = Conductor(cli, folder, "dev", Program(lambda: None), "the stack shop/dev", [], threading.Event(), told.append)
    run.forget_unfinished(backend.load(name, crypter), told.append)
    after = backend.load(name, crypter)
    assert told == ["an earlier run was cut off while it worked on web"]
    assert (after.pending, [state.urn for state in after.resources], after.outputs) == ((), [ROOT], before.outputs)
    run.forget_unfinished(after, told.append)
    assert len(told) == 1


def test_where_there_is_no_stack_the_cli_says_so(tmp_path: Path) -> None:
    _, cli = both(made(tmp_path))
    assert not cli.exists("other")
    assert (cli.stack("other"), cli.checksum("other"), dict(cli.secrets("other"))) == (None, None, {})
    assert cli.snapshot("other", clear=False).resources == ()


def test_a_wrong_passphrase_is_a_matter_of_configuration_and_not_told(tmp_path: Path) -> None:
    _, cli = both(made(tmp_path, word="not-the-right-one"))
    with pytest.raises(ConfigError) as raised:
        cli.snapshot("dev", clear=True)
    assert "passphrase" in raised.value.message
    assert "not-the-right-one" not in f"{raised.value.message} {raised.value.hint}"
