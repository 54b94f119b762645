"""Numbers that people, firms and devices are known by: in forms that no office gives, see docs/data/values.md for each with its source."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock_datagen.spec.model import Kind
from liftlock_datagen.vocabulary.check_digits import eleven_minus, luhn, weighted
from liftlock_datagen.vocabulary.parts import Coded, Filled, Literal, Miscounted, Part, WrongAccount
from liftlock_datagen.vocabulary.words import COUNTRY_CODE, Vocabularies

_EAN = weighted((1, 3) * 6, 10)
_NATIONAL: dict[str, Part] = {
    "US": Filled(("9##-~#-####",)),  # 9xx is no area of social security; groups below 50 are not those of tax numbers
    "GB": Filled(("QQ######A", "QQ######B", "QQ######C", "QQ######D")),  # Q is no first letter of a National Insurance number
    "DE": Filled(("0##########",)),  # tax identification numbers that begin with 0 are for tests
    "CH": Miscounted("756", 9, _EAN, "###.####.####.##"),
    "FR": Filled(("1##0@75######98", "2##0@75######98")),  # the key is at most 97
    "IT": Filled(("??????##F##?###?",)),  # F stands for no month
    "ES": Filled(("########I", "########O", "########U")),  # these letters check no number
    "BR": Miscounted("", 9, eleven_minus((10, 9, 8, 7, 6, 5, 4, 3, 2)), "###.###.###-#0"),
    "NL": Miscounted("", 8, weighted((9, 8, 7, 6, 5, 4, 3, 2), 11)),
    "PL": Miscounted("", 10, weighted((1, 3, 7, 9, 1, 3, 7, 9, 1, 3), 10)),
    "SE": Miscounted("", 9, luhn, "######-####"),
    "JP": Miscounted("", 11, eleven_minus((6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))),
}
_ACCOUNTS = {
    "GB": WrongAccount("GB", "XXXX", 14),
    "DE": WrongAccount("DE", "", 18),
    "CH": WrongAccount("CH", "", 17),
    "FR": WrongAccount("FR", "00000", 18),
    "IT": WrongAccount("IT", "X0000", 18),
    "ES": WrongAccount("ES", "00", 18),
    "BR": WrongAccount("BR", "00000", 18, "C1"),
    "NL": WrongAccount("NL", "XXXX", 10),
    "PL": WrongAccount("PL", "000000", 18),
    "SE": WrongAccount("SE", "00", 18),
}
_NO_COUNTRY = WrongAccount("XX", "", 18)  # for countries without IBAN: XX is no country


def identifiers(kind: Kind, words: Vocabularies) -> Iterator[tuple[Part, ...]]:
    """The forms of the kind, the most natural first; none for a kind without text of its own."""
    country = words.column("place", COUNTRY_CODE)[0]
    match kind:
        case Kind.NATIONAL_ID:
            yield (_NATIONAL[country],)
        case Kind.TAX_ID:
            yield (Filled(("00-#######",) if country == "US" else ("XX#########",)),)
        case Kind.IBAN:
            yield (_ACCOUNTS.get(country, _NO_COUNTRY),)
        case Kind.BANK_ACCOUNT:
            yield (Filled(("00########",)),)
        case Kind.PAYMENT_CARD:
            yield (Miscounted("400000", 9, luhn),)
        case Kind.DEVICE_ID:
            yield (Miscounted("00", 12, luhn),)
        case Kind.IP_ADDRESS:
            yield (Filled(tuple(f"{block}.{hundreds}" for block in ("192.0.2", "198.51.100", "203.0.113") for hundreds in ("1##", "@#"))),)
            yield (Filled(("2001:db8:&&&&:&&&&:&&&&:&&&&::1",)),)
        case Kind.MAC_ADDRESS:
            yield (Filled(("02:&&:&&:&&:&&:&&",)),)
        case Kind.PASSWORD:
            yield (Literal("!"),)  # no login is possible with it
        case Kind.SECRET | Kind.IDENTIFIER:
            for letters in (6, 8, 10, 13):
                yield (Coded(letters),)
        case _:
            return
