"""Which kinds a type can hold, and what it is where nothing else is known."""

from __future__ import annotations

from liftlock_datagen.catalog.model import Column, ColumnType, TypeKind
from liftlock_datagen.classify.decide import Family
from liftlock_datagen.classify.model import Candidate
from liftlock_datagen.spec.model import Kind

TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name", "char"})
_INTEGERS = frozenset({"int2", "int4", "int8", "oid", "xid"})
_NUMBERS = _INTEGERS | {"numeric", "float4", "float8", "money"}
_TIMES = frozenset({"timestamp", "timestamptz", "time", "timetz", "interval", "tstzrange", "tsrange", "tsmultirange", "tstzmultirange"})
_DATES = frozenset({"date", "daterange", "datemultirange"})
_PLACES = frozenset({"point", "line", "lseg", "box", "path", "polygon", "circle", "geometry", "geography", "cube", "earth"})
DOCUMENTS = frozenset({"json", "jsonb", "hstore"})

_OF_DATES = frozenset({Kind.MOMENT, Kind.BIRTH_DATE})
_OF_WHOLE_NUMBERS = frozenset(
    {
        Kind.NUMBER,
        Kind.AMOUNT,
        Kind.IDENTIFIER,
        Kind.REFERENCE,
        Kind.CATEGORY,
        Kind.FLAG,
        Kind.PHONE,
        Kind.NATIONAL_ID,
        Kind.TAX_ID,
        Kind.BANK_ACCOUNT,
        Kind.PAYMENT_CARD,
        Kind.POSTAL_CODE,
        Kind.BIRTH_DATE,
        Kind.GENDER,
        Kind.HEALTH,
        Kind.DEVICE_ID,
        Kind.SECRET,
        Kind.IP_ADDRESS,
        Kind.TECHNICAL,
    }
)
_OF_NUMBERS = _OF_WHOLE_NUMBERS - {Kind.IDENTIFIER, Kind.REFERENCE, Kind.CATEGORY, Kind.FLAG, Kind.GENDER, Kind.SECRET} | {Kind.COORDINATES}
_NOT_OF_TEXT = frozenset({Kind.FLAG, Kind.MOMENT, Kind.NUMBER, Kind.AMOUNT, Kind.REFERENCE, Kind.DOCUMENT})


def can_hold(type: ColumnType, kind: Kind) -> bool:
    """Whether values of the kind can stand in a column of the type."""
    name = base_of(type).name
    if base_of(type).labels:
        return kind in {Kind.CATEGORY, Kind.GENDER, Kind.COUNTRY, Kind.REGION, Kind.HEALTH, Kind.FLAG}
    if name in TEXTS:
        return kind not in _NOT_OF_TEXT
    if name in DOCUMENTS or name == "xml":
        return kind in {Kind.DOCUMENT, Kind.SECRET, Kind.TECHNICAL, Kind.FREE_TEXT}
    holds: frozenset[Kind] = _FIXED.get(name, frozenset(Kind))
    return kind in holds


def base_of(type: ColumnType) -> ColumnType:
    """What an array is made of; the type itself otherwise."""
    while type.element is not None:
        type = type.element
    return type


def family_of(type: ColumnType) -> Family:
    """What rules need to know of the type."""
    families = (
        (TEXTS, Family.TEXT),
        (_NUMBERS - {"money"}, Family.NUMBER),
        (_PLACES, Family.PLACE),
        (frozenset({"tsvector"}), Family.SEARCH),
    )
    if type.name in {"date", "timestamp", "timestamptz"}:
        return Family.DATE
    if type.kind in {TypeKind.COMPOSITE, TypeKind.OTHER} or (type.extension and type.name not in TEXTS):
        return Family.OPAQUE
    return next((family for names, family in families if type.name in names and not type.labels), Family.OTHER)


def candidate_by_type(column: Column) -> Candidate | None:
    """What the type alone says; None for types that hold anything."""
    type = base_of(column.type)
    if type.labels:
        return Candidate(Kind.CATEGORY, 0.85, "its type lists its values")
    for names, kind, confidence in _BY_TYPE:
        if type.name in names:
            return Candidate(kind, confidence, f"its type is {type.name}")
    return None


_FIXED: dict[str, frozenset[Kind]] = {
    "bool": frozenset({Kind.FLAG, Kind.HEALTH, Kind.GENDER}),
    "uuid": frozenset({Kind.IDENTIFIER, Kind.REFERENCE, Kind.SECRET, Kind.DEVICE_ID}),
    "inet": frozenset({Kind.IP_ADDRESS}),
    "cidr": frozenset({Kind.IP_ADDRESS}),
    "macaddr": frozenset({Kind.MAC_ADDRESS}),
    "macaddr8": frozenset({Kind.MAC_ADDRESS}),
    "bytea": frozenset({Kind.FILE, Kind.SECRET, Kind.PASSWORD}),
    "tsvector": frozenset({Kind.FREE_TEXT}),
    **dict.fromkeys(_TIMES, _OF_DATES),
    **dict.fromkeys(_DATES, _OF_DATES),
    **dict.fromkeys(_INTEGERS, _OF_WHOLE_NUMBERS),
    **dict.fromkeys(_NUMBERS - _INTEGERS, _OF_NUMBERS),
    **dict.fromkeys(_PLACES, frozenset({Kind.COORDINATES})),
}
_BY_TYPE: tuple[tuple[frozenset[str], Kind, float], ...] = (
    (frozenset({"bool"}), Kind.FLAG, 0.85),
    (frozenset({"inet", "cidr"}), Kind.IP_ADDRESS, 0.9),
    (frozenset({"macaddr", "macaddr8"}), Kind.MAC_ADDRESS, 0.95),
    (DOCUMENTS, Kind.DOCUMENT, 0.95),
    (frozenset({"bytea"}), Kind.FILE, 0.7),
    (frozenset({"tsvector"}), Kind.FREE_TEXT, 0.9),
    (frozenset({"xml"}), Kind.FREE_TEXT, 0.6),
    (_PLACES, Kind.COORDINATES, 0.75),
    (_TIMES, Kind.MOMENT, 0.82),
    (_DATES, Kind.MOMENT, 0.7),
    (frozenset({"money"}), Kind.AMOUNT, 0.85),
    (frozenset({"numeric"}), Kind.AMOUNT, 0.68),
    (frozenset({"float4", "float8", "int2", "int4", "int8", "numrange", "int4range", "int8range"}), Kind.NUMBER, 0.68),
    (frozenset({"uuid"}), Kind.IDENTIFIER, 0.7),
    (frozenset({"ltree", "tsquery", "pg_lsn", "xid", "regclass"}), Kind.TECHNICAL, 0.7),
)
