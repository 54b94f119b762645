"""The environment program's pure parts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.stack import stack_values
from liftlock_stacks.inputs import InputsError, ServiceInputs, parse_inputs, service_version
from liftlock_stacks.routes import Backend, render_routes, routes_version
from tests.samples import environment

SECRETS = {"naming": "k", "database/shop/password": "pw", "service/api/TOKEN": "t"}
BACKENDS = [Backend("api", "shop-dev-api-1", 8000, "/api"), Backend("web", "shop-dev-web-1", 8000, "/"), Backend("worker", "w", 9, None)]


def one_service() -> ServiceInputs:
    return parse_inputs(json.dumps(stack_values(environment(), port=1))).services[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"project": "shop"}', "null"])
def test_a_document_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(InputsError):
        parse_inputs(text)


@pytest.mark.parametrize("change", [{"image": "x@sha256:1"}, {"env": {"A": "2"}}, {"command": ("other",)}, {"port": 1}])
def test_what_needs_another_container_gives_another_version(change: dict[str, object]) -> None:
    assert service_version(one_service(), SECRETS) != service_version(replace(one_service(), **change), SECRETS)  # type: ignore[arg-type]


def test_memory_changes_in_place() -> None:
    assert service_version(one_service(), SECRETS) == service_version(replace(one_service(), memory=1), SECRETS)


def test_a_changed_secret_gives_another_version_that_tells_nothing_of_it() -> None:
    version = service_version(one_service(), SECRETS)
    assert version != service_version(one_service(), {**SECRETS, "service/api/TOKEN": "u"})
    assert version != service_version(one_service(), {**SECRETS, "naming": "other key"})


def test_longer_prefixes_are_asked_first() -> None:
    text = render_routes(BACKENDS, "abc")
    assert text.index("use_backend api if { path /api }") < text.index("use_backend web if { path_beg / }")
    assert "use_backend worker if { path" not in text
    assert "use_backend worker if { req.hdr(host),field(1,:) -i worker }" in text


@given(st.permutations(BACKENDS))
def test_the_version_of_routes_is_their_content(order: list[Backend]) -> None:
    assert len(routes_version(order)) == 8
    assert routes_version(order) != routes_version([replace(order[0], container="new"), *order[1:]])
