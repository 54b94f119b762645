"""Parts of a database that are whole in themselves, on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.errors import PlanError, ProblemCode, SpecError
from liftlock_datagen.spec.model import DataSpec, SubsetRoot, SubsetSpec, VirtualReference
from liftlock_datagen.subset import statements
from liftlock_datagen.subset.plan import SubsetPlan, plan_subset
from liftlock_datagen.subset.selection import SubsetSelection, selected
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

Connection = psycopg.Connection[tuple[object, ...]]


def named(name: str) -> TableName:
    return TableName("public", name)


def spec(
    *roots: SubsetRoot, children: Mapping[str, int] | None = None, whole: Sequence[str] = (), references: Sequence[VirtualReference] = ()
) -> DataSpec:
    limits = {named(name): limit for name, limit in (children or {}).items()}
    return DataSpec("test", {}, subset=SubsetSpec(roots, limits, tuple(map(named, whole))), references=tuple(references))


@contextmanager
def chosen(connection: Connection, asked: DataSpec, salt: str = "s") -> Iterator[tuple[SubsetPlan, SubsetSelection]]:
    plan = plan_subset(read_catalog(connection), asked).required()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with selected(connection, plan, salt=salt) as selection:
            yield plan, selection


def picked(connection: Connection, selection: SubsetSelection, table: str, column: str) -> list[object]:
    found: list[object] = []
    for condition in selection.conditions(named(table)):
        query = sql.SQL("SELECT {} FROM ONLY {} WHERE {}").format(sql.SQL(column), sql.Identifier("public", table), sql.SQL(condition))
        found += [row[0] for row in connection.execute(query)]
    return found


@pytest.fixture(scope="module")
def database(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database("") as name:
        yield name


@pytest.fixture
def connection(postgres: RunningPostgres, database: str) -> Iterator[Connection]:
    with postgres.connect(database) as found:
        found.execute("DROP SCHEMA public CASCADE")
        found.execute("CREATE SCHEMA public")
        yield found


# --- random graphs against the definition, followed row by row --------------------------------------------------------------------------


@dataclass(frozen=True)
class Graph:
    """rows[t]: how many rows; links: child table, parent table, and for each child row its parent's number or None."""

    rows: tuple[int, ...]
    links: tuple[tuple[int, int, tuple[int | None, ...]], ...]
    roots: tuple[tuple[int, int], ...]
    closed: frozenset[int]
    whole: frozenset[int]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    rows = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=5)))
    tables = st.integers(0, len(rows) - 1)
    links = []
    for child, parent in draw(st.lists(st.tuples(tables, tables), max_size=7)):
        one = st.none() | st.integers(0, rows[parent] - 1)
        links.append((child, parent, tuple(draw(st.lists(one, min_size=rows[child], max_size=rows[child])))))
    begin = draw(tables)
    roots = ((begin, draw(st.integers(0, rows[begin] - 1))),)
    closed = draw(st.frozensets(tables, max_size=2))
    return Graph(rows, tuple(links), roots, closed, draw(st.frozensets(tables, max_size=1)) - {begin})


def expected(graph: Graph) -> list[set[int]]:
    """What the module promises, one row after another."""
    taken: set[tuple[int, int]] = {(table, row) for table in graph.whole for row in range(graph.rows[table])}
    down: set[tuple[int, int]] = {root for root in graph.roots if root[0] not in graph.whole}
    while True:
        before = (len(taken), len(down))
        taken |= down
        for child, parent, of in graph.links:
            for row, target in enumerate(of):
                if target is None:
                    continue
                if (child, row) in taken:
                    taken.add((parent, target))
                if (parent, target) in down and child not in graph.closed and child not in graph.whole:
                    down.add((child, row))
        if (len(taken), len(down)) == before:
            return [{row for found, row in taken if found == table} for table in range(len(graph.rows))]


def build(connection: Connection, graph: Graph) -> None:
    """Every key is composite; every other table has no primary key, only a unique constraint."""
    connection.execute("DROP SCHEMA public CASCADE")
    connection.execute("CREATE SCHEMA public")
    for table, count in enumerate(graph.rows):
        parts = ["a int NOT NULL", "b int NOT NULL", f"{'UNIQUE' if table % 2 else 'PRIMARY KEY'} (a, b)"]
        parts += [f"l{i}a int, l{i}b int" for i, (child, *_) in enumerate(graph.links) if child == table]
        connection.execute(f"CREATE TABLE t{table} ({', '.join(parts)})".encode())
        connection.execute(f"INSERT INTO t{table} (a, b) SELECT g, -g FROM generate_series(0, {count - 1}) g".encode())  # noqa: S608
    for i, (child, parent, of) in enumerate(graph.links):
        for row, target in enumerate(of):
            if target is not None:
                connection.execute(f"UPDATE t{child} SET l{i}a = {target}, l{i}b = {-target} WHERE a = {row}".encode())  # noqa: S608
        connection.execute(f"ALTER TABLE t{child} ADD FOREIGN KEY (l{i}a, l{i}b) REFERENCES t{parent} (a, b)".encode())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs())
