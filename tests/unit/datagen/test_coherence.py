"""Records agree: a row with itself, with what it is a part of, an order with its lines; and they agree for any cut into blocks."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Catalog, Check, Column, ColumnType, Table, TableName, TypeKind
from liftlock_datagen.synthesis.generate import Generation
from liftlock_datagen.synthesis.lifecycle import rank_of
from liftlock_datagen.synthesis.plan import plan_load
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.vocabulary.folding import fold
from liftlock_datagen.vocabulary.words import LOCALES, load_vocabularies
from tests.unit.datagen.catalogs import column, key, plan, refers, rows_of, table, text_of, unique

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def money(name: str, *, nullable: bool = False) -> Column:
    return Column(name, ColumnType("numeric", precision=12, scale=2), nullable)


def records(planned: LoadPlan, name: str) -> list[dict[str, str | None]]:
    names = [found.name for found in planned.table(TableName("public", name)).columns]
    return [dict(zip(names, row, strict=True)) for row in rows_of(planned, name)]


def in_locale(locale: str, *tables: Table) -> tuple[LoadPlan, list[dict[str, str]]]:
    """The plan, and the first table's rows in the words of the locale."""
    words = load_vocabularies(locale)
    planned = plan_load(Catalog(tables), words, rows=400, seed=3)
    chosen = planned.tables[0]
    lines = Generation(planned, words).block(chosen, 0, chosen.rows).decode().split("\n")[:-1]
    return planned, [dict(zip([found.name for found in chosen.columns], line.split("\t"), strict=True)) for line in lines]


# --- one row ------------------------------------------------------------------------------------------------------------------------------

PEOPLE = table(
    "people", *key(), column("first_name"), column("last_name"), column("display_name"), column("username"), unique("username"),
    column("email"), unique("email"), column("gender"), column("city"), column("postcode"), column("country_code"), column("currency"),
    column("phone"), column("time_zone"), Column("latitude", ColumnType("numeric", precision=9, scale=6), nullable=False),
    Column("location", ColumnType("point"), nullable=False),
)  # fmt: skip


@pytest.mark.parametrize("locale", ["mixed", *LOCALES])
def test_a_person_is_one_person_at_one_place_in_every_locale(locale: str) -> None:
    words = load_vocabularies(locale)
    mailbox = {entry[0]: entry[1] for name in ("given", "family") for entry in words.lists[name]}
    genders = {entry[0]: entry[2] for entry in words.lists["given"]}
    places = {(entry[0], entry[1], entry[3], entry[10], entry[9], entry[7]) for entry in words.lists["place"]}
    dialled = {entry[3]: entry[12][:3] for entry in words.lists["place"]}
    _, rows = in_locale(locale, PEOPLE)
    assert len(rows) >= 400
    for row in rows:
        assert row["display_name"] == f"{row['first_name']} {row['last_name']}"
        for address in (row["email"], row["username"]):
            assert address.startswith(f"{mailbox[row['first_name']]}.{mailbox[row['last_name']]}")
        assert row["gender"] == genders[row["first_name"]]
        place = tuple(row[name] for name in ("city", "postcode", "country_code", "currency", "time_zone", "latitude"))
        assert place in places
        assert row["location"].endswith(f",{row['latitude']})")
        assert row["phone"].startswith(dialled[row["country_code"]])


def test_a_gender_of_given_values_goes_with_the_name() -> None:
    mood = Column("sex", ColumnType("sex", TypeKind.ENUM, labels=("Male", "Female", "Other")), nullable=False)
    people = table("people", *key(), column("first_name"), mood)
    genders = {entry[0]: entry[2] for entry in load_vocabularies().lists["given"]}
    found = records(plan(people), "people")
    assert all((row["sex"] == "Female") == (genders[row["first_name"] or ""] == "f") for row in found)
    assert {row["sex"] for row in found} == {"Male", "Female"}


def test_a_firm_has_addresses_of_its_name() -> None:
    firms = table("suppliers", *key(), column("name"), column("email"), unique("email"), column("website"), column("domain"))
    for row in records(plan(firms), "suppliers"):
        slug = fold(row["name"] or "")[:20]
        assert row["website"] == f"https://www.{slug}.example"
        assert row["domain"] == f"{slug}.example"
        assert (row["email"] or "").endswith(f"@{slug}.example")


