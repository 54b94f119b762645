"""What a run did, in words."""

from __future__ import annotations

import pytest

from liftlock.commands.changes import change_lines, names_lines
from liftlock.commands.env import show_up
from liftlock.core.deployment_messages import done, failure_text, planned, unchanged
from liftlock.core.ports import ResourceChange, StackResult, StepOperation
from liftlock.services.reports import UpReport

TYPE = "docker:index/container:Container"


def change(name: str, operation: StepOperation, *properties: str) -> ResourceChange:
    return ResourceChange(f"urn:{name}", TYPE, name, operation, properties)


CHANGES = (
    change("routes", StepOperation.DELETE),
    change("network", StepOperation.SAME),
    change("api", StepOperation.REPLACE, "image", "name"),
    change("web", StepOperation.UPDATE, "memory", "labels[0].value", "cpuShares", "restart"),
    change("shop", StepOperation.CREATE, "envs"),
)


def test_changes_are_grouped_and_what_is_the_same_is_counted() -> None:
    assert {word: [item.name for item in group] for word, group in done(CHANGES).items()} == {
        "created": ["shop"],
        "updated": ["web"],
        "replaced": ["api"],
        "removed": ["routes"],
    }
    assert list(planned(CHANGES)) == ["create", "update", "replace", "remove"]
    assert unchanged(CHANGES) == 1


def test_the_summary_names_what_changed_and_the_paths_that_differ() -> None:
    assert change_lines(done(CHANGES), width=100) == [
        "  created  shop",
        "  updated  web (memory, labels[0].value, cpuShares and 1 more)",
        "  replaced api (image, name)",
        "  removed  routes",
    ]


def test_many_names_are_wrapped_between_names() -> None:
    names = [f"service-{number}" for number in range(300)]
    lines = names_lines("removed", names, width=40)
    assert lines[0] == "  removed  service-0, service-1,"
    assert all(len(line) <= 40 for line in lines)
    assert ", ".join(line.strip().removeprefix("removed").strip().rstrip(",") for line in lines).split(", ") == names
    assert names_lines("removed", [], width=40) == []


def test_a_failure_says_what_failed_and_why_what_is_kept_what_was_not_begun_and_what_serves() -> None:
    result = StackResult(CHANGES, {}, {"api": "its health check fails", "web": "no port"}, 1.0, ("routes-2",))
    assert failure_text("dev was not deployed", result, serving="http://dev answers").splitlines() == [
        "dev was not deployed",
        "  api: its health check fails",
        "  web: no port",
        "kept: created shop; updated web; replaced api; removed routes; 1 unchanged",
        "not begun, because it needs what failed: routes-2",
        "still serving: http://dev answers",
    ]


def test_a_failure_of_the_first_thing_says_no_more_than_that() -> None:
    assert failure_text("dev was not deployed", StackResult((), {}, {"network": "no"}, 1.0)) == "dev was not deployed\n  network: no"


def test_a_failure_among_hundreds_names_a_few_of_the_rest() -> None:
    changes = tuple(change(f"s{number}", StepOperation.CREATE) for number in range(300))
    text = failure_text("failed", StackResult(changes, {}, {"x": "no"}, 1.0))
    assert "kept: created s0, s1, s2, s3, s4, s5, s6, s7 and 292 more" in text


def test_a_clone_without_rows_is_not_taken_for_a_database_that_was_there(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"shop": 0, "stock": 12, "other": 0}
    show_up(UpReport("one", "http://one", "r", "embedded", (), rows, {}, 1.0, recorded=True, clones={"shop": "nightly"}))
    assert capsys.readouterr().out.splitlines()[1:4] == [
        "one: 0 rows loaded into shop (cloned from nightly)",
        "one: 12 rows loaded into stock",
        "one: data is already in other",
    ]
