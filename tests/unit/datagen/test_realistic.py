"""Realistic values differ by construction, fit, and are nobody's."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.errors import DatagenError
from liftlock_datagen.primitives.encoding import join
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.realistic import Realistic, candidates, realistic
from liftlock_datagen.vocabulary.words import LOCALES, MIXED, load_vocabularies

EVERYWHERE = (MIXED, *LOCALES)
TEXTUAL = [kind for kind in Kind if realistic(kind) is not None]


def texts_of(made: Realistic, numbers: list[int]) -> list[str]:
    draws = np.array(numbers, dtype=np.uint64)
    return join([*made.pieces(draws), b"\n"], len(draws)).decode().split("\n")[:-1]


def some(kind: Kind, locale: str, *, at_least: int = 1) -> list[str]:
    made = realistic(kind, locale, at_least=at_least)
    assert made is not None
    step = max(1, made.capacity // 997)
    return texts_of(made, list(range(0, made.capacity, step))[:997])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTUAL), st.sampled_from(EVERYWHERE), st.data())
def test_different_numbers_below_the_capacity_give_different_texts_that_fit(kind: Kind, locale: str, data: st.DataObject) -> None:
    made = data.draw(st.sampled_from(list(candidates(kind, load_vocabularies(locale)))))
    numbers = data.draw(st.lists(st.integers(0, made.capacity - 1), min_size=1, max_size=60, unique=True))
    texts = texts_of(made, numbers)
    assert len(set(texts)) == len(texts)
    assert max(map(len, texts)) <= made.longest


@pytest.mark.parametrize("locale", EVERYWHERE)
@pytest.mark.parametrize("kind", [Kind.PERSON_NAME, Kind.EMAIL, Kind.USERNAME, Kind.STREET, Kind.COMPANY, Kind.FREE_TEXT, Kind.GIVEN_NAME])
def test_a_small_kind_gives_each_of_its_values_once(kind: Kind, locale: str) -> None:
    made = realistic(kind, locale)
    assert made is not None
    texts = texts_of(made, list(range(made.capacity)))
    assert len(set(texts)) == made.capacity


@pytest.mark.parametrize("kind", TEXTUAL)
def test_what_is_asked_for_is_kept_or_refused(kind: Kind) -> None:
    for at_least, max_length in ((1, 0), (10**6, 30), (10**12, 15), (2**64, 0), (2**64, 5)):
        made = realistic(kind, "de_DE", at_least=at_least, max_length=max_length)
        assert made is None or (made.capacity >= at_least and (not max_length or made.longest <= max_length))
    assert realistic(kind, "de_DE", at_least=2**64, max_length=5) is None


def test_the_number_of_values_may_be_any_of_64_bits_for_names_and_mailboxes() -> None:
    for kind in (Kind.EMAIL, Kind.USERNAME, Kind.PERSON_NAME, Kind.COMPANY, Kind.URL, Kind.STREET):
        made = realistic(kind, "fr_FR", at_least=2**64)
        assert made is not None
        assert len(set(texts_of(made, [2**64 - 1, 2**64 - 2, 0, 1, 2**63]))) == 5


def test_kinds_without_a_text_of_their_own_have_none() -> None:
    assert all(realistic(kind) is None for kind in (Kind.REFERENCE, Kind.DOCUMENT, Kind.AMOUNT, Kind.BIRTH_DATE))


def test_an_unknown_locale_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DatagenError, match=r'no word lists for locale "tlh".*mixed, de_CH'):
        load_vocabularies("tlh")


# --- nobody's ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", EVERYWHERE)
def test_mail_and_web_addresses_are_of_domains_for_examples(locale: str) -> None:
    for at_least in (1, 10**9, 2**64):
        assert all(re.fullmatch(r"[a-z0-9.]+@example\.(org|com)", text) for text in some(Kind.EMAIL, locale, at_least=at_least))
        assert all(text.startswith("https://www.example.com/") for text in some(Kind.URL, locale, at_least=at_least))


def test_network_addresses_are_of_the_ranges_for_documentation() -> None:
    reserved = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert all(any(ipaddress.ip_address(text) in network for network in reserved) for text in some(Kind.IP_ADDRESS, "en_US"))
    wide = ipaddress.ip_network("2001:db8::/32")
    assert all(ipaddress.ip_address(text) in wide for text in some(Kind.IP_ADDRESS, "en_US", at_least=10**6))
    assert all(int(text[:2], 16) & 3 == 2 for text in some(Kind.MAC_ADDRESS, "en_US"))  # local, of one device


def _mod97(iban: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97


def _luhn_holds(number: str) -> bool:
    digits = [int(letter) for letter in reversed(number)]
    return sum(digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits)) % 10 == 0


@pytest.mark.parametrize("locale", EVERYWHERE)
def test_accounts_and_cards_fail_their_check(locale: str) -> None:
    ibans = some(Kind.IBAN, locale)
    assert _mod97("DE89370400440532013000") == 1
    assert not any(_mod97(iban) == 1 for iban in ibans)
    assert all(2 <= int(iban[2:4]) <= 98 and 18 <= len(iban) <= 29 for iban in ibans)
    assert _luhn_holds("4242424242424242")
    assert not any(_luhn_holds(card) or len(card) != 16 for card in some(Kind.PAYMENT_CARD, locale))


def _weighted(text: str, weights: list[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


def _cpf_holds(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    right = [(_weighted(digits[:size], list(range(size + 1, 1, -1))) * 10 % 11) % 10 for size in (9, 10)]
    return [int(digits[9]), int(digits[10])] == right


def _my_number_holds(text: str) -> bool:
    rest = _weighted(text[:11], [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
    return int(text[11]) == (0 if rest <= 1 else 11 - rest)


HOLDS = {
    "de_CH": lambda text: _weighted(re.sub(r"\D", "", text), [1, 3] * 6 + [1]) % 10 == 0,
    "pt_BR": _cpf_holds,
    "nl_NL": lambda text: _weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0,
    "pl_PL": lambda text: _weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0,
    "sv_SE": lambda text: _luhn_holds(text.replace("-", "")),
    "ja_JP": _my_number_holds,
}
RIGHT = {
    "de_CH": "756.9217.0769.85", "pt_BR": "111.444.777-35", "nl_NL": "111222333", "pl_PL": "44051401359",
    "sv_SE": "811228-9874", "ja_JP": "123456789018",
}  # fmt: skip


@pytest.mark.parametrize("locale", HOLDS)
def test_national_numbers_fail_their_check(locale: str) -> None:
    assert HOLDS[locale](RIGHT[locale])
    assert not any(HOLDS[locale](text) for text in some(Kind.NATIONAL_ID, locale))


@pytest.mark.parametrize(
    ("locale", "shape"),
    [
        ("en_US", r"9\d\d-[0-4]\d-\d{4}"),
        ("en_GB", r"QQ\d{6}[A-D]"),
        ("de_DE", r"0\d{10}"),
        ("fr_FR", r"[12]\d\d0[1-9]75\d{6}98"),
        ("it_IT", r"[A-Z]{6}\d\dF\d\d[A-Z]\d{3}[A-Z]"),
        ("es_ES", r"\d{8}[IOU]"),
    ],
)
def test_national_numbers_without_a_check_are_of_shapes_that_nobody_gets(locale: str, shape: str) -> None:
    assert all(re.fullmatch(shape, text) for text in some(Kind.NATIONAL_ID, locale))


FICTION = {
    "en_US": r"\+1-\d{3}-555-01\d\d",
    "en_GB": r"\+44 (20 7946 0|1[1-6]\d 496 0|117 496 0|118 496 0|191 498 0|29 2018 0|28 9649 6|1632 960)\d+",
    "de_DE": r"\+49 (30 23125|40 66969|89 99998|221 4710|69 90009)\d{3}|\+49 (171 39200|176 040690)\d\d",
    "fr_FR": r"\+33 (1 99 00|2 61 91|3 53 01|4 65 71|5 36 49) \d\d \d\d",
    "sv_SE": r"\+46 (8 465 004 \d\d|31 390 06 \d\d|40 628 04 \d\d|980 319 2\d\d|70 174 06 [1-9]\d)",
}


@pytest.mark.parametrize("locale", LOCALES)
def test_phones_are_of_ranges_for_fiction_or_of_prefixes_that_are_not_assigned(locale: str) -> None:
    wide = load_vocabularies(locale).format_of("phone", "")
    beginning = wide[: wide.index("#")]
    assert len(beginning) > 3
    assert all(text.startswith(beginning) for text in some(Kind.PHONE, locale, at_least=10**7))
    shape = FICTION.get(locale, re.escape(beginning) + ".*")
    assert all(re.fullmatch(shape, text) for text in some(Kind.PHONE, locale))


# --- the lists ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", EVERYWHERE)
def test_every_locale_has_lists_whose_words_need_no_escaping(locale: str) -> None:
    words = load_vocabularies(locale)
    assert len(words.lists["given"]) >= 40
    assert all(len(entry) == 13 for entry in words.lists["place"])
    assert not any(set(text) & set('"\\{}\t') for entries in words.lists.values() for entry in entries for text in entry)
    assert all(re.fullmatch("[a-z]+", entry[1]) for name in ("given", "family") for entry in words.lists[name])


def test_every_locale_has_a_digest_of_its_own() -> None:
    digests = [load_vocabularies(locale).digest for locale in EVERYWHERE]
    assert len(set(digests)) == len(digests)


def test_an_address_is_of_one_country_and_of_one_city() -> None:
    for locale in LOCALES:
        places = sorted(load_vocabularies(locale).lists["place"])
        assert len({entry[3] for entry in places}) == 1
        assert all(one[2] == other[2] for one, other in pairwise(places) if one[:2] == other[:2])
