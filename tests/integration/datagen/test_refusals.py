"""What a real server says of rows, as it is told: none of it holds a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import pytest

from liftlock_datagen.database.connect import Connection, connected, wrapped
from liftlock_datagen.database.refusals import synthetic_errors
from liftlock_datagen.errors import DatagenError
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

_SCHEMA = """
CREATE TABLE people (email text UNIQUE, age int CHECK (age < 150), born date);
INSERT INTO people VALUES ('canary@mail.ch', 7, '17777-07-07');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'not for ' || OLD.email; END $$;
CREATE TRIGGER guard BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture(scope="module")
def url(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(_SCHEMA) as name:
        yield postgres.url(name)


def copy(connection: Connection, line: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY people FROM STDIN") as rows:
        rows.write(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"x\tcanary\t\\N\n", "invalid text representation"),
        (b"canary\t777\t\\N\n", "check violation (SQLSTATE 23514) (people.people_age_check)"),
        (b"canary@mail.ch\t1\t\\N\n", "unique violation (SQLSTATE 23505) (people.people_email_key)"),
    ],
)
def test_a_row_that_is_refused_is_not_quoted(url: str, line: bytes, expected: str) -> None:
    with connected(url) as connection:
        with pytest.raises(DatagenError) as caught, wrapped(url):
            copy(connection, line)
        assert expected in str(caught.value)
        assert not {word for word in ("canary", "777", "COPY") if word in str(caught.value)}
        with pytest.raises(DatagenError, match=r"canary|777"), synthetic_errors(url):
            copy(connection, line)


def test_who_may_read_what_row_security_hides_is_named(postgres: RunningPostgres) -> None:
    schema = "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    with postgres.database(schema) as name, connected(postgres.url(name)) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(DatagenError, match="row-level security policy for table") as caught, wrapped(postgres.url(name)):
            connection.execute("SELECT FROM t")
    assert "BYPASSRLS" in str(caught.value.hint)


@pytest.mark.parametrize("query", ["DELETE FROM people", "SELECT born FROM people", "SELECT email::int FROM people"])
def test_neither_are_rows_in_messages_of_functions_and_of_the_driver(url: str, query: LiteralString) -> None:
    with connected(url) as connection, pytest.raises(DatagenError) as caught, wrapped(url):
        connection.execute(query).fetchall()
    assert not {word for word in ("canary", "7777") if word in str(caught.value)}


def test_a_mistake_in_what_was_asked_is_told_in_full(url: str) -> None:
    with connected(url) as connection, pytest.raises(DatagenError, match='column "agee" does not exist'), wrapped(url):
        connection.execute("SELECT agee FROM people")
