"""A secret is found in whatever form a program prints it."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock_engine.disclosure import HEALTH_TITLE, LOG_TITLE, WITHHELD, holds_short, secret_forms, withheld, without

SECRET = "p@ss 'w\"ö\\rd/+?>>~\t!"
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "Python": repr,
    "Python, ASCII": ascii,
    "JSON": json.dumps,
    "JSON, UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "URL path": urllib.parse.quote,
    "URL of JavaScript": lambda text: urllib.parse.quote(text, safe="!'()*"),
    "URL, lower case": lambda text: urllib.parse.quote(text, safe="").replace("%C3%B6", "%c3%b6"),
    "form": urllib.parse.quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("form", ["as it is", "Python", "Python, ASCII", "JSON", "JSON, UTF-8", "URL", "URL path", "form", "base64"])
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    written = FORMS[form](SECRET).strip("'\"")
    assert without(f"got <{written}>!", secret_forms([SECRET]), "#") == "got <#>!"


@given(st.text(min_size=4, max_size=30).filter(lambda text: text == text.strip() and len(text) >= 4), st.sampled_from(sorted(FORMS)))
def test_no_form_of_any_secret_is_left(secret: str, form: str) -> None:
    if not secret.isascii() and form == "URL, lower case":
        return
    written = FORMS[form](secret)
    inner = written[1:-1] if form.startswith(("Python", "JSON")) else written
    assert inner not in without(f"<{inner}>", secret_forms([secret]), "\0\0").replace("\0\0", "")


@pytest.mark.parametrize("user", ["a", "ab", "abc"])
def test_a_password_is_masked_within_the_base64_of_something_longer(user: str) -> None:
    header = base64.b64encode(f"{user}:correct-horse".encode()).decode()
    left = without(header, secret_forms(["correct-horse"]), "#").partition("#")
    assert left[1] == "#"
    assert len(left[0]) <= 8
    assert len(left[2]) <= 4


@pytest.mark.parametrize("text", ["p%40ss-word", "p@ss-word"])
@pytest.mark.parametrize("value", ["postgres://shop:p%40ss-word@db/shop", "host=db password=p%40ss-word user=shop"])
def test_the_password_of_a_connection_string_is_masked_alone(value: str, text: str) -> None:
    assert without(f"wrong: {text}", secret_forms([value]), "#") == "wrong: #"


def test_only_the_long_lines_of_a_secret_are_masked_alone() -> None:
    forms = secret_forms(["-----BEGIN-----\nthen\nMIIEvQIBADAN"])
    assert without("then MIIEvQIBADAN", forms, "#") == "then #"


def test_one_mask_covers_secrets_that_overlap() -> None:
    assert without("abcdefgh", ["abcdef", "cdefgh"], "#") == "#"


LOG = f"api: it failed (exit code 1)\n{LOG_TITLE}\n  | pin 17 is wrong\n  | bye"


def test_the_whole_log_is_withheld_where_a_short_secret_occurs_and_our_own_words_stay() -> None:
    assert withheld(LOG, secret_forms(["17"])) == f"api: it failed (exit code 1)\n{WITHHELD}"
    assert withheld(LOG, secret_forms(["18"])) == LOG
    assert withheld(LOG, secret_forms(["|"])) == LOG


def test_what_a_health_check_said_is_withheld_too() -> None:
    assert "17" not in withheld(f"api: its health check fails{HEALTH_TITLE} pin 17\n{LOG_TITLE}\n  | fine", secret_forms(["17"]))


def test_a_mask_holds_no_secret() -> None:
    assert not holds_short("[masked] [secret]", ["sec", "ask"], "[secret]")
