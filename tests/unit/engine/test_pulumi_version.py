"""Ranges of Pulumi versions that programs ask for."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

import machine
from liftlock_engine.pulumi_version import SPOKEN, satisfies
from machine.go_programs import module_version
from machine.pulumi_cli import CLI_MODULE
from tests.unit.engine.conftest import Desk


@pytest.mark.parametrize(
    ("range_", "version", "met"),
    [
        (">=3.1.0", (3, 1, 0), True),
        (">=3.1.0 <4.0.0", (4, 0, 0), False),
        (">3.1.0", (3, 1, 0), False),
        ("<= 3.1.0", (3, 1, 0), True),
        ("3.1.0", (3, 1, 1), False),
        ("==3.1.0", (3, 1, 0), True),
        ("!3.1.0", (3, 1, 0), False),
        ("!=3.1.0 3.x", (3, 1, 1), True),
        ("<3.0.0 || >=3.2.0", (3, 1, 0), False),
        ("<3.0.0 || >=3.2.0", (3, 2, 0), True),
        ("3.1.x", (3, 1, 9), True),
        (">3.1.x", (3, 1, 9), False),
        ("<=3.x", (3, 99, 0), True),
        ("<3.x", (3, 0, 0), False),
    ],
)
def test_a_range_of_versions_is_read_as_pulumi_reads_it(range_: str, version: tuple[int, int, int], met: bool) -> None:
    assert satisfies(range_, version) is met


@pytest.mark.parametrize("range_", ["", "latest", "3", ">=3.1", ">=3.1.0 and <4.0.0", ">=3.1.0 ||", "^3.1.0"])
def test_what_is_no_range_of_versions_is_refused(range_: str) -> None:
    with pytest.raises(ValueError, match="is no range of versions"):
        satisfies(range_)


def test_a_version_that_the_program_asks_for_and_this_engine_is_not_is_refused(desk: Desk) -> None:
    result = desk.up(lambda: pulumi.require_pulumi_version(">=99.0.0"))
    assert 'does not satisfy the version range ">=99.0.0"' in result.error
    assert desk.up(lambda: pulumi.require_pulumi_version(">=3.100.0 <4.0.0")).succeeded


def test_the_engine_answers_as_the_pulumi_that_the_tests_compare_it_with() -> None:
    compared_with = module_version(Path(machine.__file__).parent / "pulumi", CLI_MODULE)
    assert compared_with == ".".join(str(part) for part in SPOKEN)
