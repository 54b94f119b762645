"""Every change of releases/ and policy/ is held against the ledger: the sound ones pass, each kind of forgery is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock.core.audit import FindingKind
from liftlock.core.audit_export import COLUMNS, AuditRow, cells
from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import Entry, Fact, Json, Record, chain
from liftlock.core.ports import Identity
from liftlock.core.promotion_record import Unproved
from liftlock.services.audit import Audit, AuditReport
from tests.fakes.past import FakePast
from tests.git_repositories import ADA, GRACE, LINUS
from tests.promotion_world import TO_STAGING, World, ready_world

STAGING, FREEZES = PurePosixPath("releases/staging.yaml"), PurePosixPath("policy/freezes.yaml")


def audit_of(world: World) -> Audit:
    return Audit(world.ledger, FakePast(world.origin, world.project))


def verify(world: World) -> AuditReport:
    return audit_of(world).verify()


def promoted_world() -> World:
    """api and web went from dev to staging by Ada's promotion, which Grace approved and Linus merged."""
    world = ready_world()
    world.promotions.open(TO_STAGING, ADA)
    world.reviews.approve(1, GRACE)
    world.reviews.merge(1, LINUS)
    return world


def commit(world: World, path: PurePosixPath, text: str, message: str = "By hand", by: Identity = LINUS) -> str:
    """A commit on main that liftlock did not make."""
    tip = world.origin.branches["main"]
    world.origin.branches["main"] = made = world.origin.add((tip,), {**world.origin.trees[tip], path: text}, message, by)
    return made


def reword(world: World, change: Callable[[str], str]) -> None:
    """Main's tip with another message."""
    tip = world.origin.commits[world.origin.branches["main"]]
    world.origin.commits[tip.commit] = replace(tip, message=change(tip.message))


def rerecord(world: World, fact: Fact, change: Callable[[Entry], Entry]) -> None:
    """The ledger with its last record of the fact changed, and a chain that fits."""
    entries = [record.entry for record in world.ledger.kept]
    at = max(at for at, entry in enumerate(entries) if entry.fact is fact)
    entries[at] = change(entries[at])
    kept: list[Record] = []
    for entry in entries:
        kept.append(chain(kept[-1] if kept else None, entry))
    world.ledger.kept = kept


def with_details(**details: Json) -> Callable[[Entry], Entry]:
    return lambda entry: replace(entry, details={**entry.details, **details})


def test_what_liftlock_did_is_clean() -> None:
    report = verify(promoted_world())
    assert report.clean
    assert (report.changes, report.sound) == (2, 2)


def test_a_new_repository_is_clean() -> None:
    assert verify(World()).clean


@pytest.mark.parametrize(("path", "text"), [(STAGING, "services: {}\n"), (FREEZES, "freezes: []\n"), (PurePosixPath("policy/x"), "y")])
def test_a_change_by_hand_is_unauthorised_and_named_with_its_author(path: PurePosixPath, text: str) -> None:
    world = promoted_world()
    made = commit(world, path, text)
    (finding,) = verify(world).findings
    assert (finding.kind, finding.commit, finding.who) == (FindingKind.UNAUTHORISED, made, str(LINUS))
    assert finding.message.startswith(f"{path} changed by {made[:12]}")


def test_trailers_alone_authorise_nothing() -> None:
    world = promoted_world()
    merge = world.origin.commits[world.origin.branches["main"]].message
    commit(world, STAGING, "services: {}\n", merge)
    (finding,) = verify(world).findings
    assert finding.kind is FindingKind.UNAUTHORISED
    assert "its message claims plan-" in finding.message


