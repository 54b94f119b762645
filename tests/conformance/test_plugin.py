"""Our docker provider under the real engine: with it, the Pulumi CLI does what was recorded with Pulumi's own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cases import CASES, PASSPHRASE, wrong_steps
from tests.conformance.cli import CliStack
from tests.conformance.differences import CLI, differences_of

# The Automation API leaves its event loop and its program's tasks open where a run fails.
left_open = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
pytestmark = [pytest.mark.pulumi, pytest.mark.docker, pytest.mark.slow, left_open]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What the Automation API left open is found out here and not in some other test."""
    yield
    gc.collect()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("programs", "no_leftovers")
def test_pulumi_cli_with_our_provider_does_what_it_did_with_its_own(case: str, tmp_path: Path, request: Any) -> None:
    address = request.getfixturevalue("registry") if case == "docker-images" else ""
    stack = CliStack(tmp_path, "reference", case, PASSPHRASE)
    wrong = wrong_steps(case, stack.facts, differences_of(CLI), registry=address)
    assert not wrong, "\n".join(wrong)
