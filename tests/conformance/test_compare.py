"""The comparison itself: what was recorded agrees with itself, and each planted defect is seen, also after the list of differences."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.compare import disagreements
from tests.conformance.differences import DIFFERENCES, without_race
from tests.conformance.facts import RECORDED, Facts, Happening, checkpoint_resources, normalised, recorded_facts, recorded_images
from tests.conformance.reasons import reasons

CASES = tuple(sorted(path.stem for path in RECORDED.glob("docker-*.json")))
ENGINE_PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
CONTAINER = "docker:index/container:Container"


def _step(case: str, name: str) -> Facts:
    facts = recorded_facts(case)
    found = normalised(facts[name], recorded_images(case, facts))
    for difference in DIFFERENCES:
        found = difference.recorded(found)
    return without_race(case, found)


def _seen(facts: Facts) -> Facts:
    for difference in DIFFERENCES:
        facts = difference.seen(facts)
    return facts


@pytest.mark.parametrize("case", CASES)
def test_what_was_recorded_agrees_with_itself(case: str) -> None:
    steps = [_step(case, name) for name in recorded_facts(case)]
    assert steps and [line for step in steps for line in disagreements(step, _seen(step))] == []


def _swap(facts: Facts, first: tuple[str, str, str], second: tuple[str, str, str]) -> Facts:
    """The facts with two happenings in each other's place; each is (event, operation, name)."""
    at = [next(n for n, item in enumerate(facts.happenings) if _called(item) == wanted) for wanted in (first, second)]
    items = list(facts.happenings)
    items[at[0]], items[at[1]] = items[at[1]], items[at[0]]
    return replace(facts, happenings=tuple(items))


def _called(item: Happening) -> tuple[str, str, str]:
    return (item.event, item.op, item.urn.rsplit("::", 1)[1])


def _happening(change: Callable[[Happening], Happening]) -> Callable[[Facts], Facts]:
    """Changes the first happening that has a detailed difference."""

    def plant(facts: Facts) -> Facts:
        at = next(n for n, item in enumerate(facts.happenings) if item.detailed)
        return replace(facts, happenings=(*facts.happenings[:at], change(facts.happenings[at]), *facts.happenings[at + 1 :]))

    return plant


def _resource(name: str, **changed: Any) -> Callable[[Facts], Facts]:
    """Changes fields of one resource of the checkpoint; None takes a field away."""

    def plant(facts: Facts) -> Facts:
        assert any(r["urn"].endswith(f"::{name}") for r in facts.resources)
        resources = (_changed(r, changed) if r["urn"].endswith(f"::{name}") else r for r in facts.resources)
        return replace(facts, resources=tuple(resources))

    return plant


def _changed(resource: Mapping[str, Any], changed: Mapping[str, Any]) -> Mapping[str, Any]:
    after = {**resource, **changed}
    assert after != resource, "a defect that changes nothing"
    return {key: value for key, value in after.items() if value is not None}


def _property(name: str, section: str, key: str, value: Any) -> Callable[[Facts], Facts]:
    def plant(facts: Facts) -> Facts:
        properties = next(r[section] for r in facts.resources if r["urn"].endswith(f"::{name}"))
        assert key in properties
        return _resource(name, **{section: {**properties, key: value}})(facts)

    return plant


def _in_clear(facts: Facts) -> Facts:
    resource = next(r for r in facts.resources if r["type"] == CONTAINER)
    bare = json.loads(resource["inputs"]["envs"]["plaintext"])
    return _property(resource["urn"].rsplit("::", 1)[1], "inputs", "envs", bare)(facts)