def test_a_person_s_merge_of_a_branch_is_unauthorised() -> None:
    world = promoted_world()
    tip = world.origin.branches["main"]
    tree = {**world.origin.trees[tip], STAGING: "services: {}\n"}
    side = world.origin.add((tip,), tree, "Edit", ADA)
    world.origin.branches["main"] = world.origin.add((tip, side), tree, "Merge", LINUS)
    assert [finding.kind for finding in verify(world).findings] == [FindingKind.UNAUTHORISED]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Liftlock-Plan: plan-", "Liftlock-Plan: plan-0", "its trailers say plan-0"),
        ("Liftlock-Release: rel-", "Liftlock-Release: rel-0", "its trailers say rel-0"),
        ("Approved-by: Grace", "Approved-by: Mallory", "says Grace <grace@shop.example>"),
        ("Liftlock-Gates: ", "Liftlock-Gates: none, ", "name different gates"),
        ("\n\nLiftlock-", "\n\nSomething-Else: x\n\nNo trailers here.", "no Liftlock-Plan trailer"),
    ],
)
def test_a_merge_whose_trailers_are_not_the_record_s_is_named(old: str, new: str, said: str) -> None:
    world = promoted_world()
    if "Else" in new:
        reword(world, lambda text: f"{text}\n\nSigned off in a later paragraph")
    else:
        reword(world, lambda text: text.replace(old, new, 1))
    found = verify(world).findings
    assert {finding.kind for finding in found} == {FindingKind.MISMATCH}
    assert any(said in finding.message for finding in found)


def test_a_rebased_promotion_needs_its_plan_and_nothing_that_only_a_merge_can_say() -> None:
    world = promoted_world()
    reword(world, lambda text: "\n".join(line for line in text.split("\n") if not line.startswith(("Liftlock-Gates", "Approved-by"))))
    assert verify(world).clean
    reword(world, lambda text: text.replace("plan-", "plan-0"))
    assert not verify(world).clean


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_details(plan="plan-0"), "says plan-0"),
        (with_details(approvers=[]), "says nobody"),
        (with_details(services={"api": "r/api@sha256:" + "a" * 64}), "says r/api@sha256:aaaa"),
        (with_details(services={}), "says nothing of it"),
        (lambda entry: replace(entry, release="rel-0"), "says rel-0"),
        (lambda entry: replace(entry, environment="prod"), "says nothing of releases/staging.yaml"),
    ],
)
def test_a_record_that_was_forged_with_a_fitting_chain_contradicts_git(change: Callable[[Entry], Entry], said: str) -> None:
    world = promoted_world()
    rerecord(world, Fact.PROMOTED, change)
    assert any(said in finding.message for finding in verify(world).findings)


def test_a_record_without_its_commit_is_named() -> None:
    world = promoted_world()
    rerecord(world, Fact.PROMOTED, with_details(merge_commit="0" * 40))
    assert {finding.kind for finding in verify(world).findings} == {FindingKind.UNAUTHORISED, FindingKind.MISSING}


def test_an_image_record_into_a_later_environment_is_no_way_in() -> None:
    world = promoted_world()
    made = commit(world, STAGING, "services: {}\n")
    services: dict[str, Json] = dict.fromkeys(("api", "web"), "removed")
    world.ledger.append([Entry(Fact.RECORDED, "staging", str(LINUS), world.clock.now(), None, {"commit": made, "services": services})])
    (finding,) = verify(world).findings
    assert "recorded for dev only" in finding.message


def test_a_promotion_that_hides_another_file_is_named() -> None:
    world = promoted_world()
    tip = world.origin.branches["main"]
    facts = world.origin.commits[tip]
    world.origin.trees[tip] = {**world.origin.trees[tip], FREEZES: "freezes: []\n"}
    world.origin.commits[tip] = replace(facts, paths=(FREEZES, *facts.paths))
    (finding,) = verify(world).findings
    assert "says nothing of policy/freezes.yaml" in finding.message


def test_a_broken_chain_is_broken_and_nothing_is_held_against_it() -> None:
    world = promoted_world()
    world.ledger.kept[2] = replace(world.ledger.kept[2], hash="0" * 64)
    report = verify(world)
    assert report.broken is not None
    assert report.broken.startswith("ledger record 3 ")


