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


@pytest.fixture(scope="module")
def different(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database((HERE / "differences.sql").read_text(encoding="utf-8")) as name:
        fill(postgres, name, rows=8000)
        yield name


def test_rows_differ_as_exclusions_and_expressions_ask(postgres: RunningPostgres, different: str) -> None:
    few = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 100"
    assert ask(postgres, different, few) == []
    per_room = "SELECT max(n) > 3 FROM (SELECT count(*) AS n FROM {} GROUP BY room_id) x"
    assert ask(postgres, different, per_room.format("range_per_room")) == [(True,)]
    assert ask(postgres, different, per_room.format("one_open")) == [(True,)]
    assert ask(postgres, different, "SELECT count(*) > 0 FROM one_open WHERE closed_at IS NULL") == [(True,)]


def test_a_tree_with_a_unique_name_under_each_parent_has_roots(postgres: RunningPostgres, different: str) -> None:
    assert ask(postgres, different, "SELECT count(*) BETWEEN 1 AND 200 FROM node WHERE parent_id IS NULL") == [(True,)]
