"""Constraints that tie rows and columns together, proved by the database that takes the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from liftlock_datagen.errors import PlanError
from tests.integration.datagen.shape import SHAPE
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


TRIGGERS = "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"


@pytest.fixture(scope="module")
def partitions_schema() -> str:
    return (HERE / "partitions.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parted(postgres: RunningPostgres, partitions_schema: str) -> Iterator[str]:
    with postgres.database(partitions_schema) as name:
        before = ask(postgres, name, SHAPE), ask(postgres, name, TRIGGERS)
        fill(postgres, name, rows=8000)
        assert (ask(postgres, name, SHAPE), ask(postgres, name, TRIGGERS)) == before
        yield name


def test_every_partition_gets_rows_but_a_default_one_beside_others(postgres: RunningPostgres, parted: str) -> None:
    leaves = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND reltuples = 0 ORDER BY 1"
    assert ask(postgres, parted, leaves) == [("by_list_rest",)]


def test_parents_and_children_by_inheritance_hold_rows_of_their_own(postgres: RunningPostgres, parted: str) -> None:
    assert ask(postgres, parted, "SELECT count(*) > 10 FROM ONLY base UNION ALL SELECT count(*) > 10 FROM kid") == [(True,), (True,)]
    taken = "SELECT nextval('base_id_seq') > (SELECT max(id) FROM base)"
    assert ask(postgres, parted, taken) == [(True,)]


def test_a_trigger_that_refuses_rows_is_switched_off_and_on_again(postgres: RunningPostgres, parted: str) -> None:
    assert ask(postgres, parted, "SELECT count(*) > 10 FROM refusing") == [(True,)]
    with pytest.raises(psycopg.errors.RaiseException, match="no rows here"):
        ask(postgres, parted, "INSERT INTO refusing VALUES (0, 0) RETURNING 1")


def test_the_sizes_of_blocks_and_another_seed_keep_rows_in_their_partitions(postgres: RunningPostgres, partitions_schema: str) -> None:
    with postgres.database(partitions_schema) as name:
        assert fill(postgres, name, rows=500, number=7).total >= 500


def test_row_security_that_holds_for_the_loading_role_is_lifted_for_the_load(postgres: RunningPostgres) -> None:
    schema = "CREATE TABLE mine (id int PRIMARY KEY); ALTER TABLE mine ENABLE ROW LEVEL SECURITY; ALTER TABLE mine FORCE ROW LEVEL SECURITY"
    with postgres.database(schema) as name:
        assert fill(postgres, name, rows=10).total == 10
        assert ask(postgres, name, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'mine'") == [(True,)]


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE p (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE p (id int, t text) PARTITION BY LIST (right(t, 2)); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('x')",
    ],
)
def test_partitions_that_cannot_be_planned_are_named(postgres: RunningPostgres, schema: str) -> None:
    with postgres.database(schema) as name, pytest.raises(PlanError, match=r"public\.p \[unplannable-partition\]"):
        fill(postgres, name, rows=10)


@pytest.mark.parametrize(("rows", "number"), [(30, 3), (5000, 1)])
def test_references_agree_on_what_they_share_go_in_circles_and_differ(postgres: RunningPostgres, rows: int, number: int) -> None:
    with postgres.database((HERE / "references.sql").read_text(encoding="utf-8")) as name:
        fill(postgres, name, rows=rows, number=number)
        assert ask(postgres, name, "SELECT count(*) > 0 FROM task WHERE reviewer_id IS NOT NULL") == [(True,)]
        assert ask(postgres, name, "SELECT count(*) FROM half_one FULL JOIN half_two USING (id) WHERE half_one IS NULL") == [(0,)]
