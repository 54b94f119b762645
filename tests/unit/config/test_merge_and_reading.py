"""Properties of the merge and of the reader: whatever comes in, the rules hold and nothing escapes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liftlock.core.config.document import Document, MappingNode, Plain
from liftlock.core.config.merge import merge
from liftlock.core.config.problems import Problem
from liftlock.core.config.quantities import duration_text, parse_duration, parse_memory
from liftlock.core.config.reading import parse_bytes, parse_text, read_document
from liftlock.core.config.scalars import plain_text, quoted_text, scalar_value
from liftlock.core.config.shown import flow_text, yaml_text
from liftlock.core.config.suggestions import nearest
from liftlock.core.config.tree import leaves, to_plain

SCALARS: st.SearchStrategy[Plain] = st.none() | st.booleans() | st.integers(-99, 99) | st.text("abc: #-'\"🚀", max_size=4)
KEYS = st.sampled_from(["a", "b", "c"])
TREES: st.SearchStrategy[Plain] = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=2).map(list[Plain]), lambda inner: st.dictionaries(KEYS, inner, max_size=3).map(dict[str, Plain])
)
LAYERS = st.lists(st.dictionaries(KEYS, TREES, max_size=3), min_size=1, max_size=4)


def node(layer: dict[str, Plain], name: str) -> MappingNode:
    root = read_document(flow_text(layer) + "\n", name).root
    assert isinstance(root, MappingNode)
    return root


def expected(layers: list[Plain]) -> Plain:
    """The rules in their shortest form: mappings merge, anything else replaces, null removes."""
    result: Plain = None
    for layer in layers:
        if isinstance(layer, dict):
            base = result if isinstance(result, dict) else {}
            keys = {**base, **layer}
            merged = {key: expected([base.get(key), layer[key]]) if key in layer else base[key] for key in keys}
            result = {key: value for key, value in merged.items() if value is not None}
        else:
            result = layer
    return result


@given(LAYERS)
@settings(max_examples=150, deadline=None)
def test_layers_merge_by_the_three_rules(layers: list[dict[str, Plain]]) -> None:
    merged = merge([node(layer, f"{i}.yaml") for i, layer in enumerate(layers)])
    assert to_plain(merged.root) == expected(list(layers))


@given(LAYERS)
@settings(max_examples=100, deadline=None)
def test_every_value_comes_from_the_last_layer_that_sets_it(layers: list[dict[str, Plain]]) -> None:
    merged = merge([node(layer, f"{i}.yaml") for i, layer in enumerate(layers)])
    for path, found in leaves(merged.root):
        layer: Plain = layers[int(found.position.file.removesuffix(".yaml"))]
        for part in path:
            assert isinstance(layer, dict)
            layer = layer[part]
        assert to_plain(found) == layer


@given(st.text(max_size=60) | st.text("ab.infN09eE+:[]{}&*!|>-?#'\"%@`,<\n\r\t \ufeff\\", max_size=40))
@example("? a\n: &x\n  - *x")
@example("a: !!int 3")
@example("%YAML 1.1\n---\na: yes")
@example("a: |\n")
@example("'\\")
@example("&a")
@example("a: .inf")
@example('"\\UFFFFFFFF"')
@example("%YAML 9.9\n---\n")
@example("%TAG ! x\n%TAG ! x\n---\n")
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_document_or_one_problem_with_its_place(text: str) -> None:
    found = parse_text(text, "f.yaml")
    assert isinstance(found, Document | Problem)
    if isinstance(found, Problem):
        assert found.position.file == "f.yaml"
        assert "\n" not in str(found)


@given(st.binary(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_document_or_one_problem(data: bytes) -> None:
    assert isinstance(parse_bytes(data, "f.yaml"), Document | Problem)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_text_written_as_a_scalar_reads_back_as_the_same_text(text: str) -> None:
    for written in (plain_text(text), quoted_text(text)):
        root = read_document(f"{{k: {written}}}\n", "f.yaml").root
        assert root is not None
        assert to_plain(root) == {"k": text}


@given(st.dictionaries(KEYS, TREES, max_size=3))
@settings(max_examples=100, deadline=None)
def test_yaml_that_is_shown_reads_back(value: dict[str, Plain]) -> None:
    text = yaml_text(value)
    root = read_document(text, "f.yaml").root
    assert (to_plain(root) if root is not None else None) == (expected([_without_empty(value)]) or None)


def _without_empty(value: Plain) -> Plain:
    """yaml_text leaves out what is empty; a mapping left empty by that stands as a bare key, which means null."""
    if not isinstance(value, dict):
        return value
    kept = {key: _without_empty(item) for key, item in value.items() if item is not None and item not in ([], {})}
    return {key: item for key, item in kept.items() if item != {}}


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("1s", 1), ("1h30m", 5400), ("72h", 259_200), ("1.5s", 1.5), ("3d", 259_200)]
)
def test_durations_are_read_and_written(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)
    assert parse_duration(duration_text(parse_duration(text))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "-1s", "0s", "1w", "9999999d", 3, None, "1h 30m"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        parse_duration(text)


@pytest.mark.parametrize(("value", "mib"), [(128, 128), ("128MiB", 128), ("1GiB", 1024), ("1.5GiB", 1536)])
def test_memory_is_read(value: object, mib: int) -> None:
    assert parse_memory(value) == mib


@pytest.mark.parametrize("value", ["128", "128MB", "128m", 5, "0.5MiB", "0.3GiB", True, None, 10**9])
def test_what_is_no_memory_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="memory is"):
        parse_memory(value)


@pytest.mark.parametrize(
    ("given_name", "expected_name"), [("memmory", "memory"), ("Memory", "memory"), ("start-period", "start_period"), ("zzz", None)]
)
def test_the_nearest_name_is_suggested(given_name: str, expected_name: str | None) -> None:
    assert nearest(given_name, ["memory", "start_period", "env"]) == expected_name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("7", 7),
        ("-7", -7),
        ("007", 7.0),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".NaN", ".NaN"),
        ("9" * 30, 1e30),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("=", "="),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    assert (scalar_value(text), type(scalar_value(text))) == (value, type(value))
