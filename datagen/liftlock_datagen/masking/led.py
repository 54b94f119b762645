"""Texts that agree with another value of their row: both are of the same entry of a word list, which that value's hash chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from liftlock_datagen.masking.digests import Words, digest_words, folded_digests
from liftlock_datagen.masking.invented import FAMILY, GIVEN, PLACE, matrix, names, pick, slugs
from liftlock_datagen.masking.transformers import Invented, Led
from liftlock_datagen.primitives.encoding import Bytes, Piece, join
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.words import load_vocabularies

_DRAWS = {"given": GIVEN, "family": FAMILY, "place": PLACE}
_FIELDS = {Kind.CITY: 0, Kind.REGION: 2, Kind.COUNTRY: 4}
_COUNTRY_CODE = 3


def led(made: Led, key: bytes) -> Callable[[Sequence[bytes]], list[bytes]]:
    """Makes texts of leading values. key: of their map."""

    def change(leading: Sequence[bytes]) -> list[bytes]:
        bits = folded_digests(key)(leading)[1] if made.lead.kind is Kind.EMAIL else digest_words(key, leading)[0]
        return join([*_pieces(made, bits), b"\n"], len(bits)).split(b"\n")[:-1] if len(bits) else []

    return change


def _pieces(made: Led, bits: Words) -> list[Piece]:
    inner = made.inner
    match inner.kind:
        case Kind.PERSON_NAME if inner.length == 0 or inner.length >= 3:
            half = (inner.length - 1) // 2
            return [_entry(made, "given", 0, half, bits), b" ", _entry(made, "family", 0, half, bits)]
        case Kind.GIVEN_NAME:
            return [_entry(made, "given", 0, inner.length, bits)]
        case Kind.PERSON_NAME | Kind.FAMILY_NAME:
            return [_entry(made, "family", 0, inner.length, bits)]
        case _:
            return [_entry(made, "place", _field(inner), inner.length, bits)]


def _field(inner: Invented) -> int:
    return _COUNTRY_CODE if inner.kind is Kind.COUNTRY and 0 < inner.length < 4 else _FIELDS[inner.kind]


def _entry(made: Led, vocabulary: str, field: int, length: int, bits: Words) -> Bytes:
    """The entry's field. The entry is that which the leading value's own text shows."""
    lead, locale = made.lead, made.inner.locale
    table = _table(locale, vocabulary, field, max(0, length), lead.kind is Kind.EMAIL, lead.length)
    return pick(table, bits, _DRAWS[vocabulary])


@lru_cache(maxsize=64)
def _table(locale: str, vocabulary: str, field: int, length: int, by_slug: bool, lead_length: int) -> Bytes:
    """The field of each entry that the leading column's texts are of, in their order; at most so many characters of it."""
    column = load_vocabularies(locale).column
    if vocabulary == "place":
        shown, entries = column("place", 1), names(locale, "place", 1, lead_length)
    elif by_slug:
        shown, entries = column(vocabulary, 1), slugs(locale, vocabulary)
    else:
        half = (lead_length - 1) // 2
        shown, entries = column(vocabulary, 0), names(locale, vocabulary, 0, half)
    of_entry = dict(zip(reversed(shown), reversed(column(vocabulary, field)), strict=True))  # the first of those that show alike
    texts = [of_entry.get(text, text) for text in entries]
    return matrix([text[:length].rstrip() if length else text for text in texts])
