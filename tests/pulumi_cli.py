"""The real Pulumi CLI for tests that carry the marker `pulumi`. Without it a test fails and says what to run, never skipped unseen."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from machine.places import PULUMI_FILE

_WAY_OUT = "build it: make pulumi; or run these tests with: make engines"


def pulumi_cli(named_in: Path = PULUMI_FILE) -> Path:
    """The CLI that `make pulumi` built."""
    if not named_in.exists():
        pytest.fail(f"this test runs the real Pulumi CLI, and {named_in} is not there; {_WAY_OUT}", pytrace=False)
    cli = Path(json.loads(named_in.read_text())["cli"])
    if not cli.exists():
        pytest.fail(f"this test runs the real Pulumi CLI, and {cli} is gone; {_WAY_OUT}", pytrace=False)
    return cli


def with_language_host(path: str) -> str:
    """PATH with Pulumi's language host for Python first, so that `pulumi up` runs a project in Python, and then this Python.

    The host is older than the CLI and is not told of the option `virtualenv`: it runs the program with the Python that PATH names.
    """
    pulumi_cli()
    return os.pathsep.join([json.loads(PULUMI_FILE.read_text())["language_hosts"], str(Path(sys.executable).parent), path])


def pulumi_environment(folder: Path, passphrase: str = "") -> dict[str, str]:
    """Settings with which the CLI keeps everything in this folder: its home, its state, its plugins. Add them to os.environ."""
    home, state = folder / "home", folder / "state"
    state.mkdir(parents=True, exist_ok=True)
    return {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
