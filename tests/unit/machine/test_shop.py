"""The sample's own decisions."""

from __future__ import annotations

import json

import pytest

from shop.api import api_routes, check_health
from shop.migrate import Migration, pending, read_migrations
from shop.page import render_page
from shop.release import this_release
from shop.web import web_routes

V1, V2, V3 = (this_release({"SHOP_VERSION": version, "SHOP_COMMIT": "c" * 40}) for version in ("v1", "v2", "v3"))
NOWHERE = "postgresql://shop:secret@127.0.0.1:1/shop"
ORDER = {"id": 7, "customer": "<b>Ada</b>", "status": "paid", "placed_at": "2024-05-01T10:00:00+00:00", "items": 2, "total": "19.90"}


def test_an_unknown_version_does_not_start() -> None:
    with pytest.raises(SystemExit, match="v9"):
        this_release({"SHOP_VERSION": "v9"})


def test_each_version_has_the_migrations_it_needs() -> None:
    numbers = [migration.number for migration in read_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [V1.schema, V2.schema, V3.schema] == [1, 2, 2]
    assert max(numbers) == V3.schema


@pytest.mark.parametrize(("applied", "wanted", "numbers"), [(0, 2, [1, 2]), (1, 2, [2]), (2, 2, []), (2, 1, []), (0, 1, [1])])
def test_only_what_is_missing_is_applied_and_nothing_is_taken_back(applied: int, wanted: int, numbers: list[int]) -> None:
    migrations = [Migration(number, "x", "") for number in (1, 2)]
    assert [migration.number for migration in pending(migrations, applied, wanted)] == numbers


def test_health_says_that_the_database_is_away_and_no_secret() -> None:
    reply = check_health(V1, NOWHERE)
    assert reply.status == 503
    assert "secret" not in reply.body


def test_the_broken_version_starts_and_says_that_it_fails() -> None:
    assert api_routes(V3, NOWHERE)["/healthz"]().status == 503
    assert api_routes(V3, NOWHERE)["/version"]().status == 200
    assert web_routes(V3, "http://127.0.0.1:1")["/"]().status == 503
    assert web_routes(V3, "http://127.0.0.1:1")["/healthz"]().status == 503


def test_the_page_without_an_api_says_so() -> None:
    reply = web_routes(V1, "http://127.0.0.1:1")["/"]()
    assert reply.status == 502
    assert "cannot be read" in reply.body


def test_the_api_answers_under_its_prefix_too() -> None:
    routes = api_routes(V2, NOWHERE)
    assert json.loads(routes["/api/version"]().body) == {"service": "api", "version": "v2", "commit": "c" * 40}


def test_the_page_shows_the_numbers_and_escapes_what_came_from_the_data() -> None:
    page = render_page(V1, {"customers": 120000}, {"latest": [ORDER]})
    assert "120,000" in page
    assert "&lt;b&gt;Ada" in page
    assert "<b>Ada" not in page


def test_the_second_version_is_seen_to_be_another() -> None:
    first, second = (render_page(release, {"vouchers": 1}, {"latest": []}) for release in (V1, V2))
    assert "loyalty" in second
    assert "loyalty" not in first
    assert "version v2" in second
