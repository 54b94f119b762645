"""What a database's URL tells without connecting."""

from __future__ import annotations

import pytest

from liftlock_datagen.database.address import parse_address
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
