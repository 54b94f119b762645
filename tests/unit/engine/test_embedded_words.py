"""What the embedded engine's adapter says of a run: no secrets, and what a person stopped has not failed."""

from __future__ import annotations

import threading

import pytest

from liftlock.adapters.engines.embedded import listener
from liftlock.adapters.engines.values import MASK, hide, hide_in
from liftlock_engine import Event, EventKind
from liftlock_engine.disclosure import LOG_TITLE, WITHHELD
from tests.fakes.environments import QuietProgress


@pytest.mark.parametrize(("asked", "said"), [(False, "api FAILED"), (True, "api stopped")])
def test_what_is_under_way_when_a_person_interrupts_is_stopped_and_not_failed(asked: bool, said: str) -> None:
    progress, cancel = QuietProgress(), threading.Event()
    listen = listener(progress, cancel, secrets={})
    if asked:
        cancel.set()
    listen(Event(EventKind.RES_OP_FAILED, "create", "urn:pulumi:dev::shop::t::api", "docker:index/container:Container"))
    assert progress.lines == [said]


@pytest.mark.parametrize("printed", ["it's \\ here", "it's \\\\ here", "it%27s+%5C+here", "aXQncyBcIGhlcmU="])
def test_a_declared_secret_is_hidden_in_the_forms_that_programs_print(printed: str) -> None:
    assert hide(f"got {printed}", ["it's \\ here"]) == f"got {MASK}"


def test_a_log_with_a_short_declared_secret_is_withheld_and_other_reasons_stay() -> None:
    reasons = {"api": f"api failed\n{LOG_TITLE}\n  | pin=42", "web": "web failed (exit code 42)"}
    assert hide_in(reasons, ["42", "another secret"]) == {"api": f"api failed\n{WITHHELD}", "web": "web failed (exit code 42)"}
