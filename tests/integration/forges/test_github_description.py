"""That what stands between adapter and fake finds what does not fit, and what liftlock asks GitHub's GraphQL API."""

from __future__ import annotations

import httpx
import pytest

from liftlock.adapters.forges.github_queue import AUTO_MERGE, ENQUEUE, HOLDS, STATE
from tests.fakes.http_server import Said
from tests.github_description import Described


@pytest.mark.prism
def test_every_query_fits_githubs_schema(described: Described) -> None:
    assert described.query_errors([STATE, HOLDS, ENQUEUE, AUTO_MERGE]) == [[], [], [], []]


@pytest.mark.prism
def test_a_query_that_does_not_fit_is_found(described: Described) -> None:
    (found,) = described.query_errors([HOLDS.replace("isInMergeQueue", "isInTheQueue")])
    assert "isInTheQueue" in found[0]


@pytest.mark.prism
def test_a_request_and_an_answer_that_do_not_fit_are_found(described: Described) -> None:
    described.behind.handle = lambda asked: Said(200, [{"number": "seven"}])
    with httpx.Client(trust_env=False, base_url=described.url) as client:
        wrong_request = client.post("/repos/a/b/pulls", json={"title": "x"})
        wrong_answer = client.get("/repos/a/b/pulls")
        unknown = client.get("/repos/a/b/branches")
    assert (wrong_request.status_code, wrong_answer.status_code, unknown.status_code) == (422, 500, 404)
    assert "must have required property 'head'" in wrong_request.text
    assert "number" in wrong_answer.text