def test_search_words_are_those_of_the_rows_text() -> None:
    notes = table("notes", *key(), column("title"), column("body"), column("words", "tsvector"))
    for row in records(plan(notes), "notes"):
        kept = "".join(letter if letter.isalnum() else " " for letter in row["body"] or "").lower().split()
        assert (row["words"] or "").split() == kept != []


def test_a_profile_speaks_of_the_user_that_it_belongs_to() -> None:
    users = table("users", *key(), column("email"), unique("email"), column("city"))
    profiles = table(
        "profiles", column("user_id", "int8"), unique("user_id", primary=True), refers("user_id", "users"), column("display_name"),
        column("email"), column("city"),
    )  # fmt: skip
    planned = plan(users, profiles)
    known = {row["id"]: row for row in records(planned, "users")}
    found = records(planned, "profiles")
    assert len(found) > 50
    for row in found:
        user = known[row["user_id"]]
        assert (row["email"], row["city"]) == (user["email"], user["city"])
        assert ".".join(map(fold, (row["display_name"] or "").split(" ", 1))) == (row["email"] or "").rsplit(".", 2)[0]


def test_two_tables_that_are_parts_of_one_another_are_planned() -> None:
    one = table("one", *key(), column("two_id", "int8", nullable=True), unique("two_id"), refers("two_id", "two"), column("first_name"))
    two = table("two", *key(), column("one_id", "int8", nullable=True), unique("one_id"), refers("one_id", "one"), column("first_name"))
    assert len(records(plan(one, two), "one")) > 10


# --- sums --------------------------------------------------------------------------------------------------------------------------------

ORDERS = table(
    "orders", *key(), money("subtotal"), money("tax"), money("shipping", nullable=True), money("discount"), money("total"),
    Check("positive", "((total >= (0)::numeric))"),
)  # fmt: skip
LINES = table(
    "order_lines", column("order_id", "int8"), column("line_no", "int2"), column("quantity", "int4"), money("unit_price"),
    money("line_total"), refers("order_id", "orders"), unique("order_id", "line_no", primary=True),
)  # fmt: skip
ITEMS = table("order_items", *key(), column("order_id", "int8"), column("qty", "int4"), money("price"), refers("order_id", "orders"))
CARTS = table("carts", *key(), column("total_cents", "int8"))
CART_ITEMS = table(
    "cart_items", *key(), column("cart_id", "int8"), column("quantity", "int4", nullable=True), column("price_cents", "int4"),
    refers("cart_id", "carts"),
)  # fmt: skip


def _sums(rows: list[dict[str, str | None]], parent: str, quantity: str, price: str) -> dict[str | None, Decimal]:
    found: dict[str | None, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row[parent]] += Decimal(row[quantity] or "") * Decimal(row[price] or "")
    return found


@SLOW
@given(st.integers(0, 2**40), st.integers(20, 900))
def test_an_order_is_the_sum_of_its_lines(seed: int, rows: int) -> None:
    planned = plan(ORDERS, LINES, rows=rows, seed=seed)
    lines = records(planned, "order_lines")
    assert all(Decimal(row["line_total"] or "") == Decimal(row["quantity"] or "") * Decimal(row["unit_price"] or "") for row in lines)
    sums = _sums(lines, "order_id", "quantity", "unit_price")
    for row in records(planned, "orders"):
        assert Decimal(row["subtotal"] or "") == sums[row["id"]]
        parts = [Decimal(row[name] or "") for name in ("subtotal", "tax", "shipping", "discount")]
        assert Decimal(row["total"] or "") == max(Decimal(0), parts[0] + parts[1] + parts[2] - parts[3])


def test_lines_with_keys_of_their_own_are_summed_too_and_every_order_has_one() -> None:
    planned = plan(table("orders", *key(), money("total_amount")), ITEMS, rows=900)
    sums = _sums(records(planned, "order_items"), "order_id", "qty", "price")
    assert all(Decimal(row["total_amount"] or "") == sums[row["id"]] > 0 for row in records(planned, "orders"))


