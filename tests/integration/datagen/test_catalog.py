"""What is read of a real catalog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock_datagen.catalog.model import Action, Attribute, Catalog, Identity, Table, TableKind, TableName, TypeKind
from liftlock_datagen.catalog.read import read_catalog
from tests.postgres import RunningPostgres

pytestmark = [pytest.mark.docker, pytest.mark.every_version(since=15)]


@pytest.fixture(scope="module")
def database(postgres: RunningPostgres) -> Iterator[str]:
    # these extensions are trusted: the owner of the database may make them
    with postgres.database((Path(__file__).parent / "features.sql").read_text(encoding="utf-8")) as name:
        yield name


@pytest.fixture(scope="module")
def catalog(postgres: RunningPostgres, database: str) -> Catalog:
    with postgres.connect(database) as connection:
        return read_catalog(connection)


@pytest.fixture(scope="module")
def test(catalog: Catalog) -> Table:
    return catalog.table(TableName("Ä b", 'Tëst "x"'))


def public(catalog: Catalog, name: str) -> Table:
    return catalog.table(TableName("public", name))


def test_types_keep_their_domain_beside_what_they_are_made_of(test: Table) -> None:
    price = TableName("public", "price")
    cost = test.column("cost").type
    assert (cost.name, cost.domain, cost.precision, cost.scale, cost.declared) == ("numeric", price, 8, 2, "public.price")
    assert not test.column("cost").nullable
    element = test.column("costs").type.element
    assert element is not None
    assert (element.name, element.domain, element.scale) == ("numeric", price, 2)
    assert [str(check.domain) for check in test.checks] == ["public.price", "public.positive"]
    assert test.checks[0].expression == '(("cost")::numeric < (1000)::numeric)'


def test_composite_types_have_their_attributes(test: Table) -> None:
    home = test.column("home").type
    assert (home.kind, home.schema) == (TypeKind.COMPOSITE, "public")
    assert [attribute.name for attribute in home.attributes] == ["street", "zip", "price"]
    assert home.attributes[1].type.length == 10
    assert home.attributes[2] == Attribute("price", home.attributes[2].type, nullable=False)
    homes = test.column("homes").type
    assert homes.element is not None
    assert homes.element.attributes == home.attributes


def test_ranges_enums_and_times_say_what_they_hold(test: Table) -> None:
    width, widths, days = (test.column(name).type for name in ("width", "widths", "days"))
    assert (width.kind, width.subtype and width.subtype.name) == (TypeKind.RANGE, "float8")
    assert (widths.kind, widths.subtype and widths.subtype.name) == (TypeKind.MULTIRANGE, "float8")
    assert (days.kind, days.subtype and days.subtype.name, days.schema) == (TypeKind.MULTIRANGE, "date", "")
    assert test.column("feeling").type.labels == ("sad", "so so", "fine")
    assert test.column("email").type.extension == "citext"
    assert (test.column("at").type.precision, test.column("took").type.precision) == (3, 2)
    assert test.column("flags").type.length == 4


def test_columns_know_what_computes_or_counts_them(test: Table, catalog: Catalog) -> None:
    key, code, doubled = (test.column(name) for name in ("Id ß", "code", "doubled"))
    assert key.identity is Identity.ALWAYS
    assert key.sequence == TableName("Ä b", 'Tëst "x"_Id ß_seq')
    assert (doubled.generated, doubled.expression) == (True, '("Id ß" * 2)')
    assert (code.collation, code.statistics, code.comment, test.comment) == ("C", 500, "a code", "all of it")
    assert public(catalog, "child").column("drawn").sequence == TableName("public", "loose")
    sequences = {str(sequence.name): sequence for sequence in catalog.sequences}
    loose = sequences["public.loose"]
    assert (loose.increment, loose.minimum, loose.maximum, loose.cycle, loose.owner) == (-2, -100, 100, True, None)
    assert sequences["public.child_id_seq"].owner == (TableName("public", "child"), "id")
    assert (sequences['Ä b.Tëst "x"_Id ß_seq'].start, sequences['Ä b.Tëst "x"_Id ß_seq'].increment) == (10, 5)


def test_indexes_and_exclusions_say_how_they_judge(test: Table) -> None:
    indexes = {index.name: index for index in test.indexes}
    once = indexes["code_once"]
    assert (once.columns, once.deferrable, once.deferred, once.nulls_distinct) == (("code",), True, True, True)
    twice = indexes["feeling_once"]
    assert (twice.columns, twice.nulls_distinct, twice.included) == (("feeling", "code"), False, ("email",))
    assert indexes["expr"].columns is None
    assert indexes["expr"].predicate == "(email IS NOT NULL)"
    (overlap,) = test.exclusions
    assert (overlap.operators, overlap.method, overlap.deferrable) == (("=", "&&"), "gist", True)
    assert [part.column for part in overlap.parts] == ["code", "seats"]
    assert overlap.predicate == "(seats IS NOT NULL)"
    assert indexes["no_overlap"].exclusion
    assert test.statistics[0].startswith("CREATE STATISTICS")


def test_what_stands_beside_rows_is_there(catalog: Catalog) -> None:
    child = public(catalog, "child")
    (key,) = child.foreign_keys
    assert (key.target_columns, key.on_delete, key.on_update, key.deferred) == (("number",), Action.CASCADE, Action.SET_NULL, True)
    (trigger,) = child.triggers
    assert (trigger.name, trigger.enabled, trigger.before, trigger.function) == ("touched", "D", True, TableName("public", "touch"))
    (policy,) = child.policies
    assert (policy.name, policy.command, policy.permissive, policy.roles) == ("mine", "r", False, ("public",))
    assert (child.row_security, child.row_security_forced) == (True, True)
    assert [check.validated for check in child.checks] == [False]
    assert public(catalog, "lost").unlogged


def test_partitions_of_any_depth_are_under_their_root(catalog: Catalog) -> None:
    event, europe = public(catalog, "event"), public(catalog, "event_2024_eu")
    assert event.kind is TableKind.PARTITIONED
    assert event.partition_key is not None
    assert (event.partition_key.strategy, event.partition_key.definition) == ("r", "RANGE (day)")
    assert europe.partition_of == TableName("public", "event_2024")
    assert europe.bound == "FOR VALUES IN ('ch', 'de')"
    assert catalog.root_of(europe) == event
    assert [table.name.name for table in catalog.partitions_of(event.name)] == ["event_2024_eu", "event_2024_rest", "event_rest"]
    assert catalog.partitions_of(TableName("public", "child")) == (public(catalog, "child"),)
    assert [key.inherited for key in europe.foreign_keys] == [True]
    (index,) = europe.indexes
    assert (index.parent, index.movable) == (TableName("public", "event_2024_pkey"), True)
    assert [key.target.name for key in public(catalog, "note").foreign_keys] == ["event"]
    hashed = public(catalog, "hashed").partition_key
    assert hashed is not None
    assert [part.column for part in hashed.parts] == ["id", None]


def test_inheritance_is_no_partition(catalog: Catalog) -> None:
    dog = public(catalog, "dog")
    assert (dog.inherits, dog.partition_of) == ((TableName("public", "animal"),), None)
    assert [column.inherited for column in dog.columns] == [True, True, False]


def test_views_and_extensions_are_named_with_what_they_need_or_bring(catalog: Catalog) -> None:
    fine, finer = catalog.views
    assert (fine.materialised, fine.depends_on) == (False, (TableName("Ä b", 'Tëst "x"'),))
    assert (finer.materialised, finer.populated, finer.depends_on) == (True, False, (TableName("public", "fine"),))
    assert "citext" in {name for extension in catalog.extensions for name in extension.types}


def test_estimates_change_no_digest(postgres: RunningPostgres, database: str, catalog: Catalog) -> None:
    assert public(catalog, "animal").rows is None
    with postgres.connect(database) as connection:
        connection.execute("INSERT INTO animal SELECT g, 'x' FROM generate_series(1, 500) g")
        connection.execute("ANALYZE animal")
        later = read_catalog(connection)
        connection.execute("TRUNCATE animal")
    assert public(later, "animal").rows == 500
    assert public(later, "animal").bytes > public(catalog, "animal").bytes
    assert later.digest == catalog.digest
