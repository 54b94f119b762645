"""Names as words: `billingEMailAddr`, `KUNDEN_NR` and `Straße` become lower-case words without accents."""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "œ": "oe", "đ": "d"})
_LONG_FORMS = {
    "addr": "address",
    "adr": "address",
    "nr": "number",
    "no": "number",
    "num": "number",
    "nbr": "number",
    "tel": "phone",
    "telephone": "phone",
    "ph": "phone",
    "mob": "mobile",
    "fname": "firstname",
    "lname": "lastname",
    "mname": "middlename",
    "dob": "birthdate",
    "pwd": "password",
    "passwd": "password",
    "pw": "password",
    "amt": "amount",
    "qty": "quantity",
    "desc": "description",
    "descr": "description",
    "org": "organization",
    "organisation": "organization",
    "cust": "customer",
    "acct": "account",
    "acc": "account",
    "zipcode": "zip",
    "txt": "text",
    "dt": "date",
    "ts": "timestamp",
    "cnt": "count",
    "usr": "user",
    "emp": "employee",
    "cc": "card",
}


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded, abbreviations written out."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    found = (word.lower() for word in _WORDS.findall(plain))
    return tuple(_LONG_FORMS.get(word, word) for word in found)


def singular(word: str) -> str:
    """A plural without its ending, as far as endings tell."""
    for plural, ending in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("people", "person")):
        if (word.endswith(plural) and len(word) > len(plural) + 1) or word == plural:
            return word[: -len(plural)] + ending
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word
