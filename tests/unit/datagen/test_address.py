"""What a database's URL tells without connecting."""

from __future__ import annotations

import re

import pytest

from liftlock_datagen.database.address import parse_address
from liftlock_datagen.database.connect import connected
from liftlock_datagen.errors import DatagenError


@pytest.mark.parametrize(
    "url",
    ["postgresql://a:b@127.0.0.1:5433/shop", "postgres://a@localhost/shop", "postgresql://a@[::1]/shop", "postgresql://a@/shop?host=/tmp"],
)
def test_an_address_of_this_machine_is_local(url: str) -> None:
    assert parse_address(url).is_local


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a@db.example/shop",
        "postgresql://a@127.0.0.1,db.example/shop",
        "postgresql://a@localhost/shop?hostaddr=10.0.0.1",
        "postgresql:///shop?host=db.example",
        "postgresql:///?service=shop",
        "postgresql://a@localhost.example/shop",
    ],
)
def test_an_address_that_may_be_elsewhere_is_not_local(url: str) -> None:
    assert not parse_address(url).is_local


@pytest.mark.parametrize(
    "url", ["postgresql://a@prod-db/shop", "postgresql://a@localhost/shop_production", "postgresql://live@localhost/shop"]
)
def test_a_name_that_says_production_is_seen(url: str) -> None:
    assert parse_address(url).looks_like_production


@pytest.mark.parametrize(
    "url", ["postgresql://a@localhost/products", "postgresql://a@localhost/reproduced", "postgresql://a@localhost/olive"]
)
def test_a_name_that_only_contains_such_a_word_is_not_taken_for_production(url: str) -> None:
    assert not parse_address(url).looks_like_production


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/db", "postgresql://u:hunter2%ZZ@h/db", "postgresql://u:hunter2@[h/db"])
def test_what_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatagenError) as raised:
        parse_address(url)
    assert "hunter2" not in str(raised.value)


def test_an_address_is_shown_without_its_password() -> None:
    assert str(parse_address("postgresql://u:hunter2@localhost:5433/shop")) == "localhost:5433/shop"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pw@localhost/shop?service=prod",
        "postgresql://u:pw@x,db.corp.example/shop?hostaddr=127.0.0.1,",
        "postgresql://u:pw@a.corp.example,b.corp.example/shop?hostaddr=,",
        "postgresql://u:pw@localhost:5432,localhost:5433/shop",
        "postgresql://u:pw@localhost/shop?host=127.0.0.1,127.0.0.1&target_session_attrs=read-write",
        "postgresql://u:pw@[::ffff:10.0.0.1]/shop",
        "postgresql://u:pw@0.0.0.0/shop",
        "postgresql://u:pw@localhost/shop?hos%74addr=10.0.0.1",
        "postgresql://u:pw@localhost/shop?host=db%2Eexample",
        "postgresql://u:pw@127.0.0.1/shop?port=5432,5433",
    ],
)
def test_what_is_left_to_a_service_file_or_to_chance_is_not_this_machine(url: str) -> None:
    assert not parse_address(url).is_local


def test_what_a_service_file_may_lead_elsewhere_is_shown_as_such() -> None:
    assert "service" in str(parse_address("postgresql://u:pw@localhost/shop?service=prod"))


@pytest.mark.parametrize(
    ("variable", "value"), [("PGSERVICE", "prod"), ("PGHOSTADDR", "10.9.8.7"), ("PGHOST", "db.example"), ("PGPORT", "5432,5433")]
)
def test_what_the_drivers_variables_add_counts(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    assert not parse_address("postgresql://u@/shop").is_local


def test_an_empty_port_is_the_usual_one() -> None:
    assert parse_address("postgresql://u@localhost:/shop").ports == {5432}
    assert parse_address("postgresql://u@localhost,localhost:5433/shop").ports == {5432, 5433}


def test_a_database_that_the_query_names_is_the_one() -> None:
    assert parse_address("postgresql://u@localhost/shop?dbn%61me=production").looks_like_production
    assert parse_address("postgresql://u@localhost/shopprod").looks_like_production


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun@ter2@localhost/shop",
        "postgresql://u:hun/ter2@localhost/shop",
        "postgresql://u:hun@te/r2@localhost/shop",
        "postgresql://u:hunter2/shop",
        "postgresql://u:hun?ter2@x@localhost/shop",
        "postgresql://u:hunter%2@localhost/shop",
    ],
)
def test_a_password_with_raw_signs_is_refused_and_no_part_of_it_shown(url: str) -> None:
    for work in (parse_address, _connect):
        with pytest.raises(DatagenError) as raised:
            work(url)
        assert not re.search("hun|ter2|te/r2", str(raised.value))


def _connect(url: str) -> None:
    with connected(url):
        pass
