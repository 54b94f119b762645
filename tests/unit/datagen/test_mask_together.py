"""Values of one row that agree: names with the address of e-mail, the place with its postal code. Stable, by the key, in every table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as given_values
from hypothesis import settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import Catalog, Column, Index, Table
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import TableMask
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.rows import RowMasker
from liftlock_datagen.masking.transformers import Invented, Led
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from liftlock_datagen.vocabulary.words import LOCALES, load_vocabularies
from tests.unit.datagen.catalogs import column, refers, table, unique

KEY = PseudonymKey(bytes(range(32)))
OTHER = PseudonymKey(bytes(range(1, 33)))
PERSON = {"email": Kind.EMAIL, "full_name": Kind.PERSON_NAME, "first": Kind.GIVEN_NAME, "last": Kind.FAMILY_NAME}
PLACE = {"zip": Kind.POSTAL_CODE, "city": Kind.CITY, "region": Kind.REGION, "country": Kind.COUNTRY}


def leads(made: Table, kinds: dict[str, Kind], domains: dict[str, str] | None = None) -> dict[str, str]:
    """Which column leads which."""
    found = planned(made, kinds, domains)
    return {mask.name: mask.transformer.lead.column for mask in found.columns if isinstance(mask.transformer, Led)}


def planned(made: Table, kinds: dict[str, Kind], domains: dict[str, str] | None = None, locale: str = "en_US") -> TableMask:
    said = {name: ColumnSpec(ValueSpec(kind, Rule.PSEUDONYM, (domains or {}).get(name, ""))) for name, kind in kinds.items()}
    spec = DataSpec("d", {made.name: TableSpec(made.name, said)}, locale=locale)
    return plan_mask(Catalog((made,)), spec).tables[0]


def columns(*names: str, **lengths: int) -> tuple[Column, ...]:
    return tuple(column(name, "varchar", length=lengths.get(name), nullable=True) for name in names)


def changed(made: Table, kinds: dict[str, Kind], rows: list[list[str]], key: PseudonymKey = KEY, locale: str = "en_US") -> list[list[str]]:
    block = "".join("\t".join(row) + "\n" for row in rows).encode()
    return [line.split("\t") for line in RowMasker(planned(made, kinds, locale=locale), key)(block).decode().split("\n")[:-1]]


def slugs(locale: str, vocabulary: str) -> dict[str, str]:
    """Each word as it stands in addresses."""
    column = load_vocabularies(locale).column
    return dict(zip(column(vocabulary, 0), column(vocabulary, 1), strict=True))


@pytest.mark.parametrize("locale", ["en_US", "de_CH", "fr_FR"])
def test_the_names_of_a_row_are_those_in_its_address(locale: str) -> None:
    people = table("people", *columns(*PERSON))
    rows = [[f"u{number}@shop.ch", "Urs Muster", "Urs", "Muster"] for number in range(200)]
    given, family = slugs(locale, "given"), slugs(locale, "family")
    for email, full, first, last in changed(people, PERSON, rows, locale=locale):
        assert full == f"{first} {last}"
        assert email.startswith(f"{given[first][:11]}.{family[last][:12]}.")
    assert len({row[1] for row in changed(people, PERSON, rows, locale=locale)}) > 150


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "mixed"][:6])
def test_the_place_of_a_row_is_one_that_there_is(locale: str) -> None:
    places = table("places", *columns(*PLACE))
    rows = [[str(8000 + number), "Zug", "ZG", "Schweiz"] for number in range(300)]
    vocabulary = load_vocabularies(locale)
    known = set(zip(*(vocabulary.column("place", field) for field in (1, 0, 2, 4)), strict=True))
    made = {tuple(row) for row in changed(places, PLACE, rows, locale=locale)}
    assert made <= known
    assert len(made) > 10


def test_what_leads_keeps_its_map_and_what_follows_has_its_own_where_nothing_leads() -> None:
    people, alone = table("people", *columns("email", "full_name")), table("alone", *columns("full_name"))
    two = {"email": Kind.EMAIL, "full_name": Kind.PERSON_NAME}
    rows = [["a@b.ch", "Urs"], ["A@b.ch", "Vreni"], ["\\N", "Urs"], ["", "Urs"], ["c@d.ch", "\\N"]]
    made = changed(people, two, rows)
    assert made[0][1] == made[1][1]  # one address, one person
    assert made[0][0] == changed(table("other", *columns("email")), {"email": Kind.EMAIL}, [["a@b.ch"]])[0][0]
    assert made[2][1] == made[3][1] == changed(alone, {"full_name": Kind.PERSON_NAME}, [["Urs"]])[0][0]
    assert made[4][1] == "\\N"
    assert changed(people, two, rows, OTHER)[0] != made[0]


@settings(max_examples=30, deadline=None)
@given_values(lengths=st.tuples(*[st.integers(1, 30)] * 3), emails=st.lists(st.text("abcäé@.", min_size=1), min_size=1, max_size=5))
def test_texts_that_agree_fit_their_columns_and_are_not_empty(lengths: tuple[int, int, int], emails: list[str]) -> None:
    names = ("full_name", "first", "last")
    people = table("people", *columns(*PERSON, **dict(zip(names, lengths, strict=True))))
    for row in changed(people, PERSON, [[email, "Urs Muster", "Urs", "Muster"] for email in emails], locale="de_CH"):
        assert all(0 < len(text) <= length for text, length in zip(row[1:], lengths, strict=True))


def test_each_place_of_a_table_with_several_agrees_with_its_own_postal_code() -> None:
    names = ("ship_zip", "ship_city", "ship_country", "bill_zip", "bill_city", "city")
    kinds = {name: {"zip": Kind.POSTAL_CODE, "city": Kind.CITY, "country": Kind.COUNTRY}[name.split("_")[-1]] for name in names}
    assert leads(table("orders", *columns(*names)), kinds) == {"ship_city": "ship_zip", "ship_country": "ship_zip", "bill_city": "bill_zip"}


def test_what_people_named_what_others_refer_to_and_what_must_differ_keeps_its_own_map() -> None:
    people = table("people", *columns(*PERSON))
    assert leads(people, PERSON) == {"full_name": "email", "first": "email", "last": "email"}
    assert leads(people, PERSON, {"full_name": "person"}) == {"first": "email", "last": "email"}
    assert leads(replace(people, indexes=(unique("full_name"),)), PERSON) == {"first": "email", "last": "email"}
    named = replace(people, foreign_keys=(refers("first", "people", "last"),))
    assert leads(named, PERSON) == {"full_name": "email"}
    assert leads(table("people", *columns("full_name", "first")), {"full_name": Kind.PERSON_NAME, "first": Kind.GIVEN_NAME}) == {
        "first": "full_name"
    }
    two = {"email": Kind.EMAIL, "full_name": Kind.PERSON_NAME, "contact": Kind.PERSON_NAME}
    assert leads(table("firms", *columns(*two)), two) == {}  # nobody knows whose address it is


@settings(max_examples=20, deadline=None)
@given_values(pairs=st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")), unique=True, min_size=2, max_size=36))
def test_a_unique_key_over_two_columns_stays_unique(pairs: list[tuple[str, str]]) -> None:
    both = Index("both", unique("first", "last").parts, unique=True, primary=False, definition="")
    people = replace(table("people", *columns("email", "first", "last")), indexes=(both,))
    kinds = {"email": Kind.EMAIL, "first": Kind.GIVEN_NAME, "last": Kind.FAMILY_NAME}
    assert all(mask.transformer.unique for mask in planned(people, kinds).columns if isinstance(mask.transformer, Invented))
    made = changed(people, kinds, [["x@y.ch", *pair] for pair in pairs])
    assert len({tuple(row[1:]) for row in made}) == len(pairs)
