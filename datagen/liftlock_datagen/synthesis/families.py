"""Families of types: those whose values are made in the same way. Pure."""

from __future__ import annotations

from enum import StrEnum

from liftlock_datagen.catalog.model import ColumnType, TypeKind


class Family(StrEnum):
    """Types whose values are made in the same way."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    ENUM = "enum"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    BINARY = "binary"
    NETWORK = "network"
    HARDWARE = "hardware"
    BITS = "bits"
    XML = "xml"
    TECHNICAL = "technical"
    VECTOR = "vector"
    RANGE = "range"
    MULTIRANGE = "multirange"
    ARRAY = "array"
    COMPOSITE = "composite"
    UNSUPPORTED = "unsupported"


_FAMILIES = {
    "int2 int4 int8 numeric float4 float8 money oid": Family.NUMBER,
    "text varchar bpchar citext name char refcursor": Family.TEXT,
    "bool": Family.BOOLEAN,
    "date": Family.DATE,
    "timestamp timestamptz": Family.MOMENT,
    "time timetz": Family.TIME,
    "interval": Family.INTERVAL,
    "uuid": Family.UUID,
    "json jsonb": Family.JSON,
    "bytea": Family.BINARY,
    "inet cidr": Family.NETWORK,
    "macaddr": Family.HARDWARE,
    "bit varbit": Family.BITS,
    "xml": Family.XML,
    "point line lseg box path polygon circle cube seg tsquery jsonpath ltree lquery ltxtquery hstore macaddr8": Family.TECHNICAL,
    "pg_lsn tid xid cid xid8 pg_snapshot txid_snapshot int2vector oidvector": Family.TECHNICAL,
    "regclass regtype regproc regprocedure regoper regoperator regrole regnamespace": Family.TECHNICAL,
    "regconfig regdictionary regcollation ean13 isbn13 isbn ismn13 ismn issn13 issn upc": Family.TECHNICAL,
    "tsvector": Family.VECTOR,
    "int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange": Family.MULTIRANGE,
    "int4range int8range numrange daterange tsrange tstzrange": Family.RANGE,
}
_BY_KIND = {
    TypeKind.ARRAY: Family.ARRAY,
    TypeKind.COMPOSITE: Family.COMPOSITE,
    TypeKind.RANGE: Family.RANGE,
    TypeKind.MULTIRANGE: Family.MULTIRANGE,
}
_BY_NAME = {name: family for names, family in _FAMILIES.items() for name in names.split()}


def family_of(kind: ColumnType) -> Family:
    """The family of a type, domains already resolved."""
    if kind.kind is TypeKind.ENUM:
        return Family.ENUM
    if kind.kind in _BY_KIND:
        return _BY_KIND[kind.kind]
    return _BY_NAME.get(kind.name, Family.UNSUPPORTED)
