"""Constraints that tie rows and columns together, proved by the database that takes the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.datagen.test_seed import ask, fill
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def checked(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database((HERE / "checks.sql").read_text(encoding="utf-8")) as name:
        fill(postgres, name, rows=6000)
        yield name


def test_checks_between_columns_are_met_by_every_row(postgres: RunningPostgres, checked: str) -> None:
    empty = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 100"
    assert ask(postgres, checked, empty) == []


def test_every_way_to_meet_a_check_is_taken_by_some_rows(postgres: RunningPostgres, checked: str) -> None:
    assert ask(postgres, checked, "SELECT DISTINCT kind FROM party ORDER BY 1") == [("company",), ("person",)]
    assert ask(postgres, checked, "SELECT DISTINCT kind FROM booked ORDER BY 1") == [("credit",), ("debit",)]
    assert ask(postgres, checked, "SELECT DISTINCT a_id IS NULL FROM either_parent ORDER BY 1") == [(False,), (True,)]
    assert ask(postgres, checked, "SELECT DISTINCT status FROM case_state ORDER BY 1") == [("open",), ("paid",), ("void",)]
    assert ask(postgres, checked, "SELECT count(DISTINCT total) > 30 FROM line_total") == [(True,)]
