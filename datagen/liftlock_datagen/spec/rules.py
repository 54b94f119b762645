"""Which rules fit a kind of value, and which options a rule takes. Whether a rule fits a column's type is the plan's to say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from liftlock_datagen.spec.model import Kind, Rule

SENSITIVE: frozenset[Kind] = frozenset(
    {
        Kind.PERSON_NAME,
        Kind.GIVEN_NAME,
        Kind.FAMILY_NAME,
        Kind.EMAIL,
        Kind.PHONE,
        Kind.USERNAME,
        Kind.PASSWORD,
        Kind.SECRET,
        Kind.STREET,
        Kind.CITY,
        Kind.REGION,
        Kind.POSTAL_CODE,
        Kind.COUNTRY,
        Kind.COORDINATES,
        Kind.BIRTH_DATE,
        Kind.GENDER,
        Kind.NATIONAL_ID,
        Kind.TAX_ID,
        Kind.IBAN,
        Kind.BANK_ACCOUNT,
        Kind.PAYMENT_CARD,
        Kind.IP_ADDRESS,
        Kind.MAC_ADDRESS,
        Kind.DEVICE_ID,
        Kind.URL,
        Kind.COMPANY,
        Kind.HEALTH,
        Kind.FREE_TEXT,
        Kind.DOCUMENT,
        Kind.FILE,
    }
)
"""What may say who somebody is, or what they are like: kept only where somebody decided that."""

INDIRECT: frozenset[Kind] = frozenset(
    {Kind.CITY, Kind.REGION, Kind.COUNTRY, Kind.POSTAL_CODE, Kind.GENDER, Kind.BIRTH_DATE, Kind.COMPANY, Kind.COORDINATES, Kind.HEALTH}
)
"""What many people share: it tells nobody alone, but together with others of these."""

KEYED: frozenset[Rule] = frozenset({Rule.PSEUDONYM, Rule.SHIFT})
"""Rules whose result depends on the key."""

_COARSE = frozenset(
    {
        Kind.BIRTH_DATE,
        Kind.MOMENT,
        Kind.AMOUNT,
        Kind.NUMBER,
        Kind.POSTAL_CODE,
        Kind.COORDINATES,
        Kind.IP_ADDRESS,
        Kind.MAC_ADDRESS,
        Kind.CATEGORY,
        Kind.PHONE,
        Kind.URL,
    }
)
_DATES = frozenset({Kind.BIRTH_DATE, Kind.MOMENT})
_NO_PSEUDONYM = frozenset({Kind.GENDER, Kind.AMOUNT, Kind.CATEGORY, Kind.FLAG, Kind.MOMENT})
_LINKING = frozenset({Kind.IDENTIFIER, Kind.REFERENCE})

OPTIONS: Mapping[Rule, Mapping[str, str]] = MappingProxyType(
    {
        Rule.KEEP: {},
        Rule.PSEUDONYM: {},
        Rule.GENERALISE: {"to": "year, month or decade, a width such as 10, or how many leading characters stay"},
        Rule.SHIFT: {"days": "how far at most, both ways"},
        Rule.SYNTHETIC: {},
        Rule.CONSTANT: {"value": "what stands there in all rows"},
        Rule.EMPTY: {},
    }
)
"""Rule -> option -> what it means."""


def misfit(kind: Kind, rule: Rule) -> str | None:
    """Why the rule does not fit the kind, with what does; None where it fits."""
    if rule is Rule.KEEP or rule in fitting(kind):
        return None
    return f"rule {rule.value} does not fit {kind.value}{_why(kind, rule)}; it takes {' or '.join(fit.value for fit in fitting(kind))}"


def fitting(kind: Kind) -> tuple[Rule, ...]:
    """The rules that a value of the kind takes."""
    if kind is Kind.REFERENCE:
        return (Rule.KEEP, Rule.EMPTY)
    if kind is Kind.DOCUMENT:
        return (Rule.KEEP, Rule.CONSTANT, Rule.EMPTY)
    if kind is Kind.IDENTIFIER:
        return (Rule.KEEP, Rule.PSEUDONYM)
    rules = [Rule.KEEP, Rule.SYNTHETIC, Rule.CONSTANT, Rule.EMPTY]
    rules += [Rule.PSEUDONYM] * (kind not in _NO_PSEUDONYM) + [Rule.GENERALISE] * (kind in _COARSE) + [Rule.SHIFT] * (kind in _DATES)
    return tuple(rule for rule in Rule if rule in rules)


def _why(kind: Kind, rule: Rule) -> str:
    if kind in _LINKING:
        return " (it must go on linking rows)"
    if rule is Rule.PSEUDONYM and kind in {Kind.GENDER, Kind.FLAG, Kind.CATEGORY}:
        return " (so few values stay recognisable under other names)"
    return ""