def test_whatever_the_graph_the_rows_are_those_of_the_definition(connection: Connection, graph: Graph) -> None:
    build(connection, graph)
    roots = [SubsetRoot(named(f"t{table}"), where=f"a = {row}") for table, row in graph.roots]
    asked = spec(*roots, children={f"t{table}": 0 for table in graph.closed}, whole=[f"t{table}" for table in graph.whole])
    with chosen(connection, asked) as (plan, selection):
        found = [sorted(map(int, map(str, picked(connection, selection, f"t{table}", "a")))) for table in range(len(graph.rows))]
        assert found == [sorted(rows) for rows in expected(graph)]
        reached = {name.name for name in plan.reached()}
        assert reached >= {f"t{table}" for table, rows in enumerate(found) if rows}


# --- what graphs do not show ------------------------------------------------------------------------------------------------------------

SHOP = """
CREATE TABLE country (code char(2) PRIMARY KEY);
CREATE TABLE customer (id int PRIMARY KEY, country char(2) REFERENCES country);
CREATE TABLE "Order" (id bigint PRIMARY KEY, customer int NOT NULL REFERENCES customer);
CREATE TABLE product (id int PRIMARY KEY);
CREATE TABLE line ("Order" bigint REFERENCES "Order", product int REFERENCES product);
CREATE TABLE comment (id int PRIMARY KEY, about text NOT NULL, about_id text NOT NULL);
CREATE TABLE event (day date, customer int REFERENCES customer, what text) PARTITION BY RANGE (day);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE event_new PARTITION OF event DEFAULT;
INSERT INTO country SELECT chr(65 + g) || 'X' FROM generate_series(0, 9) g;
INSERT INTO customer SELECT g, chr(65 + g % 10) || 'X' FROM generate_series(1, 1000) g;
INSERT INTO "Order" SELECT g, 1 + g % 1000 FROM generate_series(1, 5000) g;
INSERT INTO product SELECT g FROM generate_series(1, 50) g;
INSERT INTO line SELECT 1 + g % 5000, 1 + g % 50 FROM generate_series(1, 10000) g;
INSERT INTO comment SELECT g, CASE g % 2 WHEN 0 THEN 'customer' ELSE 'order' END, (1 + g % 1000)::text FROM generate_series(1, 2000) g;
INSERT INTO event SELECT date '2023-12-01' + g % 60, 1 + g % 1000, 'x' || g FROM generate_series(1, 3000) g;
"""
COMMENTS = (
    VirtualReference("of customers", named("comment"), ("about_id",), named("customer"), ("id",), (("about", "customer"),)),
    VirtualReference("of orders", named("comment"), ("about_id",), named("Order"), ("id",), (("about", "order"),)),
)


@pytest.fixture(scope="module")
def shop(postgres: RunningPostgres) -> Iterator[Connection]:
    with postgres.database(SHOP) as name, postgres.connect(name) as found:
        yield found


def test_a_share_is_the_same_each_time_and_another_with_another_salt(shop: Connection) -> None:
    asked = spec(SubsetRoot(named("customer"), percent=10))
    found = []
    for salt in ("s", "s", "other"):
        with chosen(shop, asked, salt) as (_, selection):
            found.append(picked(shop, selection, "customer", "id"))
    assert found[0] == found[1] != found[2]
    assert 60 <= len(found[0]) <= 140


def test_children_come_along_and_parents_bring_no_others(shop: Connection) -> None:
    with chosen(shop, spec(SubsetRoot(named("customer"), where="id <= 20"))) as (_, selection):
        rows = {name.name: count for name, count in selection.rows().items()}
        orders = picked(shop, selection, "Order", "id")
    assert len(orders) == 100
    assert rows["line"] == 200
    assert rows["country"] == 10
    assert rows["product"] <= 50
    assert rows["comment"] == 0
    assert rows["event_old"] + rows["event_new"] == 60


def test_no_more_children_of_one_parent_than_the_limit(shop: Connection) -> None:
    asked = spec(SubsetRoot(named("customer"), where="id <= 20"), children={"Order": 2, "event": 0})
    with chosen(shop, asked) as (_, selection):
        assert selection.rows()[named("Order")] == 40
        assert selection.rows()[named("event_old")] == 0
        first = picked(shop, selection, "Order", "id")
    with chosen(shop, asked) as (_, selection):
        assert picked(shop, selection, "Order", "id") == first