def test_without_a_readable_pipeline_nothing_is_called_clean() -> None:
    world = promoted_world()
    with pytest.raises(IncompleteError, match="who may record"):
        Audit(world.ledger, FakePast(world.origin)).verify()


def test_a_promotion_that_the_key_did_not_sign_is_a_finding() -> None:
    world = promoted_world()
    number = len(world.ledger.kept)
    unproved = (Unproved(number, "staging", "it is not signed"),)
    (finding,) = Audit(world.ledger, FakePast(world.origin, world.project), lambda _: unproved).verify().findings
    assert (finding.kind, finding.record, finding.message) == (
        FindingKind.UNPROVED, number, f"ledger record {number} (promoted staging): it is not signed"
    )  # fmt: skip


# --- the export -------------------------------------------------------------------------------------------------------------------------


def test_the_export_names_everybody_who_had_to_do_with_a_promotion() -> None:
    world = promoted_world()
    world.deploy("staging")
    recorded, promoted = audit_of(world).export()
    assert (recorded.kind, recorded.environment, recorded.authorised) == ("recorded", "dev", True)
    assert (promoted.kind, promoted.environment, promoted.authorised, promoted.pull) == ("promote", "staging", True, 1)
    people = [promoted.requested_by, promoted.written_by, promoted.recorded_by, promoted.reviewed_by, promoted.approved_by]
    assert people == [(str(ADA),), (str(ADA),), (str(ADA),), (str(GRACE),), (str(GRACE),)]
    assert (promoted.merged_by, promoted.deployed_by) == (str(LINUS), str(ADA))
    assert promoted.verified_at is not None
    assert [service.partition("=")[0] for service in promoted.services] == ["api", "web"]


def test_an_unauthorised_change_is_in_the_export_with_what_was_deployed_of_it() -> None:
    world = promoted_world()
    text = world.origin.trees[world.origin.branches["main"]][STAGING]
    commit(world, STAGING, text.replace("c-api-v1", "c-api-v9"))
    row = audit_of(world).export()[-1]
    assert (row.kind, row.authorised, row.merged_by, row.release) == ("unauthorised", False, str(LINUS), None)
    assert row.reasons


def test_the_export_s_columns_stay() -> None:
    assert COLUMNS == (
        "commit", "at", "kind", "authorised", "reasons", "environment", "source", "release", "plan", "services", "files", "pull", "url",
        "requested_by", "written_by", "recorded_by", "reviewed_by", "approved_by", "gates", "merged_by", "deployed_by", "deployed_at",
        "verified_at", "record",
    )  # fmt: skip


def test_a_row_becomes_cells_of_text() -> None:
    row: AuditRow = audit_of(promoted_world()).export()[-1]
    found = dict(zip(COLUMNS, cells(row), strict=True))
    assert found["written_by"] == str(ADA)
    assert found["authorised"] is True
    assert str(found["services"]).count("; ") == 1


STEPS = st.lists(st.sampled_from(("record", "promote", "by hand", "other file", "deploy")), max_size=10)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_over_any_history_exactly_the_changes_by_hand_are_found(steps: list[str]) -> None:
    world, made = ready_world(), list[str]()
    for number, step in enumerate(steps):
        match step:
            case "record":
                world.record(ADA, api=f"n{number}")
                world.deploy("dev")
            case "promote" if world.release("dev").services != world.release("staging").services:
                opened = world.promotions.open(TO_STAGING, ADA).pull
                if opened is not None:
                    world.reviews.approve(opened.number, GRACE)
                    world.reviews.merge(opened.number, LINUS)
            case "by hand":
                made.append(commit(world, PurePosixPath("releases/prod.yaml"), f"# {number}\nservices: {{}}\n"))
            case "other file":
                commit(world, PurePosixPath("README.md"), f"{number}\n")
            case "deploy" if world.release("staging").services:
                world.deploy("staging")
    report = verify(world)
    assert [finding.commit for finding in report.findings] == made
    assert report.sound == report.changes - len(made)
    assert [row.commit for row in audit_of(world).export() if not row.authorised] == made
