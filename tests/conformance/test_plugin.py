"""Our docker provider under the real engine: with it, the Pulumi CLI does what was recorded with Pulumi's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cases import CASES, PASSPHRASE, wrong_steps
from tests.conformance.cli import NEEDS_CLI, CliStack
from tests.conformance.differences import CLI, differences_of

pytestmark = NEEDS_CLI


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("programs", "no_leftovers")
def test_pulumi_cli_with_our_provider_does_what_it_did_with_its_own(case: str, tmp_path: Path, request: Any) -> None:
    address = request.getfixturevalue("registry") if case == "docker-images" else ""
    stack = CliStack(tmp_path, "reference", case, PASSPHRASE)
    wrong = wrong_steps(case, stack.facts, differences_of(CLI), registry=address)
    assert not wrong, "\n".join(wrong)
