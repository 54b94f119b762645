"""A hash of everything that is defined in a database, for who wants to know whether anything was defined otherwise since.

The rows of PostgreSQL's own catalogs, hashed in the server: also what catalog/model.py does not know, bodies of functions and views among
it. They hold the numbers of objects, so it compares a database with itself, or with a copy of its files, at another time.
Not in it: owners, rights and settings, other servers, and what maintenance changes by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

_OWN = 16384  # the first number that PostgreSQL gives to what people make
# Tables that hold long values, which come and go with their tables' files, and tables of a session.
_SCHEMAS = "NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_(toast|temp)')"
_PASSING = f"(SELECT oid FROM pg_catalog.pg_class WHERE NOT relnamespace {_SCHEMAS})"  # noqa: S608 - of constants

# What VACUUM, ANALYZE, CLUSTER and REFRESH change: sizes, files, and flags that are put right late.
_OF_RELATIONS = (
    "relowner", "relacl", "relfilenode", "reltoastrelid", "relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid",
    "relminmxid", "relhasindex", "relhasrules", "relhastriggers", "relhassubclass",
)  # fmt: skip
_OWNERS = {
    "pg_extension": "extowner", "pg_operator": "oprowner", "pg_opclass": "opcowner", "pg_opfamily": "opfowner", "pg_conversion": "conowner",
    "pg_ts_config": "cfgowner", "pg_ts_dict": "dictowner",
}  # fmt: skip
_PLAIN = (
    "pg_am", "pg_amop", "pg_amproc", "pg_cast", "pg_enum", "pg_transform", "pg_ts_parser", "pg_ts_template",
)  # fmt: skip
_OF_A_TABLE = {
    "pg_attrdef": "adrelid", "pg_constraint": "conrelid", "pg_inherits": "inhrelid", "pg_partitioned_table": "partrelid",
    "pg_policy": "polrelid", "pg_rewrite": "ev_class", "pg_sequence": "seqrelid", "pg_trigger": "tgrelid",
}  # fmt: skip

# Catalog -> which of its rows (t), and the columns that are left out.
_CATALOGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pg_namespace": (f"t.oid >= {_OWN} AND t.oid {_SCHEMAS}", ("nspowner", "nspacl")),
    "pg_class": (f"t.oid >= {_OWN} AND t.relnamespace {_SCHEMAS}", _OF_RELATIONS),
    "pg_attribute": (f"t.attrelid >= {_OWN} AND t.attrelid NOT IN {_PASSING}", ("attacl", "atthasmissing", "attmissingval")),
    "pg_index": (f"t.indrelid >= {_OWN} AND t.indrelid NOT IN {_PASSING}", ("indcheckxmin",)),
    "pg_statistic_ext": (f"t.oid >= {_OWN} AND t.stxrelid NOT IN {_PASSING}", ("stxowner",)),
    "pg_type": (f"t.oid >= {_OWN} AND t.typnamespace {_SCHEMAS}", ("typowner", "typacl")),
    "pg_proc": (f"t.oid >= {_OWN} AND t.pronamespace {_SCHEMAS}", ("proowner", "proacl")),
    "pg_language": (f"t.oid >= {_OWN}", ("lanowner", "lanacl")),
    "pg_collation": (f"t.oid >= {_OWN}", ("collowner", "collversion")),
    "pg_description": (f"t.objoid >= {_OWN} AND t.objoid NOT IN {_PASSING}", ()),
    "pg_aggregate": (f"t.aggfnoid::oid >= {_OWN}", ()),
    "pg_range": (f"t.rngtypid >= {_OWN}", ()),
    "pg_ts_config_map": (f"t.mapcfg >= {_OWN}", ()),
    "pg_depend": (f"t.objid >= {_OWN} AND t.deptype IN ('a', 'e', 'x') AND t.refobjid NOT IN {_PASSING}", ()),
    **{name: (f"t.oid >= {_OWN}", (owner,)) for name, owner in _OWNERS.items()},
    **dict.fromkeys(_PLAIN, (f"t.oid >= {_OWN}", ())),
    **{name: (f"t.{table} NOT IN {_PASSING} AND (t.{table} = 0 OR t.{table} >= {_OWN})", ()) for name, table in _OF_A_TABLE.items()},
}


def definitions(connection: psycopg.Connection[Any]) -> str:
    """The hash, of the moment that the connection's transaction sees."""
    path = connection.execute("SELECT current_setting('search_path')").fetchone()
    connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")  # functions are shown by it
    line = sql.SQL("sha256(convert_to(said, 'UTF8'))")
    query = sql.SQL("SELECT encode(sha256(coalesce(string_agg({0}, ''::bytea ORDER BY said COLLATE \"C\"), '')), 'hex') FROM ({1}) every")
    row = connection.execute(query.format(line, sql.SQL(" UNION ALL ").join(_each()))).fetchone()
    connection.execute("SELECT set_config('search_path', %s, false)", [path[0] if path else ""])
    return str(row[0]) if row else ""


def _each() -> Iterator[sql.Composable]:
    for name, (which, without) in _CATALOGS.items():
        row = sql.SQL("to_jsonb(t)") + sql.SQL("").join(sql.SQL(" - {}").format(sql.Literal(column)) for column in without)
        every = sql.SQL(f"FROM pg_catalog.{name} t WHERE {which}")
        yield sql.SQL("SELECT {} || ({})::text AS said ").format(sql.Literal(name), row) + every
