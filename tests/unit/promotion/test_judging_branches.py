"""Whose branch it is and what it changes, from its content alone: odd files and names, and people's hands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.image import ImageRef
from liftlock.core.policy import Hold, Veto
from liftlock.core.ports import CommitFacts, Identity, PullRequest, PullState
from liftlock.core.proposal import (
    AddRule,
    Edit,
    ProposalKind,
    ReleaseEdit,
    RemoveRule,
    apply_edits,
    branch_name,
    find_edits,
    read_branch,
    release_path,
    writable_paths,
)
from liftlock.core.proposal_pull import BranchCondition, BranchFacts, ProposalPull, judge_branch
from liftlock.core.pull_request_body import Metadata, encode_metadata
from liftlock.core.release import ReleasedImage
from liftlock.core.release_edit import edit_release
from liftlock.core.release_file import parse_release
from liftlock.core.trailers import message, metadata_trailers, read_metadata
from tests.fakes.promotion import digest_of
from tests.git_repositories import ADA, LINUS

PATH = release_path("prod")
CRLF = "# what runs\r\nservices:\r\n  api: {image: 'r/api@sha256:" + "a" * 64 + "', tag: v1} # kept\r\n"
ANCHORS = "services:\n  api: &same {image: r/api@sha256:" + "a" * 64 + "}\n  web: *same # as api\n"
QUOTED = (
    'services:\n  "a: b": {image: r/api@sha256:'
    + "a" * 64
    + "}\n  '#x': {image: r/x@sha256:"
    + "b" * 64
    + "}\n  yes: {image: r/y@sha256:"
    + "c" * 64
    + "}\n"
)


def image(text: str) -> ReleasedImage:
    return ReleasedImage(ImageRef("r/api", digest_of(text)), "v2")


def metadata(kind: ProposalKind, edits: tuple[Edit, ...]) -> Metadata:
    changes = {name: new for edit in edits if isinstance(edit, ReleaseEdit) for name, new in edit.images.items()}
    return Metadata("staging", "prod", "plan-1", None, changes, kind, {"reason": "a  b"})


def judged(
    before: str | None,
    edits: tuple[Edit, ...],
    *,
    kind: ProposalKind = ProposalKind.PROMOTE,
    after: str | None = None,
    head: Callable[[CommitFacts], CommitFacts] = lambda facts: facts,
) -> ProposalPull:
    """The branch that these edits make of the file, or with another text or head."""
    paths = writable_paths(kind, "prod")
    texts = {path: before if path == PATH else None for path in paths}
    changed = apply_edits(texts, edits)
    new = {**texts, **changed} if after is None else {**texts, PATH: after}
    said = metadata(kind, edits)
    body, text = encode_metadata(said), message("Promote", [], metadata_trailers(said))
    facts = CommitFacts("c" * 40, ("b" * 40,), ADA, ADA, text, tuple(path for path in paths if new[path] != texts[path]))
    pull = PullRequest(1, "t", body, branch_name(kind, "prod", edits), "main", "c" * 40, ADA, PullState.OPEN, "u")
    return judge_branch(pull, kind, "prod", BranchFacts(head(facts), True, texts, new, texts))


@pytest.mark.parametrize("before", [None, CRLF, QUOTED, "services: {}\n"], ids=["no file", "CRLF", "quoted", "empty"])
def test_a_branch_of_ours_is_known_whatever_the_file_looks_like(before: str | None) -> None:
    found = judged(before, (ReleaseEdit("prod", {"api": image("new")}),))
    assert (found.condition, found.reason, found.changes) == (BranchCondition.INTACT, "", {"api": image("new")})


@pytest.mark.parametrize("name", ["a: b", "#x", "yes", "null", "- x", "{y}", '"', "é", "a\\b"])
def test_a_service_name_with_yaml_in_it_is_one_name(name: str) -> None:
    edits = (ReleaseEdit("prod", {name: image("new")}),)
    assert judged(QUOTED, edits).changes == {name: image("new")}
    text = edit_release(QUOTED, {name: image("new")})
    assert set(parse_release(text, "r").services) == {"a: b", "#x", "yes", name}


def test_an_alias_is_written_out_without_its_anchor_changing() -> None:
    found = judged(ANCHORS, (ReleaseEdit("prod", {"web": image("new")}),))
    assert (found.condition, list(found.changes)) == (BranchCondition.INTACT, ["web"])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (lambda facts: replace(facts, committer=LINUS), "made by somebody else"),
        (lambda facts: replace(facts, parents=("b" * 40, "d" * 40)), "commits that liftlock did not make"),
        (lambda facts: replace(facts, parents=()), "commits that liftlock did not make"),
        (lambda facts: replace(facts, paths=(PATH, PurePosixPath("liftlock.yaml"))), "changes other files"),
        (lambda facts: replace(facts, paths=()), "changes other files"),
    ],
)
def test_what_is_not_ours_is_somebodys(head: Callable[[CommitFacts], CommitFacts], expected: str) -> None:
    found = judged(CRLF, (ReleaseEdit("prod", {"api": image("new")}),), head=head)
    assert (found.condition, expected in found.reason) == (BranchCondition.EDITED, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tag: v2", "tag: v3"),
        ("# kept", "# changed"),
        ("\r\n", "\n"),
        (digest_of("new").text, digest_of("evil").text),
        ("services", "service"),
    ],
)
def test_a_bots_commit_that_hides_another_change_is_somebodys(old: str, new: str) -> None:
    edits = (ReleaseEdit("prod", {"api": image("new")}),)
    text = edit_release(CRLF, {"api": image("new")})
    assert old in text
    found = judged(CRLF, edits, after=text.replace(old, new))
    if old == "tag: v2":  # a label is no change of what runs: the description says another one, so the branch is made anew
        assert found.condition is BranchCondition.OUTDATED
    else:
        assert found.condition is BranchCondition.EDITED


def test_a_commit_that_says_another_thing_than_the_description_is_made_anew() -> None:
    edits = (ReleaseEdit("prod", {"api": image("new")}),)
    text = message("Promote", [], metadata_trailers(replace(metadata(ProposalKind.PROMOTE, edits), plan="plan-2")))
    assert judged(CRLF, edits, head=partial(replace, message=text)).reason == "its description does not say what it does"
    text = message("Promote", [], metadata_trailers(replace(metadata(ProposalKind.PROMOTE, edits), target="dev")))
    assert judged(CRLF, edits, head=partial(replace, message=text)).reason == "its commit says that it is for something else"


def test_what_only_a_description_says_is_made_anew() -> None:
    found = judged(None, (ReleaseEdit("prod", {"api": image("v2")}),), head=lambda facts: replace(facts, message="Promote api"))
    assert (found.condition, found.reason) == (BranchCondition.OUTDATED, "its description does not say what it does")


def test_a_promotion_may_write_no_policy_and_a_policy_no_release() -> None:
    rule = AddRule(Hold("h", "prod", None, None, "r", "o", None))
    rollback = judged(CRLF, (rule, ReleaseEdit("prod", {"api": image("old")})), kind=ProposalKind.ROLLBACK)
    assert rollback.condition is BranchCondition.INTACT
    assert not writable_paths(ProposalKind.PROMOTE, "prod") & writable_paths(ProposalKind.POLICY, "holds")


def test_a_first_versions_branch_is_known_and_gives_way_to_the_present_name() -> None:
    edits = (ReleaseEdit("prod", {"api": image("new")}),)
    assert read_branch(branch_name(ProposalKind.PROMOTE, "prod", edits)) == (ProposalKind.PROMOTE, "prod")
    assert read_branch("liftlock/promote-my-env-0123456789ab") == (ProposalKind.PROMOTE, "my-env")
    assert read_branch("liftlock/ledger") is None
    assert read_branch("liftlock/promote-prod-0123456789ab0") is None


PEOPLE = st.builds(Identity, st.sampled_from(["Ada", "G. H"]), st.sampled_from(["a@b.c", "x@y.z"]))
NAMES = st.sampled_from(["api", "web", "a: b", "yes"])
IMAGES = st.dictionaries(NAMES, st.sampled_from(["1", "2", "3"]).map(image), min_size=1, max_size=3)
RULES = st.sampled_from(
    [
        AddRule(Hold("h", "prod", None, None, "r: # x", "o", None)),
        AddRule(Veto("v", None, "sha256:" + "a" * 64, (), "r", "o", None)),
        RemoveRule("holds", "gone"),
    ]
)


@given(IMAGES, IMAGES, st.lists(RULES, max_size=3, unique_by=str), st.permutations([0, 1, 2, 3]))
def test_edits_are_found_again_in_what_they_made_and_made_again_change_nothing(
    old: dict[str, ReleasedImage], new: dict[str, ReleasedImage], rules: list[Edit], order: list[int]
) -> None:
    before = dict.fromkeys(writable_paths(ProposalKind.ROLLBACK, "prod")) | {PATH: edit_release(None, old)}
    edits: list[Edit] = [*rules, ReleaseEdit("prod", new)]
    edits = [edits[place] for place in order if place < len(edits)]
    after = {**before, **apply_edits(before, edits)}
    found = find_edits(before, after)
    assert {**before, **apply_edits(before, found)} == after
    assert apply_edits(after, edits) == {}
    assert branch_name(ProposalKind.ROLLBACK, "prod", found) == branch_name(ProposalKind.ROLLBACK, "prod", found[::-1])


@given(st.sampled_from(ProposalKind), st.dictionaries(NAMES, st.text(max_size=20), max_size=3), st.lists(NAMES, max_size=2))
def test_what_was_asked_for_reads_back_from_a_commit_whatever_it_holds(
    kind: ProposalKind, parameters: dict[str, str], services: list[str]
) -> None:
    named = {name.replace(":", "").replace(" ", ""): " ".join(value.split()) for name, value in parameters.items()}
    said = Metadata("dev", "prod", "plan-x", tuple(services) or None, {}, kind, named)
    assert read_metadata(message("a\nb", ["- x", "Liftlock-Plan: plan-y"], metadata_trailers(said)), {}) == said
