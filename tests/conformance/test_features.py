"""What programs use of Pulumi, on both engines: the real CLI with the fake provider as a plugin, the embedded one with the same in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liftlock_engine import ConfigValue, Engine, Event, FileBackend, Operation, StackName
from liftlock_engine.urns import STACK_TYPE
from tests.conformance.compare import disagreements
from tests.conformance.differences import DIFFERENCES
from tests.conformance.facts import Facts, seen_facts
from tests.conformance.features import CASES
from tests.conformance.features.turns import Turn
from tests.conformance.real_cli import PASSPHRASE, facts_of_case
from tests.fakes.things import Things
from tests.fakes.things_plugin import refusing

pytestmark = [
    pytest.mark.pulumi,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:coroutine 'Output:RuntimeWarning"),  # a program that fails leaves some of the SDK's behind
]
_LEFT_OUT = {"created", "modified", "sourcePosition", "stackTrace"}
_PATTERNS = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"-[0-9a-f]{7}(-[0-9a-f]{8})?\b"), "-<random>"),
    (re.compile(r"-[0-9a-f]{8}\b"), "-<id>"),
)


@pytest.mark.parametrize("case", CASES)
def test_both_engines_do_the_same(case: str, tmp_path: Path) -> None:
    embedded = tmp_path / "world-embedded"
    engine = Engine(FileBackend(tmp_path / "embedded"), {"fake": Things(embedded, refusing(embedded))}, lambda: PASSPHRASE)
    wrong: list[str] = []
    for number, (turn, theirs) in enumerate(zip(CASES[case], facts_of_case(case, tmp_path / "cli"), strict=True), start=1):
        turn.before(embedded)
        expected, found = _normal_facts(theirs), _normal_facts(_embedded(engine, turn))
        for difference in DIFFERENCES:
            expected, found = difference.recorded(expected), difference.seen(found)
        lines = disagreements(expected, found) + [f"said only by one: {item}" for item in sorted(expected.said ^ found.said)]
        wrong += [f"{number} {turn.operation}: {line}" for line in lines]
    worlds = [Things(world) for world in (tmp_path / "cli" / "world", embedded)]
    there = [_normal([item["inputs"] for item in world.objects().values()]) for world in worlds]
    assert not wrong, "\n".join(wrong)
    assert there[0] == there[1]
    assert worlds[0].timeouts() == worlds[1].timeouts()


def _embedded(engine: Engine, turn: Turn) -> Facts:
    name = StackName(turn.project, turn.stack)
    events: list[Event] = []
    config = {key: ConfigValue(value, secret) for key, (value, secret) in turn.config.items()}
    operation = Operation(turn.operation)
    program = turn.program if operation.runs_program else None
    result = engine.run(operation, name, program, config=config, on_event=events.append)
    return seen_facts("", result, events, engine.backend.state_path(name), PASSPHRASE)


def _normal_facts(facts: Facts) -> Facts:
    """Without what differs from run to run. Whether a run that fails still tells the stack's outputs is a race in Pulumi."""
    told = tuple(item for item in facts.happenings if facts.succeeded or item.name[0] != "res_outputs" or STACK_TYPE not in item.urn)
    resources = tuple(_normal(dict(resource)) for resource in facts.resources)
    errors = frozenset(("" if message.startswith("a transform failed") else urn, _normal(message)) for urn, message in facts.errors)
    said = frozenset(_normal(item) for item in facts.said)
    return replace(facts, happenings=told, outputs=_normal(dict(facts.outputs)), resources=resources, errors=errors, said=said)


def _normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _normal(item) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, (list, tuple)):
        return type(value)(_normal(item) for item in value)
    if not isinstance(value, str):
        return value
    for pattern, name in _PATTERNS:
        value = pattern.sub(name, value)
    return value
