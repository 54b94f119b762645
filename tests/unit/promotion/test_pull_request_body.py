"""The hidden block survives any name, and is never half read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.pull_request_rendering import render_pull_request
from liftlock.core.pull_request_body import Metadata, decode_metadata, encode_metadata
from liftlock.core.release import ReleasedImage
from tests.promotion_world import TO_STAGING, ready_world

IMAGE = ready_world().release("dev").services["api"].image
TEXT = st.text(max_size=30) | st.sampled_from(["-->", "<!-- liftlock:v1 {} -->", "| x |", "`", "a: &b [c]"])


@given(st.dictionaries(TEXT, st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=4), TEXT, st.none() | st.lists(TEXT, max_size=3))
def test_what_is_encoded_comes_back_whatever_it_holds(
    changes: dict[str, tuple[str | None, str | None]], name: str, only: list[str] | None
) -> None:
    released = {service: ReleasedImage(IMAGE, tag, commit) for service, (tag, commit) in changes.items()}
    metadata = Metadata(name, name + "x", "plan-1", None if only is None else tuple(only), released)
    block = encode_metadata(metadata)
    assert decode_metadata(f"before\n\n{block}\n") == metadata
    assert block.count("-->") == 1


def _block(changes: str) -> str:
    return '<!-- liftlock:v1 {"source":"a","target":"b","plan":"c","services":null,"changes":' + changes + "} -->"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!-- liftlock:v1 {} -->",
        "<!-- liftlock:v1 {not json} -->",
        _block("[]"),
        '<!-- liftlock:v1 {"source":"a","target":"b","plan":"c","services":"x","changes":{}} -->',
        _block('{"x":{"image":"x:latest","tag":null,"commit":null}}'),
        _block("{}").replace("v1", "v9"),
        2 * _block("{}"),
    ],
)
def test_a_block_that_is_not_whole_known_and_alone_is_none(body: str) -> None:
    assert decode_metadata(body) is None


def test_a_reviewer_finds_what_a_decision_needs() -> None:
    plan = ready_world().promotions.plan(TO_STAGING)
    body = render_pull_request(plan).body
    new = plan.changes[0].new
    for needed in (
        new.image.digest.text,
        "(v1)",
        "c-api-v1",
        plan.release,
        plan.digest,
        "verified:dev | passed",
        "approvals | pending",
        "rollback target",
    ):
        assert needed in body
    assert decode_metadata(body) == plan.metadata