def test_references_that_only_the_classification_knows_are_followed_by_their_condition(shop: Connection) -> None:
    asked = spec(SubsetRoot(named("customer"), where="id = 7"), children={"Order": 0}, references=COMMENTS)
    with chosen(shop, asked) as (_, selection):
        assert sorted(map(str, picked(shop, selection, "comment", "about || about_id"))) == ["customer7", "customer7"]
    asked = spec(SubsetRoot(named("comment"), where="id = 3"), children={"comment": 0}, references=COMMENTS)
    with chosen(shop, asked) as (_, selection):
        assert picked(shop, selection, "Order", "id") == [4]


def test_partitions_are_reached_through_the_table_that_they_are_part_of(shop: Connection) -> None:
    with chosen(shop, spec(SubsetRoot(named("event"), where="what = 'x31'"))) as (_, selection):
        assert picked(shop, selection, "event_new", "what") == ["x31"]
        assert picked(shop, selection, "event_old", "what") == []
        assert picked(shop, selection, "customer", "id") == [32]


def test_every_chosen_row_is_read_once_and_nothing_was_written(shop: Connection) -> None:
    asked = spec(SubsetRoot(named("customer"), percent=50), SubsetRoot(named("customer"), percent=60), whole=["product"])
    with chosen(shop, asked) as (_, selection):
        assert list(selection.conditions(named("product"))) == ["true"]
        lines = picked(shop, selection, "line", "ctid::text")
        assert len(lines) == len(set(lines)) == selection.rows()[named("line")]
        assert shop.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'").fetchone() == (0,)


def test_what_the_classification_says_of_things_that_are_not_there_is_told_at_once(shop: Connection) -> None:
    wrong = VirtualReference("odd", named("comment"), ("nothing",), named("nobody"), ("id",))
    asked = spec(SubsetRoot(named("missing"), percent=10), children={"gone": 1}, references=[wrong])
    with pytest.raises(PlanError) as refused:
        plan_subset(read_catalog(shop), asked).required()
    assert {(problem.table, problem.column) for problem in refused.value.problems} == {
        ("public.missing", None),
        ("public.gone", None),
        ("public.comment", "nothing"),
        ("public.nobody", None),
    }


@pytest.mark.parametrize(
    "where",
    [
        "true)) TO STDOUT; ROLLBACK; SET default_transaction_read_only = off; CREATE TABLE pwned AS SELECT 1; --",
        "true)) TO PROGRAM 'touch /tmp/pwned'; --",
        "id < 5; CREATE TABLE pwned (a int)",
    ],
)
def test_a_condition_is_no_way_to_run_a_statement(shop: Connection, where: str) -> None:
    asked = spec(SubsetRoot(named("customer"), where=where))
    problems = plan_subset(read_catalog(shop), asked).problems
    assert [problem.code for problem in problems] == [ProblemCode.SUBSET_CONDITION]
    unchecked = replace(
        plan_subset(read_catalog(shop), spec(SubsetRoot(named("customer"), where="true"))), roots=asked.subset.roots if asked.subset else ()
    )
    with pytest.raises(psycopg.errors.SyntaxError), shop.transaction(), selected(shop, unchecked, salt="s"):
        pass
    assert shop.execute("SELECT to_regclass('public.pwned')").fetchone() == (None,)


@pytest.mark.parametrize("where", ["random() < 0.5", "set_config('transaction_read_only', 'off', true) = ''", "acts(id)"])
def test_a_condition_calls_nothing_that_may_act(shop: Connection, where: str) -> None:
    shop.execute("CREATE OR REPLACE FUNCTION acts(int) RETURNS bool LANGUAGE sql AS 'SELECT true'")
    with pytest.raises(SpecError, match="may act"), chosen(shop, spec(SubsetRoot(named("customer"), where=where))):
        pass


def test_the_salt_is_a_setting_of_the_transaction_and_in_no_statement(shop: Connection) -> None:
    with chosen(shop, spec(SubsetRoot(named("customer"), percent=10)), salt="s3cret") as (plan, _):
        query = statements.root_rows(plan, plan.roots[0])
        assert shop.execute("SELECT current_setting('liftlock.subset_salt')").fetchone() == ("s3cret",)
        assert len(shop.execute(query).fetchall()) >= 60  # it needs nothing but the setting
    assert shop.execute("SELECT current_setting('liftlock.subset_salt', true)").fetchone() in {("",), (None,)}
