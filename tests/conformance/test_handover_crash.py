"""What the embedded engine leaves when it is cut off, the Pulumi CLI reads: the state before or after a write, and nothing half written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cli import NEEDS_CLI, CliStack
from tests.unit.engine.killed_run import PASSPHRASE
from tests.unit.engine.test_crash import deaths_of_runs

pytestmark = NEEDS_CLI


@pytest.mark.parametrize(("where", "every"), [("between", "9"), ("within", "5")])
def test_the_cli_reads_what_a_crash_left(tmp_path: Path, where: str, every: str) -> None:
    deaths = deaths_of_runs(tmp_path, where, every)
    assert len(deaths) > 2
    for death in deaths:
        assert death["wrong"] == []
        left = tmp_path / f"left-{death['at']}"
        stack = CliStack(left, "shop", "dev", PASSPHRASE, create=False)
        shutil.copy(left / "state" / "Pulumi.dev.yaml", stack.work)
        _read(stack)


def _read(stack: CliStack) -> None:
    def ask(*words: str) -> Any:
        return json.loads(stack(*words, "--stack", "dev", "--json"))

    assert [item["name"] for item in json.loads(stack("stack", "ls", "--json"))] == ["dev"]
    assert [entry["kind"] for entry in ask("stack", "history")] in (["update"], ["update", "update"])
    assert ask("config", "--show-secrets")["shop:password"]["value"] in ("first secret", "second secret")
    stack("cancel", "--yes", "dev")
    exported = stack.folder / "exported.json"
    stack("stack", "export", "--stack", "dev", "--show-secrets", "--file", str(exported))
    stack("stack", "import", "--stack", "dev", "--file", str(exported))  # it refuses a state that is not sound
