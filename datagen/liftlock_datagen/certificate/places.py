"""Text in a database that is in no row of a table: comments, definitions, labels, settings, statistics, large objects, sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from liftlock_datagen.database.connect import Connection

# ruff: noqa: S608 - the queries are put together from our own words alone
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
QUERIES = {
    "comment": """
        SELECT coalesce(c.relname, p.proname, t.typname, n.nspname, k.conname, d.classoid::regclass::text), d.description
        FROM pg_description d
        LEFT JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
        LEFT JOIN pg_proc p ON d.classoid = 'pg_proc'::regclass AND p.oid = d.objoid
        LEFT JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid
        LEFT JOIN pg_namespace n ON d.classoid = 'pg_namespace'::regclass AND n.oid = d.objoid
        LEFT JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
        WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
        UNION ALL SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()""",
    "column default": "SELECT a.attrelid::regclass || '.' || a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d"
    " JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum",
    "constraint": f"SELECT k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace"
    f" WHERE k.contype IN ('c', 'x') AND {_OURS}",
    "index": f"SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('i', 'I') AND {_OURS}",
    "enum label": "SELECT enumtypid::regtype::text, enumlabel FROM pg_enum",
    "partition bound": "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relpartbound IS NOT NULL",
    "view": f"SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('v', 'm') AND {_OURS}",
    "function": f"SELECT p.proname, concat_ws(' ', p.prosrc, CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END)"
    f" FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS} AND p.oid >= 16384",
    "aggregate": "SELECT p.proname, concat_ws(' ', a.agginitval, a.aggminitval) FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid"
    " WHERE p.oid >= 16384",
    "domain default": f"SELECT t.typname, t.typdefault FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
    f" WHERE t.typdefault IS NOT NULL AND {_OURS}",
    "trigger": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "rule": f"SELECT r.rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
    f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND {_OURS}",
    "policy": "SELECT polname, concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy",
    "sequence": "SELECT schemaname || '.' || sequencename, concat_ws(' ', last_value, start_value, min_value, max_value) FROM pg_sequences",
    "database setting": "SELECT current_database(), array_to_string(setconfig, ' ') FROM pg_db_role_setting"
    " WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
    "statistics": "SELECT schemaname || '.' || tablename || '.' || attname,"
    " concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) FROM pg_stats"
    " WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema'",
    "extended statistics": "SELECT statistics_schemaname || '.' || statistics_name, array_to_string(most_common_vals, ' ')"
    " FROM pg_stats_ext",
    "statistics of expressions": "SELECT statistics_schemaname || '.' || statistics_name,"
    " concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) FROM pg_stats_ext_exprs",
    "large object": "SELECT oid::text, '\\x' || encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata",
    "foreign server": "SELECT srvname, array_to_string(srvoptions, ' ') FROM pg_foreign_server",
    "foreign table": "SELECT ftrelid::regclass::text, array_to_string(ftoptions, ' ') FROM pg_foreign_table",
    "user mapping": "SELECT srvname, array_to_string(umoptions, ' ') FROM pg_user_mappings",
    "publication": "SELECT pubname, pubname FROM pg_publication",
    "publication's rows": "SELECT prrelid::regclass::text, pg_get_expr(prqual, prrelid) FROM pg_publication_rel",
    "statistics object": "SELECT stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext",
    "text search dictionary": "SELECT dictname, dictinitoption FROM pg_ts_dict WHERE oid >= 16384",
    "security label": "SELECT provider, label FROM pg_seclabels",
}
_STATEMENTS = (
    "SELECT 'pg_stat_statements', query FROM {}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
    " WHERE datname = current_database()"
)


_NAMES = f"""
SELECT 'schema', n.nspname FROM pg_namespace n WHERE {_OURS} AND n.nspname <> 'liftlock_data'
UNION SELECT 'relation', c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}
UNION SELECT 'column', a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND {_OURS}
UNION SELECT 'constraint', k.conname FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE {_OURS}
UNION SELECT 'type', t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typcategory <> 'A' AND {_OURS}
UNION SELECT 'function', p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS}
UNION SELECT 'function', unnest(p.proargnames) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS}
UNION SELECT 'collation', c.collname FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE {_OURS}
UNION SELECT 'conversion', c.conname FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE {_OURS}
UNION SELECT 'text search configuration', c.cfgname FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE {_OURS}
UNION SELECT 'text search dictionary', d.dictname FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE {_OURS}
UNION SELECT 'operator class', o.opcname FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE {_OURS}
UNION SELECT 'operator family', o.opfname FROM pg_opfamily o JOIN pg_namespace n ON n.oid = o.opfnamespace WHERE {_OURS}
UNION SELECT 'rule', r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE {_OURS}
UNION SELECT 'event trigger', evtname FROM pg_event_trigger
UNION SELECT 'foreign data wrapper', fdwname FROM pg_foreign_data_wrapper
UNION SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT 'policy', polname FROM pg_policy
UNION SELECT 'publication', pubname FROM pg_publication
UNION SELECT 'server', srvname FROM pg_foreign_server
UNION SELECT 'statistics', stxname FROM pg_statistic_ext"""


@dataclass(frozen=True, slots=True)
class PlaceText:
    """One text. category: what it is part of; name: of the object."""

    category: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A category that the database refused."""

    category: str
    reason: str


def read_places(connection: Connection) -> Iterator[PlaceText | Unreadable]:
    """All of them, category by category."""
    queries = dict(QUERIES)
    row = connection.execute(
        "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'pg_stat_statements'"
    ).fetchone()
    if row:
        queries["statement statistics"] = _STATEMENTS.format(row[0])
    for category, query in queries.items():
        try:
            with connection.transaction():
                rows = connection.execute(query.encode()).fetchall()
        except psycopg.errors.InsufficientPrivilege as err:
            yield Unreadable(category, err.diag.message_primary or "not readable")
            continue
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.ObjectNotInPrerequisiteState):
            continue  # this version or this server has no such thing
        for name, text in rows:
            yield PlaceText(category, str(name), str(text or ""))


def read_names(connection: Connection) -> frozenset[tuple[str, str]]:
    """What everything in a database is called: what it is, and its name."""
    return frozenset((str(what), str(name)) for what, name in connection.execute(_NAMES.encode()).fetchall())
