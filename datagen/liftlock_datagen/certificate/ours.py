"""Which values our own makers give: of the frozen word lists and of reserved ranges. Found on both sides, they are chance overlap. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Set
from functools import cache
from math import exp, prod

from liftlock_datagen.certificate.blocks import fold
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.samples import allowance
from liftlock_datagen.masking.invented import PROSE
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.realistic import realistic
from liftlock_datagen.vocabulary.words import MIXED, PHONE, load_vocabularies

_WORD = re.compile(rb"[a-z0-9\x80-\xff]+")
_HOUSE = re.compile(rb"([\x80-\xff])(?=[0-9])")  # Japanese writes no blank between a street and its number
_NO_DIGIT = re.compile(rb"[^0-9+]+")
_PAGES = re.compile(rb"https://www\.example\.com/[a-z0-9.-]*")
_DOCUMENTATION = (b"192.0.2.", b"198.51.100.", b"203.0.113.", b"2001:db8:")
_AMERICAN = ("+1###55501##", "55501##")  # as masks write them where the locale has no range of its own
_LISTS: dict[Kind, tuple[tuple[str, int], ...]] = {
    Kind.PERSON_NAME: (("given", 0), ("family", 0)),
    Kind.GIVEN_NAME: (("given", 0),),
    Kind.FAMILY_NAME: (("family", 0),),
    Kind.STREET: (("street", 0),),
    Kind.COMPANY: (("company", 0),),
    Kind.CITY: (("place", 0),),
    Kind.POSTAL_CODE: (("place", 1),),
    Kind.REGION: (("place", 2),),
    Kind.COUNTRY: (("place", 4),),
}
_HOUSES = 240  # numbers of houses in a street
_SELDOM, _MANY = 1e-4, 100


def could_make(locale: str, kinds: Collection[Kind], folded: bytes) -> bool:
    """Whether a pseudonym of one of these kinds could be this text, or have it within. folded: as blocks.fold leaves it."""
    return any(_could_make(locale, kind, folded) for kind in kinds)


def _could_make(locale: str, kind: Kind, folded: bytes) -> bool:
    match kind:
        case Kind.PHONE:
            return _free_phones(locale).fullmatch(_NO_DIGIT.sub(b"", folded)) is not None
        case Kind.IP_ADDRESS:
            return folded.startswith(_DOCUMENTATION)
        case Kind.URL:
            return _PAGES.fullmatch(folded) is not None
        case Kind.STREET:
            return made_of(_all_words(locale), _HOUSE.sub(rb"\1 ", folded))
        case kind if kind in PROSE:
            return _is_prose(locale, folded)
        case _:
            return made_of(_all_words(locale), folded)


def could_agree(locale: str, kind: Kind, form: Form, folded: bytes) -> bool:
    """The same of what is compared in this form: the whole value, its last seven digits, its last word."""
    match form:
        case Form.LAST_SEVEN:
            return _free_phones(locale, 7).fullmatch(_NO_DIGIT.sub(b"", folded)[-7:]) is not None
        case Form.LAST_WORD:
            return made_of(_all_words(locale), folded.split(b" ")[-1])
        case _:
            return _could_make(locale, kind, folded)


def odds(locale: str, kind: Kind, form: Form) -> float:
    """How likely a value that we make is a given one of ours; 0 where ours hold so much of the hash that no two ever agree."""
    words = load_vocabularies(locale)
    match kind, form:
        case Kind.PHONE, Form.LAST_SEVEN:
            return 0.01
        case Kind.PHONE, _:
            made = realistic(Kind.PHONE, locale)
            return 1 / min(80_000, made.capacity) if made else 0.0
        case Kind.PERSON_NAME, Form.LAST_WORD:
            return 1 / len(set(words.column("family", 0)))
        case Kind.IP_ADDRESS, _:
            return 1 / 768
        case Kind.URL, _:
            return 1 / len(set(words.column("family", 1)))
        case kind, _ if kind in PROSE:
            return 1 / len(set(words.column("opinion", 0)))
        case kind, _ if kind in _LISTS:
            houses = _HOUSES if kind is Kind.STREET else 1
            return 1 / (houses * prod(len(set(words.column(name, field))) for name, field in _LISTS[kind]))
        case _:
            return 0.0


def is_chance(rows: int, expected: float) -> bool:
    """Whether so many rows come by chance, and not only seldom, where this many are expected: by Poisson's distribution."""
    if expected > _MANY or rows > 10 * _MANY:
        return rows <= allowance(expected)
    below, term = 0.0, exp(-expected)
    for number in range(rows):
        below += term
        term *= expected / (number + 1)
    return 1 - below >= _SELDOM


def made_of(known: Set[bytes], folded: bytes) -> bool:
    """Whether these words alone, and short numbers, could give this text."""
    words = _WORD.findall(folded)
    return any(not word.isdigit() for word in words) and all(word in known or (word.isdigit() and len(word) < 5) for word in words)


@cache
def our_words(locale: str = MIXED) -> frozenset[bytes]:
    """Every word of a locale's frozen lists, folded."""
    lists = load_vocabularies(locale).lists.values()
    text = " ".join(field for entries in lists for entry in entries for field in entry)
    return frozenset(_WORD.findall(fold(text.encode())))


@cache
def _all_words(locale: str) -> frozenset[bytes]:
    return our_words() | our_words(locale)


@cache
def _free_phones(locale: str, last: int = 0) -> re.Pattern[bytes]:
    """Numbers that nobody has, or their last digits."""
    patterns = {*_AMERICAN}
    for words in (load_vocabularies(MIXED), load_vocabularies(locale)):
        patterns |= {*words.column("place", PHONE), words.format_of("phone", "+1-39#-###-####")}
    plain = sorted({re.sub(r"[^0-9+#@]", "", pattern)[-last:] for pattern in patterns})
    return re.compile("|".join(re.escape(pattern).replace(r"\#", "[0-9]").replace("@", "[1-9]") for pattern in plain).encode())


@cache
def _sentences(locale: str) -> tuple[bytes, tuple[bytes, ...]]:
    found = sorted({fold(text.encode()) for text in load_vocabularies(locale).column("opinion", 0)}, key=len, reverse=True)
    return b"\n".join(found), tuple(found)


def _is_prose(locale: str, folded: bytes) -> bool:
    """Sentences of ours one after another, the last of them perhaps cut; or a part of one."""
    joined, sentences = _sentences(locale)
    if b"\n" in folded:
        return False
    while folded not in joined:
        first = next((text for text in sentences if folded.startswith(text + b" ")), None)
        if first is None:
            return False
        folded = folded[len(first) + 1 :]
    return True
