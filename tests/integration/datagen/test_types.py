"""Every type that a real schema uses gets values that PostgreSQL reads: alone, unique, in arrays, in domains."""

from __future__ import annotations

from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from liftlock_datagen.synthesis.load import seed
from tests.postgres import RunningPostgres

pytestmark = [pytest.mark.docker, pytest.mark.every_version(since=14)]

EXTENSIONS: tuple[LiteralString, ...] = ("hstore", "ltree", "citext", "cube", "isn", "seg")
COMPARED = """
smallint|integer|bigint|numeric|numeric(12,4)|numeric(30,10)|numeric(4,4)|real|double precision|money|oid|boolean
text|varchar|varchar(7)|char(5)|name|"char"|citext|uuid|bytea|date|timestamp|timestamptz|timestamptz(0)|time|time(3)|timetz|interval|interval(0)
bit(12)|bit|bit varying|bit varying(70)|inet|cidr|macaddr|macaddr8|jsonb|tsvector|tsquery|pg_lsn|tid|hstore|ltree|cube|seg
int4range|int8range|numrange|daterange|tsrange|tstzrange|int4multirange|int8multirange|nummultirange|datemultirange|tsmultirange|tstzmultirange
ean13|isbn|isbn13|issn|issn13|ismn|ismn13|upc
"""
NOT_COMPARED = """
json|xml|jsonpath|point|line|lseg|box|path|polygon|circle|xid|cid|xid8|regclass|regtype|regproc|regprocedure|regoper|regoperator
regrole|regnamespace|regconfig|regdictionary|regcollation|pg_snapshot|txid_snapshot|lquery|ltxtquery|int2vector|oidvector|refcursor
"""


def _types(listed: str) -> list[str]:
    return [name for line in listed.strip().splitlines() for name in line.split("|")]


def _schema() -> str:
    """One table per compared type, whose column is its key; one wide table with every type, required and in arrays."""
    keys = [f"CREATE TABLE key_{place} (value {kind} PRIMARY KEY);" for place, kind in enumerate(_types(COMPARED))]
    every = [*_types(COMPARED), *_types(NOT_COMPARED)]
    plain = ", ".join(f"v{place} {kind} NOT NULL, n{place} {kind}" for place, kind in enumerate(every))
    arrays = ", ".join(f"a{place} {kind}[] NOT NULL" for place, kind in enumerate(every))
    domains = "".join(f"CREATE DOMAIN d{place} AS {kind};" for place, kind in enumerate(every))
    in_domains = ", ".join(f"d{place} d{place} NOT NULL, e{place} d{place}[]" for place, _ in enumerate(every))
    tables = f"CREATE TABLE plain ({plain}); CREATE TABLE arrays ({arrays}); CREATE TABLE domains ({in_domains});"
    return "".join(f"CREATE EXTENSION {name};" for name in EXTENSIONS) + domains + "".join(keys) + tables


def fill(server: RunningPostgres, database: str, rows: int) -> None:
    seed(server.url(database), rows=rows, seed=1, on_progress=lambda *_: None)


def test_every_type_is_filled_required_in_arrays_in_domains_and_as_a_key(postgres: RunningPostgres) -> None:
    with postgres.database(_schema()) as name:
        fill(postgres, name, 2000)
        with postgres.connect(name) as connection:
            for place, kind in enumerate(_types(COMPARED)):
                counted = sql.SQL("SELECT count(*), count(DISTINCT value) FROM {}").format(sql.Identifier(f"key_{place}"))
                found = connection.execute(counted).fetchone()
                assert found is not None
                assert found[0] == found[1] != 0, kind
            assert connection.execute("SELECT count(*) > 10 FROM plain").fetchone() == (True,)
            _assert_filled(connection, "arrays")


def _assert_filled(connection: psycopg.Connection[tuple[object, ...]], table: str) -> None:
    columns = connection.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [table]).fetchall()
    for (column,) in columns:
        query = sql.SQL("SELECT bool_or(cardinality({}) > 0) FROM {}").format(sql.Identifier(str(column)), sql.Identifier(table))
        assert connection.execute(query).fetchone() == (True,), column


MADE_OF_OTHERS = """
CREATE TYPE mood AS ENUM ('happy', 'it''s "bad"', 'back\\slash', 'comma, (brackets)', '');
CREATE DOMAIN rate AS numeric(5, 2) CHECK (VALUE > 0 AND VALUE <= 1);
CREATE DOMAIN plate AS text NOT NULL CHECK (VALUE ~ '^[A-Z]{2}-[0-9]{3}$');
CREATE TYPE address AS (street text, city text, postcode text, country text, mood mood, note jsonb);
CREATE TYPE person AS (name text, home address, moods mood[], paid rate, unknown pg_node_tree, car plate, others address[]);
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE TYPE clock AS RANGE (subtype = time);
CREATE TYPE words AS RANGE (subtype = text);
CREATE TYPE addresses AS RANGE (subtype = inet);
CREATE DOMAIN people AS person[];
CREATE TABLE nest (
  id int PRIMARY KEY, one address NOT NULL, many address[] NOT NULL, who person NOT NULL, all_of_them people NOT NULL,
  rates rate[] NOT NULL, plates plate[] NOT NULL, moods mood[] NOT NULL, notes jsonb[] NOT NULL, names varchar(9)[] NOT NULL,
  spans floats NOT NULL, hours clock[] NOT NULL, letters words NOT NULL, nets addresses NOT NULL, several floats_multirange NOT NULL,
  blobs bytea[] NOT NULL, stays daterange[] NOT NULL, files xml[] NOT NULL, pairs hstore[] NOT NULL, seen inet[] NOT NULL
);
CREATE TABLE alone (value address PRIMARY KEY);
CREATE TABLE several (value text[] PRIMARY KEY);
"""


def test_composites_arrays_domains_and_ranges_stand_inside_one_another(postgres: RunningPostgres) -> None:
    with postgres.database("CREATE EXTENSION hstore;" + MADE_OF_OTHERS) as name:
        fill(postgres, name, 900)
        with postgres.connect(name) as connection:

            def holds(condition: LiteralString) -> bool:
                found = connection.execute(sql.SQL("SELECT count(*) > 100, bool_and({}) FROM nest").format(sql.SQL(condition))).fetchone()
                return found == (True, True)

            assert holds("(one).city IS NOT NULL AND (one).note ? 'version' AND (many[1]).mood IS NOT NULL")
            assert holds("(who).car ~ '^[A-Z]{2}-[0-9]{3}$' AND (who).unknown IS NULL")
            assert holds("(all_of_them[1]).moods IS NOT NULL AND notes[1] ? 'version' AND pairs[1] ? 'color'")
            assert holds("isempty(nets) AND NOT isempty(spans) AND NOT isempty(hours[1]) AND NOT isempty(several)")
            moods = connection.execute(
                "SELECT DISTINCT m::text FROM nest, unnest(moods) m UNION SELECT (one).mood::text FROM nest"
            ).fetchall()
            assert {'it\'s "bad"', "back\\slash", "comma, (brackets)", ""} <= {mood for (mood,) in moods}
