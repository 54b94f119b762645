"""The repository's address, however it is written, and where the APIs are."""

from __future__ import annotations

import pytest

from liftlock.adapters.forges.addresses import github_api, parse_address
from liftlock.adapters.forges.github import graphql_address
from liftlock.core.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/shop/environments",
        "https://github.com/shop/environments/",
        "https://github.com/shop/environments.git",
        "https://ada:pass@github.com/shop/environments",
        "ssh://git@github.com/shop/environments.git",
        "git@github.com:shop/environments.git",
        "github.com:shop/environments",
    ],
)
def test_all_spellings_name_the_same_repository(url: str) -> None:
    address = parse_address(url)
    assert (address.url, address.host, address.owner, address.name) == (
        "https://github.com/shop/environments",
        "github.com",
        "shop",
        "environments",
    )


def test_a_port_and_nested_groups_are_kept() -> None:
    address = parse_address("http://127.0.0.1:8080/team/sub/environments.git")
    assert (address.url, address.owner, address.name) == ("http://127.0.0.1:8080/team/sub/environments", "team/sub", "environments")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop",
        "../shop.git",
        "/srv/shop.git",
        "https://github.com/shop",
        "https://github.com",
        "ftp://h/a/b",
        "https://h/a/../b",
        "https://[h/a/b",
    ],
)
def test_what_names_no_repository_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_address(url.replace("https://h/", "https://ada:pass@h/"))
    assert "pass" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    ("url", "api", "rest", "graphql"),
    [
        ("https://github.com/a/b", None, "https://api.github.com", "https://api.github.com/graphql"),
        ("https://shop.ghe.com/a/b", None, "https://api.shop.ghe.com", "https://api.shop.ghe.com/graphql"),
        ("https://git.shop.example/a/b", None, "https://git.shop.example/api/v3", "https://git.shop.example/api/graphql"),
        ("https://github.com/a/b", "https://proxy.example/api/v3/", "https://proxy.example/api/v3", "https://proxy.example/api/graphql"),
    ],
)
def test_githubs_apis_follow_from_the_address(url: str, api: str | None, rest: str, graphql: str) -> None:
    found = github_api(parse_address(url), api)
    assert (found, graphql_address(found)) == (rest, graphql)
