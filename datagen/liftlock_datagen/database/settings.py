"""What PostgreSQL keeps about a database outside of it: owner, rights, settings, limits, comment. Carried from one database to another."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import sql

from liftlock_datagen.database.connect import Connection

# Their values are lists that PostgreSQL keeps quoted: as one literal they would mean one long name.
_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})


def carry_over(connection: Connection, source: str, target: str, on_note: Callable[[str], None]) -> None:
    """Gives `target` all that `source` has; on_note is told what the role may not. Belongs into the transaction that swaps them."""
    query = """
    SELECT shobj_description(oid, 'pg_database'), datconnlimit, datistemplate, pg_get_userbyid(datdba),
           EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid), datacl IS NOT NULL
    FROM pg_database d WHERE datname = %s"""
    row = connection.execute(query, [source]).fetchone()
    if row is None:
        return
    comment, limit, is_template, owner, has_settings, has_rights = row
    name = sql.Identifier(target)
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(owner)))
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(comment)))
    connection.execute(
        sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {} IS_TEMPLATE {}").format(name, sql.Literal(limit), sql.Literal(is_template))
    )
    if has_settings:
        _carry_settings(connection, source, target, on_note)
    if has_rights:  # an ACL that was never changed is PostgreSQL's default, on both sides
        _carry_rights(connection, source, target, owner)


def keep_others_out(connection: Connection, name: str) -> None:
    """Only the owner may connect, while nobody has proved what is in it."""
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def let_others_in(connection: Connection, name: str) -> None:
    """The rights of a new database again, which are PostgreSQL's default."""
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO PUBLIC").format(sql.Identifier(name)))


def _carry_settings(connection: Connection, source: str, target: str, on_note: Callable[[str], None]) -> None:
    query = """
    SELECT CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END, split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) line WHERE d.datname = %s"""
    for role, name, value in connection.execute(query, [source]).fetchall():
        whose = sql.SQL("DATABASE {}").format(sql.Identifier(target))
        if role is not None:
            whose = sql.SQL("ROLE {} IN {}").format(sql.Identifier(role), whose)
        try:
            with connection.transaction():
                _set(connection, whose, name, value)
        except psycopg.errors.InsufficientPrivilege:
            said = f"ALTER {whose.as_string(connection)} SET {name} = …"
            on_note(f"setting {name} could not be carried over for lack of rights; an administrator runs: {said}")


def _set(connection: Connection, whose: sql.Composed, name: str, value: str) -> None:
    setting = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
    if name in _LISTS:
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        connection.execute(sql.SQL("ALTER {} SET {} FROM CURRENT").format(whose, setting))
    else:
        connection.execute(sql.SQL("ALTER {} SET {} = {}").format(whose, setting, sql.Literal(value)))


def _carry_rights(connection: Connection, source: str, target: str, owner: str) -> None:
    query = """
    SELECT CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable
    FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = %s"""
    name = sql.Identifier(target)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(name, sql.Identifier(owner)))
    for role, privilege, is_grantable in connection.execute(query, [source]).fetchall():
        whom = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        tail = sql.SQL(" WITH GRANT OPTION" if is_grantable else "")
        connection.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(privilege), name, whom) + tail)
