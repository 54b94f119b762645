"""Records in a real database agree, in the words of a locale: people, places, firms, lives of orders, and sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import pytest

from liftlock_datagen.synthesis.load import fill
from liftlock_datagen.synthesis.request import RowsRequest
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

SCHEMA = """
CREATE TYPE order_state AS ENUM ('new', 'paid', 'shipped', 'delivered', 'cancelled');
CREATE TABLE companies (
  id serial PRIMARY KEY, name text NOT NULL, website text NOT NULL, email text UNIQUE, iban varchar(34), country char(2)
);
CREATE TABLE users (
  id serial PRIMARY KEY, first_name varchar(40) NOT NULL, last_name varchar(20) NOT NULL, username varchar(40) UNIQUE NOT NULL,
  email text UNIQUE NOT NULL, sex text NOT NULL CHECK (sex IN ('male', 'female')), phone varchar(20) NOT NULL, bio text NOT NULL,
  birth_date date NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz, search tsvector NOT NULL
);
CREATE TABLE user_profiles (
  user_id int PRIMARY KEY REFERENCES users, display_name text NOT NULL, currency char(3) NOT NULL, latitude numeric(9, 6), longitude float8
);
CREATE TABLE orders (
  id bigint PRIMARY KEY, user_id int NOT NULL REFERENCES users, status order_state NOT NULL, ordered_at timestamptz NOT NULL,
  paid_at timestamptz, shipped_at timestamptz, delivered_at timestamptz, cancelled_at timestamptz,
  subtotal numeric(12, 2), tax numeric(12, 2), shipping_cost numeric(12, 2), total numeric(12, 2) NOT NULL CHECK (total > 0)
);
CREATE TABLE order_items (
  id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, quantity int NOT NULL CHECK (quantity > 0),
  unit_price numeric(10, 2) NOT NULL, total_price numeric(12, 2) NOT NULL
);
CREATE TABLE "Invoice" ("InvoiceId" int PRIMARY KEY, "Total" numeric(10, 2) NOT NULL);
CREATE TABLE "InvoiceLine" (
  "InvoiceId" int NOT NULL REFERENCES "Invoice", "No" smallint NOT NULL, "UnitPrice" money NOT NULL, "Quantity" int NOT NULL,
  PRIMARY KEY ("InvoiceId", "No")
);
"""


@pytest.fixture(scope="module")
def filled(postgres: RunningPostgres) -> Iterator[str]:
    with postgres.database(SCHEMA) as name:
        fill(postgres.url(name), RowsRequest(4000, 1, locale="de_CH"), on_progress=lambda *_: None)
        yield name


TRUE_OF_ALL: dict[str, LiteralString] = {
    "a user name and a mailbox are of the name": "SELECT bool_and(split_part(email, '.', 1) = split_part(username, '.', 1)) FROM users",
    "search words are of the text": "SELECT bool_and(search @@ plainto_tsquery('simple', split_part(bio, ' ', 1))) FROM users",
    "everybody is an adult when they come": "SELECT bool_and(created_at > birth_date + interval '18 years') FROM users",
    "nobody is changed before they come": "SELECT bool_and(updated_at > created_at) FROM users",
    "a phone is nobody's": "SELECT bool_and(phone LIKE '+41 30 %') FROM users",
    "a profile is its user's": "SELECT bool_and(display_name = first_name || ' ' || last_name) "
    "FROM users JOIN user_profiles ON id = user_id",
    "money and map are Swiss": "SELECT bool_and(currency = 'CHF' AND latitude BETWEEN 45.8 AND 47.9 AND longitude BETWEEN 5.9 AND 10.6) "
    "FROM user_profiles",
    "a firm's addresses are alike": "SELECT bool_and(split_part(email, '@', 2) = substring(website FROM 'www.(.*)') "
    "AND website LIKE '%.example') FROM companies",
    "an account is of the country": "SELECT bool_and(iban ~ '^CH[0-9]{19}$' AND country = 'CH') FROM companies",
    "a status says which dates are there": "SELECT bool_and((shipped_at IS NOT NULL) = (status IN ('shipped', 'delivered')) "
    "AND (paid_at IS NOT NULL) = (status IN ('paid', 'shipped', 'delivered')) AND (delivered_at IS NOT NULL) = (status = 'delivered') "
    "AND (cancelled_at IS NOT NULL) = (status = 'cancelled')) FROM orders",
    "dates are in order": "SELECT bool_and(ordered_at <= coalesce(paid_at, ordered_at) AND paid_at <= coalesce(shipped_at, paid_at) "
    "AND shipped_at <= coalesce(delivered_at, shipped_at)) FROM orders WHERE status <> 'new'",
    "a line is quantity times price": "SELECT bool_and(total_price = quantity * unit_price) FROM order_items",
    "an order is its lines": "SELECT bool_and(subtotal = s AND total = s + tax + shipping_cost) FROM orders "
    "JOIN (SELECT order_id, sum(total_price) s FROM order_items GROUP BY 1) l ON order_id = id",
    "every order has a line": "SELECT (SELECT count(DISTINCT order_id) FROM order_items) = (SELECT count(*) FROM orders)",
    "an invoice is its lines, also in money": 'SELECT bool_and("Total" = s::numeric) FROM "Invoice" '
    'JOIN (SELECT "InvoiceId", sum("UnitPrice" * "Quantity") s FROM "InvoiceLine" GROUP BY 1) l USING ("InvoiceId")',
}


@pytest.mark.parametrize("what", TRUE_OF_ALL)
def test_records_agree(postgres: RunningPostgres, filled: str, what: str) -> None:
    with postgres.connect(filled) as connection:
        assert connection.execute(TRUE_OF_ALL[what]).fetchone() == (True,)
