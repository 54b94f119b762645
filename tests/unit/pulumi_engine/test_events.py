"""What the CLI tells becomes a whole account, or an error that says what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from liftlock.adapters.engines.pulumi.events import Account, EventLog
from liftlock.adapters.engines.pulumi.runs import declared_by, observations, outputs_of, result_of
from liftlock.adapters.engines.results import observation, stack_result
from liftlock.adapters.engines.telling import RunTeller
from liftlock.core.ports import LiveState, StepOperation
from liftlock_engine import Operation
from liftlock_engine.model import ResourceState, Snapshot
from liftlock_engine.signatures import SECRET_SIGNATURE, SIGNATURE
from liftlock_engine.values import Secret
from tests.fakes.environments import QuietProgress

CONTAINER = "docker:index/container:Container"
HIDDEN = {SIGNATURE: SECRET_SIGNATURE, "ciphertext": "[secret]"}


def urn(name: str, type_: str = CONTAINER) -> str:
    return f"urn:pulumi:dev::shop::{type_}::{name}"


def step(kind: str, operation: str, name: str = "web", type_: str = CONTAINER, **more: Any) -> dict[str, Any]:
    about = {"type": type_, "urn": urn(name, type_), "custom": True}
    both: dict[str, Any] = {side: {**about, **more.pop(side)} for side in ("old", "new") if side in more}
    detailed: dict[str, Any] = {path: {"diffKind": "update"} for path in more.pop("diff", ())}
    metadata = {"op": operation, "urn": urn(name, type_), "type": type_, "logical": True, "detailedDiff": detailed, **both, **more}
    return {kind: {"metadata": metadata}}


def before_and_after(operation: str, name: str = "web", **more: Any) -> list[dict[str, Any]]:
    return [step("resourcePreEvent", operation, name, **dict(more)), step("resOutputsEvent", operation, name, **dict(more))]


def summary(**changes: int) -> dict[str, Any]:
    return {"summaryEvent": {"resourceChanges": changes}}


def error(text: str, about: str = "") -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "message": f"{text}\n", "urn": about, "color": "never"}}


END: dict[str, Any] = {"cancelEvent": {}}


def told(*events: dict[str, Any], whole: bool = True) -> Account:
    log = EventLog()
    for sequence, event in enumerate(events):
        log.take(EngineEvent.from_json({"sequence": sequence, "timestamp": 0, **event}))
    return log.account(whole=whole)


def test_the_steps_that_the_cli_counted_are_the_changes() -> None:
    account = told(
        *before_and_after("create"),
        *before_and_after("same", "api"),
        *before_and_after("create-replacement", "db", logical=False),
        *before_and_after("replace", "db", diff=["image"]),
        *before_and_after("delete-replaced", "db", logical=False),
        summary(create=1, same=1, replace=1),
        END,
    )
    assert account.gap == ""
    result = stack_result(result_of(Operation.UP, account, {}, succeeded=True, said=""), {}, 1.0)
    assert [(change.name, change.operation) for change in result.changes] == [
        ("web", StepOperation.CREATE),
        ("api", StepOperation.SAME),
        ("db", StepOperation.REPLACE),
    ]
    assert result.changes[2].properties == ("image",)


def test_what_is_read_before_the_program_runs_is_no_change() -> None:
    account = told(*before_and_after("refresh", logical=False), *before_and_after("same"), summary(same=1), END)
    assert account.gap == ""
    result = stack_result(result_of(Operation.UP, account, {}, succeeded=True, said=""), {}, 1.0)
    assert [change.operation for change in result.changes] == [StepOperation.SAME]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([*before_and_after("create"), END], "told no summary"),
        ([*before_and_after("create"), summary(create=1)], "stopped telling"),
        ([*before_and_after("create"), summary(create=2), END], "counted 2 steps of the kind create and told 1"),
        ([summary(delete=1), END], "counted 1 steps of the kind delete and told 0"),
        ([*before_and_after("update"), summary(), END], "counted 0 steps of the kind update and told 1"),
    ],
)
def test_what_was_told_and_what_was_counted_must_agree(events: list[dict[str, Any]], said: str) -> None:
    assert said in told(*events).gap


def test_a_lost_event_is_a_gap_even_where_the_counts_agree() -> None:
    log = EventLog()
    for sequence, event in ((0, summary()), (2, END)):
        log.take(EngineEvent.from_json({"sequence": sequence, "timestamp": 0, **event}))
    assert "event 1" in log.account(whole=True).gap


def test_a_listener_that_fails_is_a_gap_and_does_not_stop_the_events() -> None:
    def broken() -> None:
        raise OSError("disk full")

    log = EventLog(begun=broken)
    for sequence, event in enumerate([summary(), END]):
        log.take(EngineEvent.from_json({"sequence": sequence, "timestamp": 0, **event}))
    assert "disk full" in log.account(whole=True).gap


def test_failures_are_told_by_resource_with_the_first_reason_and_without_empty_words() -> None:
    account = told(
        *before_and_after("create")[:1],
        error("it said hunter22 and ended", urn("web")),
        step("resOpFailedEvent", "create"),
        error("update failed"),
        summary(),
        END,
        whole=False,
    )
    result = result_of(Operation.UP, account, {}, succeeded=False, said="")
    assert stack_result(result, {"x": "hunter22"}, 1.0).failures == {"web": "it said [secret] and ended"}


def test_what_an_earlier_run_left_unfinished_is_told_in_one_line() -> None:
    unfinished = [f"  * {urn('web')}, interrupted while creating", f"  * {urn('api')}, interrupted while updating"]
    text = "\n".join(["Attempting to deploy or update resources with 2 pending operations from …", *unfinished, "These …"])
    event = {"diagnosticEvent": {"severity": "warning", "message": text}}
    progress = QuietProgress()
    log = EventLog(RunTeller(progress, asked=lambda: False))
    for sequence, item in enumerate([event, summary(), END]):
        log.take(EngineEvent.from_json({"sequence": sequence, "timestamp": 0, **item}))
    assert log.account(whole=True).gap == ""
    assert progress.lines == ["note: an earlier run was cut off while it worked on web, api"]


def test_a_run_that_fails_without_a_reason_says_the_clis_last_words() -> None:
    result = result_of(Operation.UP, told(whole=False), {}, succeeded=False, said="out of disk")
    assert stack_result(result, {}, 1.0).failures == {"environment": "out of disk"}


def test_a_program_that_fails_is_the_environments_failure() -> None:
    stack = "pulumi:pulumi:Stack"
    account = told(error("the program broke", urn("shop-dev", stack)), error("preview failed"), whole=False)
    result = result_of(Operation.UP, account, {}, succeeded=False, said="")
    assert stack_result(result, {}, 1.0).failures == {"environment": "the program broke"}


def test_outputs_are_the_stacks_last_ones_with_secrets_marked() -> None:
    stack = "pulumi:pulumi:Stack"
    last = step("resOutputsEvent", "same", "shop-dev", stack, new={"outputs": {"port": 8, "word": HIDDEN}})
    outputs = outputs_of(told(step("resourcePreEvent", "same", "shop-dev", stack), last, summary(same=1), END))
    assert outputs == {"port": 8, "word": Secret("[secret]")}
    assert outputs_of(told()) is None


def applied(name: str = "web", **inputs: Any) -> ResourceState:
    return ResourceState(urn(name), CONTAINER, custom=True, id=f"id-{name}", inputs=inputs, provider="urn::p::id")


def looked(*events: dict[str, Any]) -> Account:
    return told(*events, END, whole=False)


def refreshed(outcome: str, name: str = "web", **more: Any) -> list[dict[str, Any]]:
    return [step("resourcePreEvent", "refresh", name, logical=False), step("resOutputsEvent", outcome, name, logical=False, **more)]


def test_a_hidden_secret_is_the_applied_one_unless_the_cli_saw_a_difference_there() -> None:
    state = applied(envs=["A=1", Secret("TOKEN=one"), Secret("KEY=two")], memory=64)
    seen = {"id": "id-web", "inputs": {"envs": ["A=1", HIDDEN, HIDDEN], "memory": 80}}
    (item,) = observations(
        Snapshot((state,)), {state.urn: state.inputs}, looked(*refreshed("update", new=seen, diff=["memory", "envs[2]"]))
    )
    found = observation(item, {})
    assert found.state is LiveState.PRESENT
    assert found.live == {"envs": ["A=1", "TOKEN=one", "KEY=[another secret]"], "memory": 80}
    assert found.secret == {"envs.TOKEN", "envs.KEY"}


def test_what_a_look_finds_the_same_is_the_applied_one_whatever_noise_the_provider_reads() -> None:
    state = applied(memory=64)
    seen = {"id": "id-web", "inputs": {"memory": 64, "noise": True}}
    (item,) = observations(Snapshot((state,)), {}, looked(*refreshed("same", new=seen)))
    assert (item.live, item.declared, item.recreated) == ({"memory": 64}, None, False)


def test_an_object_under_another_id_was_made_anew() -> None:
    seen = {"id": "id-other", "inputs": {"memory": 64}}
    (item,) = observations(Snapshot((applied(memory=64),)), {}, looked(*refreshed("update", new=seen)))
    assert item.recreated


def test_what_a_look_did_not_come_to_is_unknown_and_what_it_did_not_find_is_missing() -> None:
    states = tuple(applied(name) for name in ("web", "api", "db"))
    account = looked(*refreshed("delete"), *refreshed("same", "api")[:1], error("Preview failed: no answer", urn("api")))
    found = {item.name: item for item in (observation(item, {}) for item in observations(Snapshot(states), {}, account))}
    assert {name: item.state for name, item in found.items()} == {
        "web": LiveState.MISSING,
        "api": LiveState.UNKNOWN,
        "db": LiveState.UNKNOWN,
    }
    assert found["api"].reason == "no answer"
    assert found["db"].reason


def test_what_the_program_declares_is_told_by_the_preview_and_nothing_else() -> None:
    states = {state.urn: state for state in (applied(word=Secret("one"), n=1), applied("gone"), applied("api", word=Secret("two")))}
    account = told(
        *before_and_after("same", new={"inputs": {"word": HIDDEN, "n": 1, "noise": 2}}),
        *before_and_after("update", "api", new={"inputs": {"word": HIDDEN}}, diff=["word"]),
        *before_and_after("create", "new", new={"inputs": {"n": 3}}),
        *before_and_after("delete", "gone", old={"inputs": {}}),
        summary(same=1, update=1, create=1, delete=1),
        END,
    )
    assert account.gap == ""
    assert declared_by(account, states) == {
        urn("web"): {"word": Secret("one"), "n": 1},
        urn("api"): {"word": Secret("[another secret]")},
        urn("new"): {"n": 3},
    }
