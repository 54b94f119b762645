"""actionlint for tests. Without it a test fails and says what to run, never skipped unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine.places import ACTIONLINT_FILE


def actionlint(named_in: Path = ACTIONLINT_FILE) -> Path:
    """The program that `make test` or `make actionlint` built."""
    program = Path(json.loads(named_in.read_text())["program"]) if named_in.exists() else None
    if program is None or not program.exists():
        pytest.fail(f"this test runs actionlint, and {program or named_in} is not there; build it: make actionlint", pytrace=False)
    return program
