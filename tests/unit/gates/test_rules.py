"""Freezes, vetoes, holds: what each keeps out, and how strong it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from liftlock.core.gates.rules import HOLD_LABEL, active_vetoes, freeze_gate, hold_gate, holds_of, is_vetoed, label_gate, veto_gate
from liftlock.core.policy import Freeze, Hold, Veto
from tests.ledger_records import after, image

FREEZE = Freeze("f1", ("prod",), (), after(0), after(60), "UTC", "year end", "ops@shop.example")
VETO = Veto("v1", None, image("bad").rpartition("@")[2], (), "leaks", "sec@shop.example", None)
HOLD = Hold("h1", "prod", "api", None, "migration runs", "ops@shop.example", after(60))


@pytest.mark.parametrize(
    ("freeze", "minutes", "hotfix", "passes"),
    [
        (FREEZE, -1, False, True),
        (FREEZE, 0, False, False),
        (FREEZE, 59, False, False),
        (FREEZE, 60, False, True),
        (replace(FREEZE, environments=("staging",)), 30, False, True),
        (replace(FREEZE, environments=()), 30, False, False),
        (replace(FREEZE, services=("web",)), 30, False, True),
        (replace(FREEZE, services=("web", "api")), 30, False, False),
        (FREEZE, 30, True, False),
        (replace(FREEZE, hotfix=True), 30, True, True),
        (replace(FREEZE, hotfix=True), 30, False, False),
    ],
)
def test_a_freeze_keeps_out_what_it_is_about_while_it_holds(freeze: Freeze, minutes: float, hotfix: bool, passes: bool) -> None:
    gate = freeze_gate([freeze], "prod", ["api"], after(minutes), hotfix=hotfix)
    assert gate.passed is passes
    if not passes:
        assert (gate.policy, gate.clears_at, gate.evidence) == (True, after(60), "policy/freezes.yaml: f1")


@pytest.mark.parametrize(
    ("zone", "said"), [("Europe/Berlin", "until 2031-01-02T00:00:00+01:00 Europe/Berlin)"), ("UTC", "until 2031-01-01T23:00:00Z)")]
)
def test_the_end_of_a_freeze_is_said_by_the_clocks_of_its_zone(zone: str, said: str) -> None:
    freeze = replace(FREEZE, until=datetime(2031, 1, 1, 23, tzinfo=UTC), zone=zone)
    assert said in freeze_gate([freeze], "prod", ["api"], after(1), hotfix=False).reason


def test_a_veto_of_a_digest_is_of_every_release_that_has_it() -> None:
    assert is_vetoed(VETO, "any", {"api": image("good"), "web": image("bad")}, {})
    assert not is_vetoed(VETO, "any", {"api": image("good")}, {})


def test_a_veto_of_a_release_is_of_its_images_under_every_other_name() -> None:
    veto = replace(VETO, digest=None, release="r1")
    known = {"r1": {"api": image("a"), "web": image("b")}}
    assert is_vetoed(veto, "r1", {}, {})
    assert is_vetoed(veto, "r1-in-prod", {"api": image("a"), "web": image("b"), "worker": image("c")}, known)
    assert not is_vetoed(veto, "r2", {"api": image("a"), "web": image("c")}, known)
    assert not is_vetoed(veto, "r2", {"api": image("a")}, {})


def test_a_veto_holds_for_its_environments_until_its_end_and_for_hotfixes_too() -> None:
    assert active_vetoes([VETO], "prod", after(0)) == (VETO,)
    assert active_vetoes([replace(VETO, environments=("staging",))], "prod", after(0)) == ()
    assert active_vetoes([replace(VETO, until=after(5))], "prod", after(5)) == ()
    gate = veto_gate([VETO])
    assert (gate.passed, gate.policy, gate.clears_at) == (False, True, None)
    assert veto_gate([]).passed


def test_a_hold_keeps_its_service_as_it_is_and_a_pin_lets_exactly_its_image_in() -> None:
    assert holds_of([HOLD], "prod", "api", image("new"), after(0)) == (HOLD,)
    assert holds_of([HOLD], "prod", "web", image("new"), after(0)) == ()
    assert holds_of([HOLD], "staging", "api", image("new"), after(0)) == ()
    assert holds_of([HOLD], "prod", "api", image("new"), after(60)) == ()
    for pin in (image("new"), image("new").rpartition("@")[2]):
        assert holds_of([replace(HOLD, image=pin)], "prod", "api", image("new"), after(0)) == ()
        assert holds_of([replace(HOLD, image=pin)], "prod", "api", image("newer"), after(0)) != ()
    assert holds_of([replace(HOLD, service=None)], "prod", "web", image("new"), after(0)) != ()


def test_only_a_hotfix_passes_a_hold() -> None:
    assert not hold_gate([HOLD], hotfix=False).passed
    assert hold_gate([HOLD], hotfix=True).passed
    assert hold_gate([], hotfix=False).passed


def test_a_label_on_the_pull_request_holds_its_merge() -> None:
    assert label_gate([]).passed
    assert label_gate([HOLD_LABEL]).policy
