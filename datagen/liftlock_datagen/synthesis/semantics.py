"""What a column's name says about its values. Pure tables and lookups; types and checks have the last word (see columns)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import Uniform
from liftlock_datagen.synthesis.generators import Code, Email, Generator, Listed, PersonName, Phone, Prose, Scaled, Street, Title, Word
from liftlock_datagen.vocabulary.words import Vocabularies

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STATES = {
    "order": ("paid", "shipped", "delivered", "pending", "cancelled", "refunded"),
    "payment": ("captured", "authorized", "failed", "refunded"),
    "": ("active", "inactive", "pending", "archived"),
}
_PERSONS = re.compile(
    r"customers?|users?|persons?|people|employees?|accounts?|authors?|contacts?|members?|patients?|students?|staff|actors?"
)
_FIRMS = re.compile(r"compan(y|ies)|suppliers?|vendors?|organi[sz]ations?|tenants?|manufacturers?|brands?|shippers?|stores?|shops?")
_GROUPS = re.compile(r"categor(y|ies)|departments?|genres?|topics?")

DAY = 86400
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Range:
    """A usual range of a number, in whole units, small ones more common where skewed."""

    low: int
    high: int
    skewed: bool = False


# Order matters: the first expression that matches the whole name decides. Amounts are in the column's whole units.
_NUMBERS: tuple[tuple[str, Range], ...] = (
    (r".*(price|cost|fee|amount|total|sum|paid|balance|budget|revenue|shipping|discount|tax)_(cents?|minor)", Range(199, 49999, True)),
    (r".*(percent|percentage|pct|discount_rate|commission)", Range(0, 30, True)),
    (r".*(tax_rate|vat_rate|_rate|rate)", Range(0, 25)),
    (r".*(grand_?total|total|subtotal|revenue|balance|budget)", Range(5, 2000, True)),
    (r".*salary", Range(24000, 120000, True)),
    (r".*(discount|tax|fee|shipping|postage|tip)", Range(0, 20, True)),
    (r".*(price|amount|cost|paid|charge|value)", Range(2, 500, True)),
    (r"(.*_)?(quantity|qty|count|units)", Range(1, 10, True)),
    (r"(.*_)?(rating|stars|score)", Range(1, 5)),
    (r".*(stock|inventory|on_hand|available).*", Range(0, 500, True)),
    (r"(.*_)?(line_?(no|number|nr)?|position|sort(_order)?|rank|ordinal|seq(uence)?|level)", Range(1, 20)),
    (r"(.*_)?age", Range(18, 90)),
    (r"(.*_)?year", Range(1990, 2025)),
    (r"(.*_)?month", Range(1, 12)),
    (r"(.*_)?day(_of_month)?", Range(1, 28)),
    (r"(.*_)?(weight|mass)(_g|_grams?)?", Range(50, 5000, True)),
    (r"(.*_)?(weight|mass)_kg", Range(1, 40, True)),
    (r"(.*_)?(width|height|depth|length)(_(mm|cm))?", Range(1, 200, True)),
    (r"(.*_)?lat(itude)?", Range(-60, 70)),
    (r"(.*_)?(lon|lng|long|longitude)", Range(-180, 179)),
    (r"(.*_)?duration(_.*)?", Range(1, 600, True)),
    (r"(.*_)?(version|revision|attempts?)", Range(1, 5, True)),
    (r"(.*_)?port", Range(1024, 65535)),
)
ANY_NUMBER = Range(0, 1000, True)

# When in a row's life a time lies: windows after the moment that all of a row's times share. They do not overlap where order is natural.
_MILESTONES: tuple[tuple[str, tuple[int, int]], ...] = (
    (r".*(birth|born|dob).*", (-70 * 365 * DAY, -20 * 365 * DAY)),
    (r".*(valid_from|start(s|ed)?|begin|began|hired?|opens?|opened|since|from).*", (0, 0)),
    (r".*(creat|insert|register|sign(ed)?_?up|join|added).*", (0, 0)),
    (r".*(placed|ordered|order_date|submitted|requested|booked|issued|opened|sent).*", (60, 50 * 60)),
    (r".*(paid|authori[sz]ed|captured|payment|confirmed|approved|verified|processed|accepted).*", (HOUR, 20 * HOUR)),
    (r".*(packed|ship|dispatch).*", (DAY, 3 * DAY)),
    (r".*(deliver|received|arriv|completed|finished|closed|resolved|fulfilled).*", (4 * DAY, 9 * DAY)),
    (r".*(review|rated|published|posted|commented|refund|return|cancel).*", (10 * DAY, 20 * DAY)),
    (r".*(updat|modif|changed|last_|login|seen).*", (21 * DAY, 60 * DAY)),
    (r".*(delet|archiv|removed|disabled|deactivat).*", (61 * DAY, 90 * DAY)),
    (r".*(expir|valid_(to|until)|end(s|ed)?|until|due|deadline|renew).*", (91 * DAY, 400 * DAY)),
)
_RARE = re.compile(r".*(delet|archiv|cancel|refund|disabled|deactivat|middle|suffix|removed).*")
_LATE = re.compile(r".*(ship|deliver|completed|closed|resolved|paid|captured).*")


def plain_name(name: str) -> str:
    """The name in lower case with underscores, however it was written."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-.]+", "_", name)
    return re.sub(r"_+", "_", spaced).lower().strip("_")