def test_cents_are_summed_as_cents() -> None:
    planned = plan(CARTS, CART_ITEMS, rows=900)
    sums = _sums(records(planned, "cart_items"), "cart_id", "quantity", "price_cents")
    assert all(Decimal(row["total_cents"] or "") == sums[row["id"]] for row in records(planned, "carts"))


@SLOW
@given(st.integers(1, 97), st.sampled_from(["orders", "order_lines"]))
def test_sums_are_the_same_for_any_block_size(block: int, name: str) -> None:
    planned = plan(ORDERS, LINES, rows=500)
    assert text_of(planned, name, block=block) == text_of(planned, name)


def test_a_total_that_a_key_decides_stays_unique() -> None:
    orders = table("orders", *key(), money("total"), unique("total"))
    values = [row["total"] for row in records(plan(orders, ITEMS), "orders")]
    assert len(set(values)) == len(values)


# --- time --------------------------------------------------------------------------------------------------------------------------------


def _moment(name: str) -> Column:
    return column(name, "timestamptz", nullable=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_dates_are_there_where_the_status_says_so_and_in_order(seed: int) -> None:
    orders = table(
        "orders", *key(), column("status"), column("created_at", "timestamptz"), _moment("paid_at"), _moment("shipped_at"),
        _moment("delivered_at"), _moment("cancelled_at"),
    )  # fmt: skip
    found = records(plan(orders, seed=seed, rows=500), "orders")
    for row in found:
        status = row["status"]
        assert (row["paid_at"] is not None) is (status in {"paid", "shipped", "delivered", "refunded"}), status
        assert (row["shipped_at"] is not None) is (status in {"shipped", "delivered", "refunded"}), status
        assert (row["delivered_at"] is not None) is (status in {"delivered", "refunded"}), status
        assert (row["cancelled_at"] is not None) is (status == "cancelled"), status
        times = [row[name] for name in ("created_at", "paid_at", "shipped_at", "delivered_at")]
        moments = [datetime.fromisoformat(text) for text in times if text is not None]
        assert moments == sorted(moments)
    assert len({row["status"] for row in found}) > 4


def test_a_status_says_nothing_of_dates_that_none_of_its_values_reaches() -> None:
    users = table("users", *key(), column("status"), _moment("confirmed_at"), _moment("deleted_at"))
    found = records(plan(users, rows=400), "users")
    assert {row["status"] for row in found} == {"active", "inactive", "pending", "archived"}
    for name in ("confirmed_at", "deleted_at"):
        assert {row[name] is None for row in found} == {True, False}


def test_a_short_column_still_agrees_with_the_others() -> None:
    orders = table("orders", *key(), column("city", "varchar", length=15), column("region", "varchar", length=15), column("country"))
    places = {(entry[0][:15].rstrip(), entry[2][:15].rstrip(), entry[4]) for entry in load_vocabularies().lists["place"]}
    assert {(row["city"], row["region"], row["country"]) for row in records(plan(orders), "orders")} <= places


def test_a_short_name_of_a_person_is_an_initial_and_the_family_name() -> None:
    orders = table("orders", *key(), column("contact_name", "varchar", length=30), column("first_name"), column("last_name"))
    mailbox = {entry[0]: entry[1] for entry in load_vocabularies().lists["given"]}
    for row in records(plan(orders), "orders"):
        assert row["contact_name"] == f"{mailbox[row['first_name'] or ''][0].upper()}. {row['last_name']}"


def test_a_country_of_two_letters_is_a_code() -> None:
    _, rows = in_locale("ja_JP", table("people", *key(), column("country", "varchar", length=2), column("country_name")))
    assert {(row["country"], row["country_name"]) for row in rows} == {("JP", "日本")}


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("shipped", 3),
        ("unpaid", 1),
        ("Not Delivered", 1),
        ("incomplete", 1),
        ("paid_at", 2),
        ("deliveredAt", 4),
        ("cancelled", -1),
        ("happy", None),
    ],
)
def test_a_status_and_a_date_have_a_place_in_a_life(name: str, rank: int | None) -> None:
    assert rank_of(name) == rank
