"""Who owns the objects inside a database and who may use them: carried to the objects of the same name in another database.

A new database is made by one role; without this, the applications that used the old one would be locked out of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from liftlock_datagen.database.connect import Connection

# Objects with their kind in SQL, name, owner and rights. Those of extensions belong to these; a column's sequence goes with its table.
_OBJECTS = """
WITH found AS (
  SELECT 1 AS place, 'pg_namespace'::regclass AS class, n.oid, 'SCHEMA' AS kind, quote_ident(n.nspname) AS name, n.nspowner AS owner,
         n.nspacl AS acl, n.nspname, true AS movable
  FROM pg_namespace n
  UNION ALL
  SELECT 2, 'pg_type'::regclass, t.oid, 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner, t.typacl, n.nspname, true
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
  UNION ALL
  SELECT 3, 'pg_class'::regclass, c.oid,
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
         format('%I.%I', n.nspname, c.relname), c.relowner, c.relacl, n.nspname,
         NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND c.relkind = 'S'
                     AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i'))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
  UNION ALL
  SELECT 4, 'pg_proc'::regclass, p.oid, 'ROUTINE', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
         p.proowner, p.proacl, n.nspname, true
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace)
SELECT f.kind, f.name, pg_get_userbyid(f.owner), f.movable,
       (SELECT array_agg(concat_ws(' ', x.privilege_type, CASE WHEN x.is_grantable THEN 'g' ELSE '-' END,
                                   CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
                         ORDER BY x.grantee, x.privilege_type) FROM aclexplode(f.acl) x), f.acl IS NULL
FROM found f
WHERE f.nspname !~ '^pg_' AND f.nspname NOT IN ('information_schema', 'liftlock_data')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = f.class AND d.objid = f.oid AND d.deptype = 'e')
ORDER BY f.place, f.name
"""
_COLUMNS = """
SELECT format('%I.%I', n.nspname, c.relname), x.privilege_type || ' (' || quote_ident(a.attname) || ')', x.is_grantable,
       CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(a.attacl) x
WHERE a.attacl IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 4
"""
_DEFAULTS = """
SELECT quote_ident(pg_get_userbyid(d.defaclrole)), CASE WHEN d.defaclnamespace <> 0 THEN quote_ident(n.nspname) END,
       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES'
         ELSE 'SCHEMAS' END,
       x.privilege_type, x.is_grantable, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
WHERE x.grantee <> d.defaclrole ORDER BY 1, 2, 3, 4, 6
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An object's owner and rights. grants: (privilege, with grant option, whom); None where they were never changed."""

    owner: str
    movable: bool
    grants: tuple[tuple[str, bool, str], ...] | None


@dataclass(frozen=True, slots=True)
class Rights:
    """Those of a database's objects, columns and future objects, at one moment."""

    objects: Mapping[tuple[str, str], Held]
    columns: tuple[tuple[str, str, bool, str], ...]
    defaults: tuple[str, ...]


def read_rights(connection: Connection) -> Rights:
    """Only reads."""
    return Rights(_held(connection), _columns(connection), tuple(_defaults(connection)))


def carry_rights(old: Rights, new: Connection, on_note: Callable[[str], None]) -> None:
    """Gives every object of `new` the owner and the rights that its namesake had. on_note: told of what the role may not do.

    What is in `new` alone stays its maker's. Rights that future objects get by default are carried too.
    """
    before, after = old.objects, _held(new)
    differing = [place for place in before if place in after and before[place] != after[place]]
    statements = [statement for place in differing for statement in _alike(place, before[place], after[place])]
    names = {name for kind, name in after if kind in {"TABLE", "VIEW", "MATERIALIZED VIEW"}}
    statements += [f"GRANT {what} ON {name} TO {whom}{_option(given)}" for name, what, given, whom in old.columns if name in names]
    statements += old.defaults
    refused = [statement for statement in statements if not _run(new, statement)]
    if refused:
        shown = "; ".join(refused[:5]) + (f"; and {len(refused) - 5} more" if len(refused) > 5 else "")
        on_note(f"rights that could not be carried over, to be given by an administrator: {shown}")


def _held(connection: Connection) -> dict[tuple[str, str], Held]:
    found = {}
    for kind, name, owner, movable, grants, default in connection.execute(_OBJECTS).fetchall():
        found[kind, name] = Held(owner, movable, None if default else tuple(map(_grant, grants or ())))
    return found


def _grant(text: str) -> tuple[str, bool, str]:
    what, given, whom = text.split(" ", 2)
    return what, given == "g", whom


def _alike(place: tuple[str, str], wanted: Held, there: Held) -> Iterator[str]:
    """Statements that make the object's owner and rights the wanted ones."""
    kind, name = place
    if wanted.owner != there.owner and wanted.movable:
        yield f"ALTER {kind} {name} OWNER TO {_quoted(wanted.owner)}"
    if wanted.grants is None:
        return
    on = f"{'TABLE' if 'VIEW' in kind else kind} {name}"
    yield f"REVOKE ALL ON {on} FROM PUBLIC, {_quoted(wanted.owner)}"
    for what, grantable, whom in wanted.grants:
        yield f"GRANT {what} ON {on} TO {whom}{_option(grantable)}"


def _columns(connection: Connection) -> tuple[tuple[str, str, bool, str], ...]:
    return tuple((name, what, given, whom) for name, what, given, whom in connection.execute(_COLUMNS).fetchall())


def _defaults(old: Connection) -> Iterator[str]:
    for role, schema, what, privilege, grantable, whom in old.execute(_DEFAULTS).fetchall():
        within = f" IN SCHEMA {schema}" if schema else ""
        yield f"ALTER DEFAULT PRIVILEGES FOR ROLE {role}{within} GRANT {privilege} ON {what} TO {whom}{_option(grantable)}"


def _option(grantable: bool) -> str:
    return " WITH GRANT OPTION" if grantable else ""


def _quoted(role: str) -> str:
    return sql.Identifier(role).as_string(None)


def _run(new: Connection, statement: str) -> bool:
    """Whether it could be done; what cannot be done changes nothing."""
    try:
        with new.transaction():
            new.execute(statement.encode())
    except psycopg.Error as err:
        if err.sqlstate is None or new.closed:
            raise
        return False
    return True
