"""What a few sampled values say of a column's kind. The values stay here: what comes out are kinds and shares."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from liftlock_datagen.classify.checksums import is_card, is_iban, is_us_social_security, national_id
from liftlock_datagen.classify.model import Candidate
from liftlock_datagen.spec.model import Kind

_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[A-Za-z]{2,}")
_URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:\+|00)[1-9][\d ()/.\-]{6,18}\d|\(?0?\d{2,4}\)?[ \-/.]\d{3,4}[ \-.]?\d{2,4}(?:[ \-.]?\d{2,4})?(?: ?(?:x|ext\.?) ?\d+)?"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_HASH = re.compile(r"\$(?:2[aby]|argon2\w*|5|6|pbkdf2\S*|scrypt)\$\S+|pbkdf2_\w+\$\S+|\{SSHA\}\S+")
_TOKEN = re.compile(
    r"(?:sk|pk|ghp|xox[bp]|rk|whsec)[_-][A-Za-z0-9_\-]{10,}|eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*|-----BEGIN .*"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_USER_AGENT = re.compile(r"(?:Mozilla|Opera|curl|okhttp|Dalvik)/\d.*")
_PERSON = re.compile(
    r"(?:(?:Dr|Mr|Mrs|Ms|Herr|Frau|Prof)\.? )?[A-ZÀ-Þ][a-zà-ÿ'’\-]+"
    r"(?: (?:[A-Z]\.|de|van|von|der|da|di|le|la))*(?: [A-ZÀ-Þ][A-Za-zà-ÿ'’\-]+){1,2}"
)
_STREET = re.compile(
    r".*\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|rue|calle|via|rua|platz|plaza|place|chemin|allee)\b\.?.*"
    r"|.*(?:strasse|straße|str\.|gasse|weg|platz|allee)\s+\d+.*",
    re.IGNORECASE,
)
_COORDINATES = re.compile(r"\(?-?\d{1,3}\.\d{3,},\s?-?\d{1,3}\.\d{3,}\)?")
_ADDRESS = re.compile(r"[0-9a-f:.]{3,45}(?:/\d{1,3})?", re.IGNORECASE)
_ENOUGH = 0.7
_FIRST = 20


def candidates_by_values(values: Sequence[str]) -> list[Candidate]:
    """What the values say, the likeliest first. Empty ones do not count."""
    told = [value.strip() for value in values if value and value.strip()]
    if not told:
        return []
    found = [*_by_forms(told), *_by_text(told), *_birth_dates(told)]
    return sorted(found, key=lambda item: (-item.confidence, item.kind))


def _by_forms(values: Sequence[str]) -> Iterator[Candidate]:
    for kind, fits, sure, says in _FORMS:
        if kind not in _TELLING and not any(map(fits, values[:_FIRST])):
            continue  # of these most values must be so, and none of the first ones is
        hits = sum(1 for value in values if fits(value))
        share = hits / len(values)
        if share >= _ENOUGH or (hits >= 2 and share >= 0.15 and kind in _TELLING):
            confidence = sure * (0.8 + 0.2 * share) * (1.0 if len(values) >= 5 else 0.85)
            yield Candidate(kind, round(confidence, 3), f"{hits} of {len(values)} sampled values {says}")


def _by_text(values: Sequence[str]) -> Iterator[Candidate]:
    prose = sum(1 for value in values if value.count(" ") >= 4 and re.search(r"[^\W\d_]{2}", value))
    if prose >= max(1, len(values) * 0.3) and len(set(values)) > 1:
        yield Candidate(Kind.FREE_TEXT, 0.7, f"{prose} of {len(values)} sampled values are several words")
    distinct = len(set(values))
    short = all(len(value) <= 30 for value in values)
    if len(values) >= 20 and distinct <= max(3, len(values) // 8) and short:
        yield Candidate(Kind.CATEGORY, 0.6, f"{distinct} different among {len(values)} sampled values")


def embedded(values: Sequence[str]) -> str | None:
    """What stands inside longer values, such as an address of e-mail in prose; None where nothing was seen."""
    for says, pattern in (("addresses of e-mail", _EMAIL), ("telephone numbers", re.compile(r"\+[1-9][\d ]{8,15}"))):
        if any(pattern.search(value) and not pattern.fullmatch(value) for value in values):
            return says
    return None


def _is_ip(text: str) -> bool:
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "." in text or ":" in text


def _is_phone(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return bool(_PHONE.fullmatch(text)) and 7 <= digits <= 15 and not _DATE.fullmatch(text) and not _is_ip(text)


def _birth_dates(values: Sequence[str]) -> Iterator[Candidate]:
    """Days that lie as far back and as far apart as people's birthdays do."""
    years = [int(value[:4]) for value in values if _DATE.fullmatch(value[:10]) and value[:4].isdigit()]
    if len(years) >= 8 and len(years) == len(values) and min(years) >= 1900 and max(years) <= 2015 and max(years) - min(years) >= 25:
        yield Candidate(Kind.BIRTH_DATE, 0.8, f"{len(values)} sampled days lie as far back and apart as birthdays")


def _is_token(text: str) -> bool:
    """Long, of mixed letters and digits, no words: keys and tokens look so."""
    if _TOKEN.fullmatch(text):
        return True
    if not re.fullmatch(r"[A-Za-z0-9+/=_\-]{24,}", text) or _UUID.fullmatch(text) or text.isdigit():
        return False
    return len(set(text)) >= 10 and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


_Form = tuple[Kind, Callable[[str], object], float, str]
_FORMS: tuple[_Form, ...] = (
    (Kind.EMAIL, _EMAIL.fullmatch, 0.97, "are addresses of e-mail"),
    (Kind.IBAN, is_iban, 0.99, "are IBANs by their check digits"),
    (Kind.PAYMENT_CARD, is_card, 0.95, "are card numbers by their check digit"),
    (
        Kind.NATIONAL_ID,
        lambda text: national_id(text) or is_us_social_security(text),
        0.93,
        "are person numbers by their check digits or form",
    ),
    (Kind.PHONE, _is_phone, 0.85, "look like telephone numbers"),
    (Kind.IP_ADDRESS, _is_ip, 0.93, "are IP addresses"),
    (Kind.MAC_ADDRESS, _MAC.fullmatch, 0.95, "are MAC addresses"),
    (Kind.URL, _URL.fullmatch, 0.93, "are URLs"),
    (Kind.PASSWORD, _HASH.fullmatch, 0.97, "are hashes of passwords"),
    (Kind.SECRET, _is_token, 0.75, "look like tokens or keys"),
    (Kind.DEVICE_ID, _USER_AGENT.fullmatch, 0.9, "name browsers"),
    (Kind.STREET, _STREET.fullmatch, 0.7, "look like streets"),
    (Kind.COORDINATES, _COORDINATES.fullmatch, 0.9, "are pairs of coordinates"),
    (Kind.PERSON_NAME, _PERSON.fullmatch, 0.6, "look like names of people"),
    (Kind.IDENTIFIER, _UUID.fullmatch, 0.72, "are UUIDs"),
)
_TELLING = frozenset({Kind.EMAIL, Kind.IBAN, Kind.PAYMENT_CARD, Kind.PASSWORD})
"""Kinds whose form is so clear that a few are enough: the column then is mixed, and as sensitive."""