CREATE, CHAIN, FAILURE = ("docker-create", "create"), ("docker-replace-chain", "replace the network (same name)"), "docker-failure"
COMPONENTS, OPTIONS, READS = (
    ("docker-components", "create one pair"),
    ("docker-options", "create"),
    ("docker-reads", "read, import, create"),
)
DESTROY = ("docker-create", "destroy")
DEFECTS: dict[str, tuple[tuple[str, str], Callable[[Facts], Facts], str]] = {
    "a run that failed": (CREATE, lambda f: replace(f, succeeded=False), "result"),
    "a count": (CREATE, lambda f: replace(f, changes={**f.changes, "create": 5}), "changes"),
    "a count of another operation": (CREATE, lambda f: replace(f, changes={**f.changes, "same": 1}), "changes"),
    "a stack output": (CREATE, lambda f: replace(f, outputs={**f.outputs, "network": (False, "other")}), "outputs"),
    "a stack output in clear": (COMPONENTS, lambda f: replace(f, outputs={**f.outputs, "password": (False, "x")}), "outputs"),
    "a missing error": ((FAILURE, "one resource fails"), lambda f: replace(f, errors=frozenset()), "errors"),
    "another reason": (
        (FAILURE, "the program raises"),
        lambda f: replace(f, errors=frozenset({("", "the program raised TypeError: the program itself fails")})),
        "errors",
    ),
    "an error of another resource": (
        (FAILURE, "one resource fails"),
        lambda f: replace(f, errors=frozenset(("urn:other", reason) for _, reason in f.errors)),
        "errors",
    ),
    "a missing event": (CREATE, lambda f: replace(f, happenings=f.happenings[:-1]), "recorded, not seen"),
    "an event told twice": (CREATE, lambda f: replace(f, happenings=(*f.happenings, f.happenings[-1])), "seen, not recorded"),
    "an event of another operation": (
        CHAIN,
        _happening(lambda item: replace(item, op="update")),
        "seen, not recorded",
    ),
    "keys": (CHAIN, _happening(lambda item: replace(item, keys=())), "keys"),
    "diffs": (CHAIN, _happening(lambda item: replace(item, diffs=(*item.diffs, "x"))), "diffs"),
    "a path of the detailed diff": (CHAIN, _happening(lambda item: replace(item, detailed={"x": "update-replace"})), "detailed"),
    "a kind of the detailed diff": (
        CHAIN,
        _happening(lambda item: replace(item, detailed=dict.fromkeys(item.detailed, "add-replace"))),
        "detailed",
    ),
    "the second of two resources of one name in place of the first": (
        (FAILURE, "two resources of one name"),
        lambda f: replace(f, happenings=tuple(replace(item, op="update") if item.urn.endswith("::net") else item for item in f.happenings)),
        "seen, not recorded",
    ),
    "the first of two resources of one name not done": (
        (FAILURE, "two resources of one name"),
        lambda f: replace(f, happenings=tuple(item for item in f.happenings if not item.urn.endswith("::net"))),
        "recorded, not seen",
    ),
    "an end before its begin": (
        CREATE,
        lambda f: _swap(f, ("resource_pre", "create", "box"), ("res_outputs", "create", "box")),
        "order of",
    ),
    "a resource made before what it needs": (
        CREATE,
        lambda f: _swap(f, ("res_outputs", "create", "net"), ("resource_pre", "create", "box")),
        "came before",
    ),
    "a resource made before its provider": (
        CREATE,
        lambda f: _swap(f, ("res_outputs", "create", "default_5_2_0"), ("resource_pre", "create", "net")),
        "came before",
    ),
    "a child before its component": (
        COMPONENTS,
        lambda f: _swap(f, ("resource_pre", "create", "a"), ("resource_pre", "create", "a-net")),
        "came before",
    ),
    "a network removed under its container": (
        DESTROY,
        lambda f: _swap(f, ("res_outputs", "delete", "box"), ("resource_pre", "delete", "net")),
        "came before",
    ),
    "a chain of replacements in the wrong order": (
        CHAIN,
        lambda f: _swap(f, ("res_outputs", "delete-replaced", "first"), ("resource_pre", "delete-replaced", "net")),
        "came before",
    ),
    "a successor before what it needs": (
        CHAIN,
        lambda f: _swap(f, ("res_outputs", "create-replacement", "net"), ("resource_pre", "create-replacement", "first")),
        "came before",
    ),
    "a resource missing in the checkpoint": (CREATE, lambda f: replace(f, resources=f.resources[:-1]), "resources:"),
    "a resource twice in the checkpoint": (CREATE, lambda f: replace(f, resources=(*f.resources, f.resources[-1])), "resources:"),
    "a checkpoint in the wrong order": (CREATE, lambda f: replace(f, resources=f.resources[::-1]), "in the checkpoint"),
    "the type": (CREATE, _resource("net", type="x"), "type"),
    "custom": (CREATE, _resource("net", custom=False), "custom"),
    "the id's shape": (CREATE, _resource("net", id="ref-create-net"), "id"),
    "no id": (CREATE, _resource("net", id=None), "id"),
    "the parent": (COMPONENTS, _resource("a-box", parent="urn:x"), "parent"),
    "no parent": (COMPONENTS, _resource("a-box", parent=None), "parent"),
    "the provider": (READS, _resource("net", provider="urn:x::<uuid>"), "provider"),
    "an input": (CREATE, _property("box", "inputs", "image", "x"), "inputs.image"),
    "an input's default": (CREATE, _property("box", "inputs", "__defaults", []), "inputs.__defaults"),
    "an output": (CREATE, _property("box", "outputs", "hostname", "x"), "outputs.hostname"),
    "the dependencies": (CREATE, _resource("box", dependencies=None), "dependencies"),
    "a property's dependencies": (CREATE, _property("box", "propertyDependencies", "networksAdvanced", []), "propertyDependencies"),
    "protect": (OPTIONS, _resource("kept", protect=None), "protect"),
    "external": (READS, _resource("same", external=None), "external"),
    "what an import came from": (READS, _resource("imported", importID=None), "importID"),
    "retainOnDelete": (OPTIONS, _resource("retained", retainOnDelete=None), "retainOnDelete"),
    "ignoreChanges": (OPTIONS, _resource("ignoring", ignoreChanges=None), "ignoreChanges"),
    "additionalSecretOutputs": (OPTIONS, _resource("hidden", additionalSecretOutputs=None), "additionalSecretOutputs"),
    "aliases": (OPTIONS, _resource("kept", aliases=["urn:x"]), "aliases"),
    "pendingReplacement": (CREATE, _resource("box", pendingReplacement=True), "pendingReplacement"),
    "a successor not told from what it replaces": (CREATE, _resource("box", delete=True), "delete"),
    "init errors": (CREATE, _resource("box", initErrors=["x"]), "initErrors"),
    "a secret that is not marked": (COMPONENTS, _in_clear, "inputs.envs"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_seen(defect: str) -> None:
    (case, name), plant, words = DEFECTS[defect]
    facts = _step(case, name)
    assert any(words in line for line in disagreements(facts, _seen(plant(facts))))


def _checkpoint(folder: Path, latest: Mapping[str, Any]) -> Path:
    path = folder / "state.json"
    path.write_text(json.dumps({"checkpoint": {"latest": latest}}))
    return path


def test_a_secret_that_is_marked_and_not_encrypted_is_seen(tmp_path: Path) -> None:
    bare = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"x"'}
    with pytest.raises(KeyError):
        checkpoint_resources(_checkpoint(tmp_path, {"resources": [{"urn": "urn:x", "inputs": {"token": bare}}]}), "a passphrase")


def test_a_pending_operation_that_a_finished_run_left_is_seen(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="pending"):
        checkpoint_resources(_checkpoint(tmp_path, {"pending_operations": [{"type": "creating"}]}), "a passphrase")


def test_a_message_that_no_pattern_knows_is_its_own_reason() -> None:
    assert reasons([("urn:x", "the disk is full"), ("", "update failed")]) == {("urn:x", "the disk is full")}


def test_the_page_of_the_engine_lists_exactly_the_differences() -> None:
    _, _, after = ENGINE_PAGE.read_text().partition("| in the recorded cases | why |\n|---|---|\n")
    rows = after.partition("\n\n")[0].splitlines()
    assert rows == [f"| {difference.what} | {difference.why} |" for difference in DIFFERENCES]
