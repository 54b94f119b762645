"""The path of the documentation: synthetic rows of the sample shop, an anonymised copy of them, and its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from liftlock.adapters.config_files.data_file import read_data
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Sides, Verdict
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.run import MaskRequest, anonymise
from liftlock_datagen.review.database import review_database
from liftlock_datagen.spec.model import DataSpec
from liftlock_datagen.synthesis.load import seed
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker
SHOP = Path(__file__).parents[3] / "samples/shop"
VERSIONS = [path.read_text(encoding="utf-8") for path in sorted((SHOP / "shop/migrations").glob("*.sql"))]
MIGRATIONS = "".join(VERSIONS)
KEY = PseudonymKey(bytes(range(32)))


@pytest.fixture(scope="module")
def spec() -> DataSpec:
    found, _ = read_data((SHOP / "data/shop.yaml").read_bytes(), "shop", "data/shop.yaml")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def staging(postgres: RunningPostgres) -> Iterator[str]:
    """Few rows, so that each agreement by chance is the only one of its kind."""
    with postgres.database(MIGRATIONS) as name:
        seed(postgres.url(name), rows=1000, seed=1, on_progress=lambda *_: None)
        yield name


@pytest.fixture(scope="module")
def dev(postgres: RunningPostgres, staging: str, spec: DataSpec) -> Iterator[str]:
    with postgres.database("") as name:
        request = MaskRequest(postgres.url(staging), postgres.url(name), spec, KEY, workers=1, replace=True)
        anonymise(request, lambda *_: None, lambda _: None)
        yield name


def check(server: RunningPostgres, source: str, copy: str, spec: DataSpec) -> Certificate:
    sides = Sides(server.url(source), server.url(copy), "staging", "dev", "test")
    return check_copy(sides, spec, naming=b"a secret of the tests", key=KEY, on_progress=lambda *_: None)


@pytest.mark.parametrize(("version", "later"), [(1, ["public.customers.loyalty_points", "public.vouchers"]), (2, [])])
def test_the_samples_file_fits_each_version_and_says_what_only_a_later_one_has(
    postgres: RunningPostgres, spec: DataSpec, version: int, later: list[str]
) -> None:
    with postgres.database("".join(VERSIONS[:version])) as name:
        found = review_database(postgres.url(name), spec, None)
    assert found.errors == ()
    assert [item.problem.where for item in found.warnings] == later
    assert all("fine where the file is for a later migration" in item.problem.said for item in found.warnings)


def test_an_anonymised_copy_of_synthetic_rows_has_chance_overlap_and_no_leak(
    postgres: RunningPostgres, staging: str, dev: str, spec: DataSpec
) -> None:
    found = check(postgres, staging, dev, spec)
    assert (found.verdict, found.unread) == (Verdict.CHANCE, ())
    agreed = [(item.column, form.rows, form.verdict) for item in found.columns for form in item.forms if form.rows]
    assert ("note", 1, Verdict.CHANCE) in agreed
    assert {item.place for item in found.findings} >= {"public.orders.note", "statistics of public.orders.note"}


@contextmanager
def planted(server: RunningPostgres, database: str, table: str, column: str, which: str, value: str) -> Iterator[None]:
    """A value in the table's first (min) or last (max) row while the block lasts."""
    row = f"id = (SELECT {which}(id) FROM {table})"  # noqa: S608
    with server.connect(database) as connection:
        old = connection.execute(f"SELECT {column} FROM {table} WHERE {row}".encode()).fetchone()  # noqa: S608 - our own names
        update = f"UPDATE {table} SET {column} = %s WHERE {row}".encode()  # noqa: S608
        connection.execute(update, [value])
        try:
            yield
        finally:
            connection.execute(update, old)


@pytest.mark.parametrize(("phone", "verdict"), [("+1-303-555-0199", Verdict.CHANCE), ("+41 79 555 44 33", Verdict.LEAK)])
def test_a_phone_of_the_free_range_may_be_another_ones_pseudonym_and_no_real_one(
    postgres: RunningPostgres, staging: str, dev: str, spec: DataSpec, phone: str, verdict: Verdict
) -> None:
    place = "customers", "phone"
    with planted(postgres, staging, *place, "min", phone), planted(postgres, dev, *place, "max", phone):
        found = check(postgres, staging, dev, spec)
    assert ("public.customers.phone", verdict) in {(item.place, item.verdict) for item in found.findings if item.source.endswith("phone")}


def test_a_raw_copy_of_synthetic_rows_is_a_leak_all_the_same(postgres: RunningPostgres, staging: str, spec: DataSpec) -> None:
    found = check(postgres, staging, staging, spec)
    leaks = {item.column for item in found.columns if item.verdict is Verdict.LEAK}
    assert {"email", "full_name", "phone", "street", "city", "note", "body", "code", "birth_date"} <= leaks


@pytest.mark.parametrize("words", ["Bett 12: Verdacht auf Diabetes", "Sehr zufrieden mit der Lieferung"])
def test_what_a_person_wrote_is_a_leak_in_a_column_of_made_up_texts(
    postgres: RunningPostgres, staging: str, dev: str, spec: DataSpec, words: str
) -> None:
    place = "orders", "note"
    with planted(postgres, staging, *place, "min", words), planted(postgres, dev, *place, "max", words):
        found = check(postgres, staging, dev, spec)
    leaks = [(item.source, item.place) for item in found.findings if item.verdict is Verdict.LEAK]
    assert ("public.orders.note", "public.orders.note") in leaks


def test_rows_that_were_made_from_the_schema_alone_are_no_leak(postgres: RunningPostgres, staging: str, spec: DataSpec) -> None:
    with postgres.database(MIGRATIONS) as made:
        seed(postgres.url(made), rows=1500, seed=2, on_progress=lambda *_: None)
        found = check(postgres, staging, made, spec)
    assert (found.verdict, found.unread) == (Verdict.CHANCE, ())
    assert {table.table: table.matched > 0 for table in found.tables}["public.customers"]
