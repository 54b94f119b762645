"""Which tests wait for each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.side_by_side import LONG, ONE_AFTER_ANOTHER, shared_by

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("start", [*ONE_AFTER_ANOTHER, LONG])
def test_what_is_named_is_there(start: str) -> None:
    assert (ROOT / start).exists()


def test_files_share_their_fixtures_folders_of_containers_the_engine_and_long_tests_nothing() -> None:
    assert shared_by("tests/unit/test_image.py::test_a") == shared_by("tests/unit/test_image.py::test_b[x::y]")
    assert shared_by("tests/e2e/test_faults.py::test_a") == shared_by("tests/contract/test_engine.py::test_b")
    assert shared_by("tests/conformance/test_docker.py::test_a") != shared_by("tests/e2e/test_faults.py::test_a")
    assert shared_by(f"{LONG}::test_a") != shared_by(f"{LONG}::test_b")


def test_what_runs_on_another_version_of_postgresql_shares_its_server() -> None:
    assert shared_by("tests/integration/datagen/test_a.py::test_b[postgres-12]") == "postgres-12"
    assert shared_by("tests/integration/datagen/test_c.py::test_d[erp-postgres-12-x]") == "postgres-12"
    assert shared_by("tests/integration/datagen/test_c.py::test_postgres-12") == "tests/integration/datagen/test_c.py"
