"""Paths of documents: whoever reads one reads it alike, be it the file, the plan, the run or the check."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liftlock_datagen.certificate.relations import json_path
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.transformers import Document, Fixed
from liftlock_datagen.spec.paths import Each, Step, is_covered, parse_path, path_text

STEPS = st.lists(st.one_of(st.text(min_size=1, max_size=6), st.sampled_from(Each)), max_size=4)
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])  # those that a database holds
KEY = PseudonymKey(bytes(range(32)))


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
@example(steps=['say "hi"', "a.b", "*", "back\\slash", Each.KEY, Each.ITEM])
def test_a_path_that_is_written_is_read_as_the_same(steps: list[Step]) -> None:
    assert parse_path(path_text(tuple(steps))) == tuple(steps)


@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6), min_size=1, max_size=3
    )
)
@example(keys=['say "hi"', "a.b"])
def test_the_run_finds_what_stands_at_a_path_whatever_its_keys(keys: list[str]) -> None:
    document: object = "s3cret"
    for key in reversed(keys):
        document = {key: document}
    plan = Document(((path_text(tuple(keys)), Fixed("new")),))
    [made] = ColumnMaker("t.c", plan, KEY)([json.dumps(document).replace("\\", "\\\\").encode()])
    assert json.loads(made.decode().replace("\\\\", "\\")) == json.loads(json.dumps(document).replace("s3cret", "new"))


@pytest.mark.parametrize(
    "text", ["", "a", "$a", "$.", "$.a..b", "$.a[0]", "$.a*", '$."', '$."a', '$.""', '$."\\q"', "$.a b", "$[*", "$.a]"]
)
def test_what_is_no_path_is_none(text: str) -> None:
    assert parse_path(text) is None


@pytest.mark.parametrize(
    ("path", "pattern", "itself", "around"),
    [
        ("$.a.b", "$.a.b", True, True),
        ("$.a.b", '$."a"."b"', True, True),
        ("$.a.b", "$.*.b", True, True),
        ("$.a.*", "$.a.*", True, True),
        ("$.a[*]", "$.a.*", False, False),
        ("$.a.b", "$.a", False, True),
        ("$.a.b.c", "$.*.b", False, True),
        ("$.a[*].b", "$.a[*]", False, True),
        ("$.ab", "$.a", False, False),
        ("$.a", "$.a.b", False, False),
        ("$.a", "$", False, True),
    ],
)
def test_a_path_is_covered_by_itself_by_any_key_or_by_what_it_is_in(path: str, pattern: str, itself: bool, around: bool) -> None:
    assert is_covered(path, {pattern, "$.other"}) is itself
    assert is_covered(path, {pattern, "$.other"}, around=True) is around


def test_the_check_asks_the_database_for_the_same_keys() -> None:
    assert json_path('$."say \\"hi\\"".*[*]') == '$."say \\"hi\\"".*[*]'
    assert json_path('$."a"."b c"') == '$."a"."b c"'
