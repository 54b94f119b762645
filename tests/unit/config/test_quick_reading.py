"""libyaml and ruamel give the same tree of every text that both are asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.core.config.composer import compose, compose_quickly
from liftlock.core.config.document import Document
from liftlock.core.config.reading import parse_text
from tests.config_repository import FILES

PLAIN = [
    *FILES.values(),
    "",
    "# nothing\n\n  # but comments\n",
    "a:\n  b: 1\n  c: [1, 2, {x: y}]\n# end\n",
    "a: 'it' # c\nb: \"x\" #\nc:\n\n\nd: {}\ne: []",
    "a: # below\n  # between\n  b: c\n\nd: ~\n",
    "k:\n    - a: 1\n      b:\n        c: 2\n    - [x, y z]\n    -   last\nz: http://a:80/b=1\n",
    "- a\n- b: c\n  d: e\n",
    "a: {b: {c: [d, {}]}, e: 'f, g', h: \"i: j\"}  # k\n",
    "# what runs: service -> image, a | b\na: b->c\nd: e|f\n",
    "word: two words\nnumber: 1.10\nday: 2024-01-01\nnull: x\n1: y\n",
]
ODD = [
    "a: &x 1\n",
    "a: *x\n",
    "<<: {a: b}\n",
    "a: !t b\n",
    "a: |\n  text\n",
    "a: >-\n  text\n",
    "a: b\n  c\n",
    "a:\n- b\n",
    "a: 1\na: 2\n",
    "{a: b}\n",
    "a: {b: c\n",
    "a: {b: c, b: d}\n",
    "a: {b: c,}\n",
    'a: "\\n"\n',
    "a: 'it''s'\n",
    "a: b: c\n",
    "a:b\n",
    "a :b\n",
    "? a\n",
    "a\n",
    "a: b\n c: d\n",
    " a: b\n",
    "a: b\r\n",
    "a:\tb\n",
    "\ufeffa: b\n",
    "---\na: b\n",
    "a: b\n...\n",
    "a: @b\n",
    "a: -\n",
    "a: - b\n",
    "- - a\n",
]
NOISE = [*" \n:-#{}[],\"'&*!|>?%@`~ab01.\\/=+\t\r", ": ", "- ", " #", "\n  ", "{a: b}", "[a]", "a: b\n", "<<: ", "\n- ", "key: ", "''"]


@pytest.mark.parametrize("text", PLAIN)
def test_what_people_usually_write_is_read_quickly_and_exactly(text: str) -> None:
    found = compose_quickly(text, "f.yaml")
    assert found is not None
    assert found == compose(text, "f.yaml")


@pytest.mark.parametrize("text", ODD)
def test_what_is_rarer_is_read_alike_or_left_to_the_slower_parser(text: str) -> None:
    assert compose_quickly(text, "f.yaml") in (None, compose(text, "f.yaml"))
    assert parse_text(text, "f.yaml") == compose(text, "f.yaml")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A piece of a sample with some noise in it."""
    lines = draw(st.sampled_from([*PLAIN, *ODD])).splitlines(keepends=True)
    first = draw(st.integers(0, max(0, len(lines) - 1)))
    text = "".join(lines[first : first + 8])
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 0, 1, 4]))
        text = text[:at] + draw(st.sampled_from(["", *NOISE])) + text[at + cut :]
    return text


@given(texts())
@settings(max_examples=600, deadline=None)
def test_the_two_readers_never_differ(text: str) -> None:
    quick = compose_quickly(text, "f.yaml")
    assert quick is None or quick == compose(text, "f.yaml")


def test_too_deep_a_text_is_left_to_the_yaml_parser_and_its_words() -> None:
    assert compose_quickly("a: " + "{b: " * 40 + "c" + "}" * 40, "f.yaml") is None
    block = "".join("  " * depth + "a:\n" for depth in range(40))
    assert compose_quickly(block, "f.yaml") is None
    assert not isinstance(parse_text(block, "f.yaml"), Document)
