"""The published schemas of --json results: one for each kind that a command prints, and true of what is printed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from liftlock import commands
from liftlock.commands.drift import as_document
from liftlock.commands.output import print_error, print_json
from liftlock.commands.result_schema import Fields, result_schema
from liftlock.commands.results import result_shapes
from liftlock.core.drift import find_drift
from liftlock.core.errors import DeploymentError, ExitCode
from liftlock.core.ports import LiveState, Observation, ResourceChange, StackResult, StepOperation
from liftlock.services.reports import DownReport, UpReport
from tests.json_results import validated


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a union."""

    kind: str = field(default="leaf", init=False)


@dataclass(frozen=True, slots=True)
class Tree:
    """A result with every form of value."""

    colour: Colour
    at: datetime
    lasts: timedelta
    place: PurePath
    numbers: Mapping[str, int]
    pair: tuple[int, str]
    children: tuple[Tree | Leaf, ...]
    note: str | None = None


def printed_kinds() -> Iterator[str]:
    for path in Path(commands.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print_json", "json_text"}:
                (kind, _) = node.args
                if node.func.id == "json_text" and path.name == "output.py":
                    continue  # what print_json is made of
                assert isinstance(kind, ast.Constant), f"{path.name}:{node.lineno}: the kind must be written out"
                yield str(kind.value)


def tree(**changes: Any) -> dict[str, Any]:
    children = [{"kind": "leaf"}]
    plain = {"colour": "red", "at": "2026-01-01T00:00:00+00:00", "lasts": 1.5, "place": "a/b", "numbers": {"x": 1}, "pair": [1, "b"]}
    return {"schema": "liftlock/tree/v1", **plain, "children": children, "note": None, **changes}


def test_every_kind_that_is_printed_is_published_and_no_other() -> None:
    assert set(printed_kinds()) == set(result_shapes())


@pytest.mark.parametrize("kind", sorted(result_shapes()))
def test_every_schema_is_one_and_closes_its_objects(kind: str) -> None:
    schema = result_schema(kind, result_shapes()[kind])
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": f"liftlock/{kind}/v1"}
    for shape in (schema, *schema.get("$defs", {}).values()):
        assert shape["additionalProperties"] is False
        assert set(shape["required"]) == set(shape["properties"])


def test_what_to_json_makes_of_a_type_is_what_the_schema_of_the_type_says(capsys: pytest.CaptureFixture[str]) -> None:
    value = Tree(Colour.RED, datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=1.5), PurePath("a/b"), {"x": 1}, (1, "b"), (Leaf(),))
    print_json("tree", value)
    Draft202012Validator(result_schema("tree", Tree)).validate(tree())
    assert Draft202012Validator({"const": tree()}).is_valid(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "blue"},
        {"lasts": "1.5"},
        {"numbers": {"x": "1"}},
        {"pair": [1]},
        {"pair": [1, "b", 2]},
        {"children": [{"kind": "twig"}]},
        {"children": [tree(note=3)]},
        {"more": 1},
        {"note": 5},
    ],
)
def test_a_document_of_another_form_does_not_fit(wrong: dict[str, Any]) -> None:
    assert not Draft202012Validator(result_schema("tree", Tree)).is_valid(tree(**wrong))


def test_a_composed_object_may_lack_only_its_optional_fields() -> None:
    schema = Draft202012Validator(result_schema("x", Fields({"a": int}, {"b": str})))
    assert schema.is_valid({"schema": "liftlock/x/v1", "a": 1})
    assert not schema.is_valid({"schema": "liftlock/x/v1", "b": "1"})


def test_a_type_without_a_json_form_is_refused_here_too() -> None:
    with pytest.raises(TypeError, match="bytes"):
        result_schema("x", tuple[bytes, ...])


CHANGE = ResourceChange("urn:1", "docker:index/container:Container", "api", StepOperation.UPDATE, ("memory",))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("env-preview", StackResult((CHANGE,), {"databases": {"shop": 5432}}, {"web": "it is broken"}, 0.5)),
        ("env-up", UpReport("dev", "http://dev", "rel-1", "embedded", (CHANGE,), {"shop": 5}, {"api": "x@y"}, 1.0, recorded=True)),
        ("branch-down", DownReport("dev", existed=True, removed=3, seconds=1.0)),
    ],
)
def test_reports_of_runs_are_as_published(kind: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    print_json(kind, value)
    validated(capsys.readouterr().out)


def test_a_drift_report_is_as_published_and_leaves_out_the_sides_that_lack_a_property(capsys: pytest.CaptureFixture[str]) -> None:
    changed = Observation("urn:1", "t", "api", {"memory": 1}, {"memory": 1}, {"extra": [1]}, LiveState.PRESENT)
    unseen = Observation("urn:2", "t", "web", {}, {}, {}, LiveState.UNKNOWN, reason="nobody answers")
    print_json("drift", {"environments": [as_document(find_drift("dev", [changed, unseen], state_checksum="0" * 64))]})
    (report,) = validated(capsys.readouterr().out)["environments"]
    extra, memory = report["resources"][0]["properties"]
    assert "declared" not in extra
    assert "live" not in memory


def test_a_failed_deployment_names_what_failed_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(DeploymentError("dev failed", hint="run again", failures={"api": "it ended"}), ExitCode.FAILURE)
    document = {
        "schema": "liftlock/error/v1",
        "exit_code": 1,
        "message": "dev failed",
        "hint": "run again",
        "failures": {"api": "it ended"},
    }
    assert validated(capsys.readouterr().out) == document


def test_what_is_not_as_published_fails_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("doctor", [{"part": "git"}])
    with pytest.raises(ValidationError):
        validated(capsys.readouterr().out)
