"""What a column's name says about its values. Pure tables and lookups; types and checks have the last word (see columns)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.synthesis.draws import Uniform
from liftlock_datagen.synthesis.forms import Listed, Word
from liftlock_datagen.synthesis.generators import Composed, Generator, Scaled, Title
from liftlock_datagen.synthesis.meanings import MAKERS, VALUES, WORDS, firm_makers
from liftlock_datagen.synthesis.person_makers import PersonName
from liftlock_datagen.vocabulary.words import COUNTRY, LATITUDE, LONGITUDE, Vocabularies

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

_GENDERS = {"f": ("f", "female", "w", "woman", "weiblich", "femme"), "m": ("m", "male", "man", "männlich", "homme")}
_ON_MAP = "(geo|gps|location|position|place|address|addr)_"
_COORDINATES = {rf"({_ON_MAP})?lat(itude)?": LATITUDE, rf"({_ON_MAP})?(lon|lng|long|longitude)": LONGITUDE}
_POINTS = re.compile(r"(.*_)?(coordinates?|coords|location|position|geo|latlng|point)")

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
    if _ends_with(_FIRMS, plain_name(table.name)):
        firms = len(vocabularies.lists["company"])
        found += [maker for pattern, makers in firm_makers(firms).items() if re.fullmatch(pattern, plain) for maker in makers]
    if plain == "title" and _ends_with(_PERSONS, plain_name(table.name)):
        found += _words_within(Word("role", 0, max_length), "", vocabularies)
    for pattern, words in VALUES.items():
        if re.fullmatch(pattern, plain):
            found.append(Scaled(Uniform(0, len(words) - 1, skewed=True), Listed(words)))
    for pattern, (vocabulary, field, shared) in WORDS.items():
        coded = field == COUNTRY and vocabulary == "place" and 0 < max_length <= 3  # such a column holds a code, however short the name is
        if re.fullmatch(pattern, plain) and not coded:
            found += _words_within(Word(vocabulary, field, max_length), shared, vocabularies)
    for pattern, makers in MAKERS.items():
        if re.fullmatch(pattern, plain):
            found += makers
    if re.fullmatch(r"(.*_)?(state|status|phase|stage)", plain):
        key = next((key for key in _STATES if key and key in table.name.lower()), "")
        found.append(Scaled(Uniform(0, len(_STATES[key]) - 1, skewed=True), Listed(_STATES[key])))
    if re.fullmatch(r"(.*_)?(name|label|title)|full_?name|display_?name", plain):
        found.insert(0 if "_" not in plain else len(found), _name_of(plain_name(table.name), plain, vocabularies, max_length))
    return [*found, Title(3, " ", unique=False), Title(2, " ", unique=False), Title(1, " ", unique=False)]


def person_values(name: str, values: tuple[str, ...], vocabularies: Vocabularies) -> Generator | None:
    """For a gender that is one of some values: the one that goes with the row's given name; None where they do not tell women from men."""
    if not re.fullmatch(r"(.*_)?(gender|sex)", plain_name(name)):
        return None
    spelled = {gender: next((value for value in values if value.lower() in words), "") for gender, words in _GENDERS.items()}
    if not all(spelled.values()):
        return None
    texts = tuple(spelled.get(entry[2], values[0]) for entry in vocabularies.lists["given"])
    return Scaled(Uniform(0, len(texts) - 1), Listed(texts), "person.given")


def place_number(name: str, vocabularies: Vocabularies, low: float, high: float) -> Generator | None:
    """For a latitude or longitude that may be from low to high: that of the row's place."""
    field = next((field for pattern, field in _COORDINATES.items() if re.fullmatch(pattern, plain_name(name))), None)
    if field is None:
        return None
    values = [float(text) for text in vocabularies.column("place", field)]
    return _of_place(field, vocabularies) if low <= min(values) and max(values) <= high else None


def place_point(name: str, vocabularies: Vocabularies) -> Generator | None:
    """For a point on the map: that of the row's place."""
    if not _POINTS.fullmatch(plain_name(name)):
        return None
    return Composed(("(", _of_place(LONGITUDE, vocabularies), ",", _of_place(LATITUDE, vocabularies), ")"))


def _of_place(field: int, vocabularies: Vocabularies) -> Scaled:
    return Scaled(Uniform(0, len(vocabularies.lists["place"]) - 1), Word("place", field), "place")


def _words_within(word: Word, shared: str, vocabularies: Vocabularies) -> list[Generator]:
    """The vocabulary's words; where some are too long, cut to the column, so that it still agrees with those that share the draw.

    Where most are too long, those that fit, drawn on their own.
    """
    fitting, whole = (vocabularies.column(word.vocabulary, word.field, length) for length in (word.max_length, 0))
    if len(fitting) == len(whole):
        return [Scaled(Uniform(0, len(whole) - 1), Word(word.vocabulary, word.field), shared)]
    if shared and 2 * len(fitting) > len(whole):
        cut = tuple(text[: word.max_length].rstrip() for text in whole)
        return [Scaled(Uniform(0, len(whole) - 1), Listed(cut), shared)]
    return [Scaled(Uniform(0, len(fitting) - 1), word)] if fitting else []


def _name_of(table: str, column: str, vocabularies: Vocabularies, max_length: int) -> Generator:
    """What a name in this table names: a person, a firm, a group of things, or a thing."""
    if "full" in column or _ends_with(_PERSONS, table):
        return PersonName()
    vocabulary = "company" if _ends_with(_FIRMS, table) else "category" if _ends_with(_GROUPS, table) else ""
    if vocabulary:
        found = _words_within(Word(vocabulary, 0, max_length), vocabulary, vocabularies)
        return found[0] if found else Title(3, " ", unique=False)
    return Title(3, " ", unique=False)


def _ends_with(nouns: re.Pattern[str], table: str) -> bool:
    return bool(re.fullmatch(rf"(.*_)?({nouns.pattern})", table))
