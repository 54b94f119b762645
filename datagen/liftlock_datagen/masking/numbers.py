"""Numbers with a form of their own: payment cards and IBANs, whose pseudonyms never pass their check and stay different, and amounts.

A number that passes its check becomes one of the same form that does not: what is not the check is permuted, and the check follows from it.
What only has the form and does not pass becomes letters of the hash, at least 60 bits of it; everything else is permuted as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from liftlock_datagen.masking.alphabets import is_permuted, permuted_texts
from liftlock_datagen.masking.digests import digest_stream, sub_key
from liftlock_datagen.masking.shapes import UnparsedError, permuted_letters
from liftlock_datagen.masking.transformers import Letters
from liftlock_datagen.spec.model import Kind

_CARD_DIGITS = range(12, 20)
_IBAN_SIGNS = range(15, 35)
_MONEY_DIGITS = 18  # all numbers of so many hundredths fit into the type
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
_IMPOSSIBLE = (b"00", b"01")  # the check digits of an IBAN run from 02 to 98; where 00 counts as 97, 01 does not


def permuted_numbers(made: Letters, key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Each text's pseudonym, as of Letters."""
    match made.kind:
        case Kind.PAYMENT_CARD:
            return _proven(made, key, values, _card_check, _wrong_card)
        case Kind.IBAN:
            return _proven(made, key, values, _iban_check, _wrong_iban)
        case Kind.AMOUNT:
            return _amounts(made, key, values)
        case Kind.NUMBER | Kind.PHONE:
            return permuted_letters(made, key, values)
        case _:
            return _codes(made, key, values)


def _codes(made: Letters, key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Codes of any alphabet."""
    if b"".join(values).isascii():
        return permuted_letters(made, key, values)
    if made.folded:
        values = [value.decode().lower().encode() for value in values]
    out = list(values)
    others = [is_permuted(value) for value in values]
    for is_other, permuted in ((False, partial(permuted_letters, made, key)), (True, partial(permuted_texts, key))):
        places = [place for place, found in enumerate(others) if found == is_other]
        for place, text in zip(places, permuted([values[place] for place in places]), strict=True):
            out[place] = text
    return out


def impossible(kind: Kind, text: bytes) -> bytes:
    """The text, with a check that cannot be where it has the form of a number with one."""
    check = {Kind.PAYMENT_CARD: _card_check, Kind.IBAN: _iban_check}.get(kind)
    places = check(text) if check is not None else []
    if not places:
        return text
    return (_wrong_card if kind is Kind.PAYMENT_CARD else _wrong_iban)(text, places)


def replaced(key: bytes, value: bytes, length: int) -> bytes:
    """Letters of the hash, five bits each."""
    return bytes(_LETTERS[byte & 31] for byte in digest_stream(key, value, length))


Places = list[int]


def _proven(
    made: Letters, key: bytes, values: Sequence[bytes], check: Callable[[bytes], Places], wrong: Callable[[bytes, Places], bytes]
) -> list[bytes]:
    """Values by what they are: numbers that pass their check, those that have its form alone, and others."""
    plain = replace(made, kind=Kind.IDENTIFIER)
    out = [b""] * len(values)
    proven: dict[int, Places] = {}
    others: list[int] = []
    for place, value in enumerate(values):
        places = check(value)
        if not places:
            others.append(place)
        elif _passes(made.kind, value, places):
            proven[place] = places
        else:
            out[place] = replaced(sub_key(key, b"no number"), value.lower() if made.folded else value, len(value))
    for place, text in zip(others, permuted_letters(plain, key, [values[place] for place in others]), strict=True):
        out[place] = text
    bodies = [_without(values[place], places) for place, places in proven.items()]
    for (place, places), body in zip(proven.items(), permuted_letters(plain, sub_key(key, b"number"), bodies), strict=True):
        out[place] = wrong(_with(body, places), places)
    return out


def _without(value: bytes, places: Places) -> bytes:
    return bytes(byte for place, byte in enumerate(value) if place not in places)


def _with(body: bytes, places: Places) -> bytes:
    """The body with a zero at each of the places."""
    text = bytearray(body)
    for place in places:
        text.insert(place, 48)
    return bytes(text)


def _passes(kind: Kind, value: bytes, places: Places) -> bool:
    if kind is Kind.PAYMENT_CARD:
        return value[places[0]] - 48 == _luhn(value, places[0])
    return _mod97(value) == 1


# --- amounts of money ---------------------------------------------------------------------------------------------------------------


def _amounts(made: Letters, key: bytes, values: Sequence[bytes]) -> list[bytes]:
    """Amounts of as many digits, as the locale C has them: -$1,234.56."""
    plain = [value.replace(b"$", b"").replace(b",", b"") for value in values]
    if any(sum(48 <= byte <= 57 for byte in value) > _MONEY_DIGITS for value in plain):
        raise UnparsedError("an amount of money is too large to have a pseudonym")
    return permuted_letters(replace(made, kind=Kind.NUMBER), key, plain)


# --- payment cards ------------------------------------------------------------------------------------------------------------------


def _card_check(value: bytes) -> Places:
    """Where the check digit of a card's number stands; nowhere in what has no such form."""
    digits = [place for place, byte in enumerate(value) if 48 <= byte <= 57]
    return digits[-1:] if len(digits) in _CARD_DIGITS and value.replace(b" ", b"").replace(b"-", b"").isdigit() else []


def _wrong_card(text: bytes, places: Places) -> bytes:
    [place] = places
    return text[:place] + b"%d" % ((_luhn(text, place) + 5) % 10) + text[place + 1 :]


def _luhn(value: bytes, check: int) -> int:
    """The right check digit."""
    total = 0
    for number, byte in enumerate(byte for byte in reversed(value[:check]) if 48 <= byte <= 57):
        total += sum(divmod((byte - 48) * (1 if number % 2 else 2), 10))
    return -total % 10


# --- IBANs --------------------------------------------------------------------------------------------------------------------------


def _iban_check(value: bytes) -> Places:
    """Where the two check digits of an IBAN stand; nowhere in what has no such form."""
    signs = [place for place, byte in enumerate(value) if _is_sign(byte)]
    bare = bytes(value[place] for place in signs)
    fits = len(bare) in _IBAN_SIGNS and len(value.replace(b" ", b"").replace(b"-", b"")) == len(bare)
    return signs[2:4] if fits and bare[:2].isalpha() and bare[2:4].isdigit() else []


def _wrong_iban(text: bytes, places: Places) -> bytes:
    first, second = places
    made = [text[:first] + check[:1] + text[first + 1 : second] + check[1:] + text[second + 1 :] for check in _IMPOSSIBLE]
    return next(number for number in made if _mod97(number) != 1)


def _mod97(value: bytes) -> int:
    bare = bytes(byte for byte in value.upper() if _is_sign(byte)).decode()
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97


def _is_sign(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122