def usual_range(name: str) -> Range | None:
    """The usual range of a number of that name; None where the name says nothing."""
    plain = plain_name(name)
    return next((found for pattern, found in _NUMBERS if re.fullmatch(pattern, plain)), None)


def milestone_window(name: str) -> tuple[int, int]:
    """The window, in seconds after the row's shared moment, in which a time of that name lies."""
    plain = plain_name(name)
    return next((window for pattern, window in _MILESTONES if re.fullmatch(pattern, plain)), (0, 30 * DAY))


def usual_nulls(name: str) -> int:
    """How many of 65,536 rows leave a nullable column of that name empty."""
    plain = plain_name(name)
    if _RARE.fullmatch(plain):
        return 60000
    return 20000 if _LATE.fullmatch(plain) else 6000


def text_candidates(table: TableName, name: str, vocabularies: Vocabularies, max_length: int) -> list[Generator]:
    """What a text column of that name may hold, the most telling first. Checks and lengths decide among them."""
    plain = plain_name(name)
    found: list[Generator] = []
    for pattern, words in _VALUES.items():
        if re.fullmatch(pattern, plain):
            found.append(Scaled(Uniform(0, len(words) - 1, skewed=True), Listed(words)))
    for pattern, (vocabulary, field, shared) in _WORDS.items():
        if re.fullmatch(pattern, plain):
            found += _words_within(Word(vocabulary, field, max_length), shared, vocabularies)
    for pattern, makers in _MAKERS.items():
        if re.fullmatch(pattern, plain):
            found += makers
    if re.fullmatch(r"(.*_)?(state|status|phase|stage)", plain):
        key = next((key for key in _STATES if key and key in table.name.lower()), "")
        found.append(Scaled(Uniform(0, len(_STATES[key]) - 1, skewed=True), Listed(_STATES[key])))
    if re.fullmatch(r"(.*_)?(name|label|title)|full_?name|display_?name", plain):
        found.insert(0 if "_" not in plain else len(found), _name_of(plain_name(table.name), plain, vocabularies, max_length))
    return [*found, Title(3, " ", unique=False), Title(2, " ", unique=False), Title(1, " ", unique=False)]


def _words_within(word: Word, shared: str, vocabularies: Vocabularies) -> list[Generator]:
    """The vocabulary's words, or those short enough. Only where all are does the column agree with the others that share the draw."""
    fitting, whole = (len(vocabularies.column(word.vocabulary, word.field, length)) for length in (word.max_length, 0))
    if fitting == whole:
        return [Scaled(Uniform(0, whole - 1), Word(word.vocabulary, word.field), shared)]
    return [Scaled(Uniform(0, fitting - 1), word)] if fitting else []


def _name_of(table: str, column: str, vocabularies: Vocabularies, max_length: int) -> Generator:
    """What a name in this table names: a person, a firm, a group of things, or a thing."""
    if "full" in column or _ends_with(_PERSONS, table):
        return PersonName()
    vocabulary = "company" if _ends_with(_FIRMS, table) else "category" if _ends_with(_GROUPS, table) else ""
    entries = len(vocabularies.column(vocabulary, 0, max_length)) if vocabulary else 0
    if entries:
        return Scaled(Uniform(0, entries - 1), Word(vocabulary, 0, max_length))
    return Title(3, " ", unique=False)


def _ends_with(nouns: re.Pattern[str], table: str) -> bool:
    return bool(re.fullmatch(rf"(.*_)?({nouns.pattern})", table))


