"""The gates of a stage: read as declared, every mistake named with its place; files from before stay valid."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from liftlock.adapters.config_files.files import RawFiles
from liftlock.adapters.config_files.loader import inspect_files
from liftlock.core.project import Gates, Judgement, Window
from tests.config_repository import FILES, problems, settings

OLD = "gates: {approvals: 2}"


def gates_of(text: str) -> Gates:
    files = {**FILES, **settings(OLD, f"gates: {text}")}
    found = inspect_files(Path("repository"), RawFiles({name: body.encode() for name, body in files.items()}, ()))
    assert found.project is not None, found.problems
    stage = found.project.project.stage("prod")
    assert stage is not None
    return stage.gates


def test_what_was_declared_before_there_were_more_gates_means_the_same() -> None:
    assert gates_of("{verified: false, approvals: 1}") == Gates(verified=False, approvals=1)
    assert gates_of("{}") == Gates()


def test_every_gate_is_read() -> None:
    window = '{days: [mon, thu], from: "22:00", to: "04:30", zone: Europe/Berlin, hotfix: true}'
    always = '{from: "00:00", to: "24:00", zone: UTC}'
    said = 'soak: 1h30m, smoke: true, approvers: ["@grace"], checks: [ci/x], judgement: {by: [Grace], valid: 2d}, '
    assert gates_of("{" + said + f"windows: [{window}, {always}]" + "}") == Gates(
        soak=timedelta(minutes=90),
        smoke=True,
        approvers=("@grace",),
        checks=("ci/x",),
        judgement=Judgement(("Grace",), timedelta(days=2)),
        windows=(
            Window(frozenset({0, 3}), 22 * 60, 4 * 60 + 30, "Europe/Berlin", hotfix=True),
            Window(frozenset(range(7)), 0, 24 * 60, "UTC"),
        ),
    )
    assert gates_of("{judgement: {}}").judgement == Judgement()


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ("{soak: 3600}", "a duration is a number with its unit"),
        ('{windows: [{from: 9, to: "16:00", zone: UTC}]}', "a time of day is text with hours and minutes"),
        ('{windows: [{from: "25:00", to: "16:00", zone: UTC}]}', "a time of day is text with hours and minutes"),
        ('{windows: [{from: "09:00", to: "16:00", zone: Mars/Base}]}', "this is no IANA time zone"),
        ('{windows: [{from: "09:00", to: "16:00"}]}', "zone"),
        ('{windows: [{days: [noday], from: "09:00", to: "16:00", zone: UTC}]}', "mon"),
        ('{windows: [{days: [], from: "09:00", to: "16:00", zone: UTC}]}', "days"),
        ("{approvals: 21}", "approvals"),
        ("{soaks: 1h}", "soak"),
    ],
)
def test_a_mistake_in_a_gate_is_named_with_its_place(gates: str, said: str) -> None:
    found = problems(settings(OLD, f"gates: {gates}"))
    assert any(said in line and line.startswith("liftlock.yaml:") for line in found), found
