"""The hidden block survives any name, and is never half read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.pull_request_rendering import render_pull_request
from liftlock.core.ports import ResourceChange, StackResult, StepOperation
from liftlock.core.pull_request_body import Metadata, decode_metadata, encode_metadata
from liftlock.core.release import ReleasedImage
from liftlock.core.surroundings import LiveLook, Surroundings, preview_lines
from liftlock.services.promotions import OpenOutcome
from liftlock.services.review_results import MergeOutcome
from tests.git_repositories import ADA
from tests.promotion_world import REGISTRY, TO_STAGING, World, make_project, ready_world

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


def test_a_reviewer_sees_where_else_an_image_runs_and_how_the_target_stands() -> None:
    world = ready_world()
    plan = world.promotions.plan(TO_STAGING)
    live = LiveLook(("update staging-api (image)",), ("changed staging-web (env)",))
    dev = {change.service: change.new for change in plan.changes}
    around = Surroundings({"dev": dev, "staging": dict.fromkeys(dev), "prod": dict.fromkeys(dev)}, live)
    body = render_pull_request(plan, around).body
    short = plan.changes[0].new.image.digest.short
    for needed in (f"| api | `{short}` (v1) | - | - |", "- update staging-api (image)", "- changed staging-web (env)"):
        assert needed in body
    assert decode_metadata(body) == plan.metadata


def test_a_hotfix_says_so_first() -> None:
    world = ready_world()
    lane = world.promotions.hotfix("prod is | down", timedelta(hours=4), ADA)
    body = render_pull_request(world.promotions.plan(replace(TO_STAGING, hotfix=lane))).body
    assert body.startswith("**Hotfix**: prod is \\| down.")
    assert "ada@shop.example" in body.splitlines()[0]


def test_the_tables_of_a_large_promotion_stay_readable() -> None:
    plan = ready_world().promotions.plan(TO_STAGING)
    many = tuple(replace(plan.changes[0], service=f"service-{number}") for number in range(1000))
    body = render_pull_request(replace(plan, changes=many)).body
    assert "and 940 more services" in body
    assert len(body) < 60_000


def test_a_large_promotion_is_opened_adopted_and_merged_like_any_other() -> None:
    names = tuple(f"service-{number:03}" for number in range(120))
    services = tuple((name, f"{REGISTRY}/shop/{name}") for name in names)
    world = World(replace(make_project(approvals=0), services=services))
    world.record(ADA, **dict.fromkeys(names, "v1"))
    world.deploy("dev")
    opened = world.promotions.open(TO_STAGING, ADA)
    assert (opened.outcome, world.promotions.open(TO_STAGING, ADA).outcome) == (OpenOutcome.OPENED, OpenOutcome.ADOPTED)
    pull = world.forge.pull(1)
    world.forge.update_pull(1, title=pull.title, body=pull.body.replace('"source":"dev"', '"source":"qa"'))
    assert world.promotions.open(TO_STAGING, ADA).outcome is OpenOutcome.UPDATED
    assert world.reviews.merge(1, ADA).outcome is MergeOutcome.MERGED
    assert len(world.release("staging").services) == 120


def test_a_look_at_the_target_names_what_differs_and_no_value() -> None:
    changes = (
        ResourceChange("urn:1", "docker:Container", "staging-api", StepOperation.UPDATE, ("image", "envs")),
        ResourceChange("urn:2", "docker:Network", "staging-net", StepOperation.SAME),
    )
    result = StackResult(changes, {}, {"staging-web": "secret in here"}, 1.0)
    assert preview_lines(result) == ("update staging-api (image, envs)", "cannot be told for staging-web")
    assert preview_lines(StackResult((), {}, {}, 1.0)) == ("nothing",)
