"""What the database says is told without the rows that it quotes."""

from __future__ import annotations

import pytest

from liftlock_datagen.database.refusals import shown
from liftlock_datagen.database.tools import _telling

_FUNCTION = "PL/pgSQL function guard() line 3 at RAISE"


@pytest.mark.parametrize(
    ("state", "primary", "context", "expected"),
    [
        ("23505", 'could not create unique index "canary"', "", "unique violation"),
        ("22001", "value too long: canary", "", "string data right truncation"),
        ("22P02", 'invalid input syntax for type integer: "canary"', 'COPY t, line 1, column n: "canary"', "invalid text representation"),
        ("XX000", "parse error - invalid geometry canary", "", "internal error"),
        ("P0001", "no such person: canary", _FUNCTION, "raise exception"),
        ("42501", "canary may not", _FUNCTION, "insufficient privilege"),
        ("42703", 'column "canary" does not exist', "", "undefined column"),
        ("22ZZZ", "canary", "", "SQLSTATE 22ZZZ"),
    ],
)
def test_a_message_that_may_hold_a_value_is_not_shown(state: str, primary: str, context: str, expected: str) -> None:
    text = shown(state, primary, context)
    assert expected in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("state", "primary", "context"),
    [
        ("53100", 'could not extend file "base/1": No space left on device', 'COPY t, line 1: "canary"'),
        ("42501", "permission denied for table t", ""),
        ("57014", "canceling statement due to user request", ""),
    ],
)
def test_a_message_of_resources_and_rights_is_shown(state: str, primary: str, context: str) -> None:
    assert shown(state, primary, context) == primary


def test_a_mistake_in_the_statement_itself_is_shown() -> None:
    assert shown("42703", 'column "agee" does not exist', own_statement=True) == 'column "agee" does not exist'


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('pg_restore: error: could not execute query: ERROR:  could not create unique index "t_key"\nDETAIL:  Key (a)=(canary)', "t_key"),
        ('pg_restore: error: could not execute query: ERROR:  invalid input syntax for type integer: "canary"', "may quote a row"),
        ("pg_restore: error: could not execute query: ERROR:  canary does not exist here", "may quote a row"),
        ('pg_restore: error: could not execute query: ERROR:  type "public.kind" does not exist', "public.kind"),
        ("pg_restore: error: could not execute query: ERROR:  function public.f(text, integer) does not exist", "public.f(text, integer)"),
        ("pg_dump: error: aborting because of server version mismatch", "version mismatch"),
        ("Failing row contains (canary)", "did not say why"),
    ],
)
def test_programs_of_postgresql_are_told_without_rows(said: str, expected: str) -> None:
    text = _telling(said)
    assert expected in text
    assert "canary" not in text
