"""How a run's steps and words reach a person: the same for every engine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

import pytest

from liftlock.adapters.engines.embedded import listener
from liftlock.adapters.engines.interrupts import interruptible
from liftlock.adapters.engines.results import stack_result
from liftlock.adapters.engines.telling import RunTeller
from liftlock.adapters.engines.values import MASK
from liftlock_engine import Event, EventKind
from liftlock_engine.events import Diagnostic, Operation, Result, Severity
from tests.fakes.environments import QuietProgress

CONTAINER, NETWORK, STACK = "docker:index/container:Container", "docker:index/network:Network", "pulumi:pulumi:Stack"


def urn(name: str, type_: str = CONTAINER) -> str:
    return f"urn:pulumi:dev::shop::liftlock:environment:Environment${type_}::{name}"


def teller(*, asked: bool = False) -> tuple[RunTeller, list[str]]:
    progress = QuietProgress()
    return RunTeller(progress, asked=lambda: asked), progress.lines


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("create", ["web creating", "web created"]),
        ("create-replacement", ["web creating", "web created"]),
        ("update", ["web updating", "web updated"]),
        ("delete", ["web removing", "web removed"]),
        ("delete-replaced", ["web removing", "web removed"]),
        ("import", ["web importing", "web imported"]),
        ("refresh", ["web reading", "web read"]),
        ("read", ["web reading", "web read"]),
        ("same", ["web unchanged"]),
        ("replace", []),
    ],
)
def test_each_step_is_told_as_it_begins_and_ends(operation: str, said: list[str]) -> None:
    tell, lines = teller()
    tell.begins(operation, urn("web"), CONTAINER)
    tell.ends(operation, urn("web"), CONTAINER, 1.0)
    assert lines == said


@pytest.mark.parametrize(("operation", "said"), [("create", ["web planned"]), ("same", ["web unchanged"])])
def test_a_preview_only_counts(operation: str, said: list[str]) -> None:
    tell, lines = teller()
    tell.begins(operation, urn("web"), CONTAINER, planning=True)
    tell.ends(operation, urn("web"), CONTAINER, 0.0, planning=True)
    assert lines == said


@pytest.mark.parametrize("type_", [STACK, "pulumi:providers:docker", "liftlock:environment:Environment"])
def test_bookkeeping_is_not_told(type_: str) -> None:
    tell, lines = teller()
    tell.begins("create", urn("x", type_), type_)
    tell.ends("create", urn("x", type_), type_, 1.0)
    tell.fails("create", urn("x", type_), type_, 1.0)
    assert lines == []


def test_two_resources_of_one_name_are_told_apart() -> None:
    tell, lines = teller()
    tell.begins("create", urn("shop", NETWORK), NETWORK)
    tell.begins("create", urn("shop"), CONTAINER)
    tell.ends("create", urn("shop", NETWORK), NETWORK, 1.0)
    tell.ends("create", urn("shop"), CONTAINER, 1.0)
    assert lines == ["shop creating", "shop (Container) creating", "shop created", "shop (Container) created"]


@pytest.mark.parametrize(("asked", "said"), [(False, "web FAILED"), (True, "web stopped")])
def test_what_a_person_stops_has_not_failed(asked: bool, said: str) -> None:
    tell, lines = teller(asked=asked)
    tell.fails("create", urn("web"), CONTAINER, 1.0)
    assert lines == [said]


@pytest.mark.parametrize(
    ("severity", "about", "said"),
    [
        (Severity.INFO, urn("web"), ["note: web: the password is [secret]"]),
        (Severity.INFO, "", ["note: the password is [secret]"]),
        (Severity.WARNING, urn("web"), ["warning: web: the password is [secret]"]),
        (Severity.WARNING, f"urn:pulumi:dev::shop::{STACK}::shop-dev", ["warning: the password is [secret]"]),
        (Severity.ERROR, urn("web"), []),
    ],
)
def test_what_the_program_says_is_passed_on_with_its_resource_and_without_secrets(severity: Severity, about: str, said: list[str]) -> None:
    progress = QuietProgress()
    listen = listener(progress, secrets={"database/shop/password": "hunter2-hunter2"})
    listen(Event(EventKind.DIAGNOSTIC, urn=about, severity=severity, message="the password is hunter2-hunter2\n"))
    assert MASK == "[secret]"
    assert progress.lines == said


def result(failures: dict[str, str], *diagnostics: Diagnostic, succeeded: bool = False, error: str = "") -> Result:
    return Result(Operation.UP, succeeded, False, {}, (), {}, failures, (), diagnostics, error)


def failures_of(run: Result) -> Mapping[str, str]:
    return stack_result(run, {}, 1.0).failures


def test_every_failure_has_its_reason_also_what_the_program_called_an_error() -> None:
    web = Diagnostic(Severity.ERROR, "its health check fails", urn("web"))
    program = Diagnostic(Severity.ERROR, "no such plan")
    about_api = Diagnostic(Severity.ERROR, "api: wrong port", urn("api"))
    found = failures_of(result({urn("web"): "its health check fails"}, web, program, about_api))
    assert found == {"web": "its health check fails", "environment": "no such plan", "api": "api: wrong port"}


def test_two_failures_of_one_name_are_both_told() -> None:
    assert failures_of(result({urn("shop"): "first", urn("shop", NETWORK): "second"})) == {"shop": "first\nsecond"}


def test_a_run_that_succeeded_has_no_failure_and_one_that_did_not_always_has() -> None:
    assert failures_of(result({}, Diagnostic(Severity.WARNING, "careful"), succeeded=True)) == {}
    assert failures_of(result({}, error="cancelled")) == {"environment": "cancelled"}


def test_the_first_signal_is_told_once_outside_of_the_handler_and_the_second_interrupts() -> None:
    told: list[str] = []
    came = threading.Event()

    def tell() -> None:
        told.append(threading.current_thread().name)
        came.set()

    with interruptible(tell) as asked:
        os.kill(os.getpid(), signal.SIGINT)
        assert asked.wait(30)
        assert came.wait(30)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(30)
    assert told == ["interrupt"]


def test_a_run_that_nobody_stops_tells_nothing_of_it() -> None:
    told: list[str] = []
    with interruptible(lambda: told.append("stopping")):
        waiting = [thread for thread in threading.enumerate() if thread.name == "interrupt"]
    for thread in waiting:
        thread.join(30)
    assert not any(thread.is_alive() for thread in waiting)
    assert told == []