_VALUES = {
    r"(.*_)?currency(_code)?": ("EUR", "USD", "GBP", "PLN"),
    r"(.*_)?(gender|sex)": ("f", "m", "x"),
    r"(.*_)?(method|payment_method|provider)": ("card", "transfer", "invoice", "wallet"),
    r"(.*_)?carrier": ("parcel", "express", "pickup"),
    r"(.*_)?(language|lang)(_code)?": ("en", "de", "fr", "nl", "es", "it", "pl"),
    r"(.*_)?(time_?zone|tz)": ("UTC", "Europe/Berlin", "Europe/London", "America/New_York"),
    r"(.*_)?(mime_?type|content_?type)": ("text/plain", "image/png", "application/json"),
    r"(.*_)?(password|passwd|pwd)(_?(hash|digest))?": ("!",),  # no login is possible with it
}
_WORDS = {
    r"(.*_)?(first|given|fore)_?names?": ("given", 0, "person.given"),
    r"(.*_)?(last|family|sur)_?names?": ("family", 0, "person.family"),
    r"middle_?name": ("given", 0, ""),
    r"(.*_)?(city|town|place)(_name)?": ("place", 0, "place"),
    r"(.*_)?(postcode|postal_?code|zip(_?code)?)": ("place", 1, "place"),
    r"(.*_)?(region|state|province|county)": ("place", 2, "place"),
    r"(.*_)?country(_name)?": ("place", 4, "place"),
    r"(.*_)?country(_?(code|iso\d?))?": ("place", 3, "place"),
    r"(.*_)?(locale)": ("place", 5, "place"),
    r"(.*_)?(company|organi[sz]ation|employer|brand|manufacturer|supplier|vendor)(_?name)?": ("company", 0, ""),
    r"(.*_)?(color|colour)": ("color", 0, ""),
    r"(.*_)?(category|department|genre)(_?name)?": ("category", 0, ""),
    r"(.*_)?(role|job|job_?title|position|profession)": ("role", 0, ""),
    r"(.*_)?tags?": ("tag", 0, ""),
    r"(.*_)?material": ("material", 0, ""),
}
_MAKERS: dict[str, tuple[Generator, ...]] = {
    r"(.*_)?e_?mail(_?address)?": (Email(), Email(short=True)),
    r"(.*_)?(user_?name|login|handle|nick(name)?)": (Title(2, ".", unique=True, lower=True),),
    r"(.*_)?(phone|mobile|telephone|tel|fax|cell)(_?(number|no|nr))?": (Phone(),),
    r"(.*_)?(street|address|street_?address|address_?(line)?_?1?|line_?1)": (Street(),),
    r"(.*_)?(customer|contact|recipient|author|owner|person|holder|full|created_by|updated_by)_?name": (PersonName(),),
    r"(.*_)?(author|recipient|contact|created_by|updated_by|owner|assignee)": (PersonName(),),
    r"(.*_)?(product|item|article)_?name": (Title(3, " ", unique=False),),
    r"(.*_)?slug": (Title(3, "-", unique=True, lower=True),),
    r"(.*_)?(url|website|homepage|link|href|image|avatar|picture|photo)(_?ur[il])?": (
        Title(3, "-", unique=True, lower=True, prefix="https://www.example.com/"),
    ),
    r"(.*_)?(ip|ip_?address|remote_addr|client_ip)": (Scaled(Uniform(1, 254), Listed(tuple(f"192.0.2.{n}" for n in range(255)))),),
    r"(.*_)?(sku|article_?number|product_?code|part_?number|ean|barcode)": (Scaled(Uniform(0, 32**6 - 1), Code("SKU-", _CROCKFORD, 6)),),
    r"(.*_)?(last_?4|last_?four)(_digits)?": (Scaled(Uniform(0, 9999), Code("", "0123456789", 4)),),
    r"(.*_)?(code|number|reference|ref|token|external_id|transaction_id|tracking(_.*)?|no)": (
        Scaled(Uniform(0, 32**8 - 1), Code("", _CROCKFORD, 8)),
    ),
    r"(.*_)?(comments?|reviews?|feedback|body|text|content|message|description|notes?|remarks?|summary|bio|details|reason|subject)": (
        Prose("opinion", 3),
        Prose("opinion", 2),
        Prose("opinion", 1),
    ),
}
