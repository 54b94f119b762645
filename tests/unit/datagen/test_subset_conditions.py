"""A subset's condition is one expression: nothing follows it, and nothing steps out of its parentheses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock_datagen.subset.conditions import called, condition_fault


@pytest.mark.parametrize(
    "where",
    [
        "id < 10",
        "name = 'a;b)--' AND (id = 1 OR id = 2)",
        "note = E'it\\'s; (' OR note = $q$ ;) $q$ OR note = $$;$$",
        "\"a;b)\" = 'it''s'",
        "id IN (SELECT customer FROM public.orders WHERE total - -1 > 5)",
        "naïve = 1 AND a * b / c > 2",
    ],
)
def test_an_expression_is_taken(where: str) -> None:
    assert condition_fault(where) == ""


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("true) TO STDOUT; DELETE FROM people; --", "closed that was not opened"),
        ("true)) TO PROGRAM 'cat > /tmp/x'; --", "closed that was not opened"),
        ("true; DELETE FROM people", "no statement"),
        ("true -- and so on", "comment"),
        ("true /* and so on", "comment"),
        ("(true", "not closed"),
        ("name = 'a", "quote is not closed"),
        ("name = E'a\\' OR true", "quote is not closed"),
        ("name = $x$ a $y$", "quote is not closed"),
        ('"name = 1', "quote is not closed"),
        ("  ", "empty"),
    ],
)
def test_what_is_more_or_less_than_an_expression_is_refused(where: str, why: str) -> None:
    assert why in condition_fault(where)


@given(st.text(alphabet="()';\"-/*\\ aEe\n", max_size=30))
def test_no_text_that_is_taken_closes_the_parenthesis_around_it(where: str) -> None:
    if condition_fault(where):
        return
    outside = "".join(part for part in _unquoted(where))
    assert ";" not in outside
    assert outside.count("(") == outside.count(")")


def _unquoted(where: str) -> list[str]:
    """Another reading of the same: character by character."""
    found, at = [], 0
    while at < len(where):
        sign = where[at]
        if sign in "'\"":
            escapes = (
                sign == "'" and where[at - 1 : at] in {"e", "E"} and (at < 2 or not (where[at - 2].isalnum() or where[at - 2] in "_$"))
            )
            at += 1
            while at < len(where) and (where[at] != sign or where[at + 1 : at + 2] == sign):
                at += 2 if where[at] == sign or (escapes and where[at] == "\\") else 1
            at += 1
            continue
        found.append(sign)
        at += 1
    return found


def test_the_functions_that_a_condition_calls_are_known() -> None:
    assert called('id < 5 AND Public.F (id) OR "G h"(1) OR x IN (1)') == {"f", "G h", "in"}
    assert called("note = 'random()'") == frozenset()
