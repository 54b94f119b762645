"""Numbers that prove themselves: cards, accounts, and the national and tax numbers of several countries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_DIGITS = re.compile(r"[\s.\-/]")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD_VALUES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def bare(text: str) -> str:
    """The text without the signs that people put into numbers."""
    return _DIGITS.sub("", text).upper()


def is_card(text: str) -> bool:
    """A payment card's number: 13 to 19 digits of a known range, by Luhn."""
    if not text[:1].isdigit():
        return False
    number = bare(text)
    if not re.fullmatch(r"(?:4|5[1-5]|2[2-7]|3[47]|30|36|38|6)[0-9]{12,18}", number) or not 13 <= len(number) <= 19:
        return False
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """ISO 13616: remainder 1 by 97."""
    if not text[:2].isalpha() or not any(map(str.isdigit, text[2:5])):
        return False
    number = bare(text)
    return bool(_IBAN.fullmatch(number)) and _mod97(number[4:] + number[:4]) == 1


def national_id(text: str) -> str | None:
    """The country whose person number this is, by its own check; None where it is none."""
    if sum(map(str.isdigit, text)) < 7:
        return None
    number = bare(text)
    return next((country for country, check in _NATIONAL.items() if check(number)), None)


def _mod97(number: str) -> int:
    return int("".join(str(int(char, 36)) for char in number)) % 97


def _ean13(number: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number)) % 10 == 0


def _swiss(number: str) -> bool:
    return bool(re.fullmatch(r"756[0-9]{10}", number)) and _ean13(number)


def _french(number: str) -> bool:
    match = re.fullmatch(r"([12][0-9]{2}(?:0[1-9]|1[0-2]|[2-9][0-9])[0-9AB]{2}[0-9]{6})([0-9]{2})", number)
    if match is None or not re.fullmatch(r"[0-9]{13}", match[1].replace("A", "0").replace("B", "0")):
        return False
    body = int(match[1].replace("2A", "19").replace("2B", "18"))
    return 97 - body % 97 == int(match[2])


def _spanish(number: str) -> bool:
    match = re.fullmatch(r"([XYZ]?)([0-9]{7,8})([A-Z])", number)
    if match is None or len(number) != 9:
        return False
    value = int({"": "", "X": "0", "Y": "1", "Z": "2"}[match[1]] + match[2])
    return _DNI_LETTERS[value % 23] == match[3]


def _italian(number: str) -> bool:
    if not re.fullmatch(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]", number):
        return False
    odd = sum(_ODD_VALUES[int(char) if char.isdigit() else ord(char) - 65] for char in number[:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in number[1:15:2])
    return chr(65 + (odd + even) % 26) == number[15]


def _brazilian(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{11}", number) or len(set(number)) == 1:
        return False
    digits = [int(digit) for digit in number]
    for length in (9, 10):
        check = sum(digit * (length + 1 - place) for place, digit in enumerate(digits[:length])) * 10 % 11 % 10
        if check != digits[length]:
            return False
    return True


def _polish(number: str) -> bool:
    if not re.fullmatch(r"[0-9]{2}(?:[0-9][0-9])[0-3][0-9]{6}", number):
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    month = int(number[2:4]) % 20
    return 1 <= month <= 12 and sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 10 == 0


_NATIONAL: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {"Switzerland": _swiss, "France": _french, "Spain": _spanish, "Italy": _italian, "Brazil": _brazilian, "Poland": _polish}
)
"""Only numbers with a check of their own or an unmistakable form: ten digits alone are no proof."""


def is_us_social_security(text: str) -> bool:
    """Has no check digit, so only as it is written: 123-45-6789 outside the numbers that are never given."""
    return bool(re.fullmatch(r"(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}", text.strip()))
