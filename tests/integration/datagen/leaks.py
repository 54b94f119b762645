"""A source of people, a clean copy, and a copy with one leak of every kind, as SQL."""

from __future__ import annotations

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec

PEOPLE = 400
TABLES = """
CREATE TYPE card AS (holder text, note text);
CREATE TABLE people (
  id bigint PRIMARY KEY, email text NOT NULL UNIQUE, backup_email text, name text NOT NULL, nick text, phone text, card text, street text,
  born date, contact jsonb, city text, age_group text, hiv text);
CREATE TABLE notes (
  id bigint PRIMARY KEY, body text, doc jsonb, old json, tags text[], raw bytea, words tsvector, pair card, page xml, code varchar(80));
CREATE TABLE logs (line text);
CREATE TABLE parts (id bigint, email text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (1000);
CREATE TABLE shuffled (id bigint PRIMARY KEY, email text);
CREATE TABLE loose (email text, kept text);
CREATE VIEW seen AS SELECT id FROM people;
"""
# {0}: what the values are made with: "s" in the source, "c" in the copy.
ROWS = """
INSERT INTO people SELECT i, '{0}ann' || i || '.muster@{0}-mail.net', '{0}bak' || i || '@{0}-post.net',
  '{0}Änna' || i || ' {0}Müller' || i * 7,
  '{0}nick_' || i * 11, CASE '{0}' WHEN 's' THEN '+41 79 ' ELSE '+41 55 ' END
  || lpad((i * CASE '{0}' WHEN 's' THEN 7919 ELSE 104729 END % 9999991)::text, 7, '0'),
  CASE '{0}' WHEN 's' THEN '4111' ELSE '5500' END || lpad((i * CASE '{0}' WHEN 's' THEN 999983 ELSE 777787 END)::text, 12, '0'),
  '{0}Gasse ' || i,
  date '1950-01-01' + i * CASE '{0}' WHEN 's' THEN 37 ELSE 41 END,
  jsonb_build_object('mail', '{0}json' || i || '@{0}-web.net', 'level', i % 3), (array['Bern', 'Basel', 'Zug'])[1 + i % 3],
  (array['young', 'old'])[1 + i % 2], (array['yes', 'no'])[1 + i % 2]
  FROM generate_series(1, 400) i;
INSERT INTO notes SELECT i, 'nothing to see in note ' || i, '{{"a": 1}}', '{{}}', '{{x,y}}',
  '\\x00', '', ROW('x'::text, 'y'::text)::card, '<a/>', 'c' || i FROM generate_series(1, 50) i;
INSERT INTO parts SELECT i, '{0}part' || i || '@{0}-part.net' FROM generate_series(1, 200) i;
INSERT INTO shuffled SELECT i, '{0}shuf' || i || '@{0}-shuffle.net' FROM generate_series(1, 100) i;
INSERT INTO loose SELECT '{0}loose' || i || '@{0}-loose.net', 'kept' FROM generate_series(1, 100) i;
ANALYZE;
"""
# In the copy. What the source says of person i is written out again, or written in another way.
ALIGNED = """
UPDATE people SET email = 'sann' || id || '.muster@s-mail.net' WHERE id IN (3, 4);
UPDATE people SET backup_email = 'sbak' || id || '@c-post.net' WHERE id = 5;
UPDATE people SET name = 'SANNA' || id || '  smueller', nick = upper('snick' || id * 11) WHERE id = 6;
UPDATE people SET name = 'cX sMüller' || id * 7 WHERE id = 7;
UPDATE people SET phone = '0041' || right(replace(phone, ' ', ''), 0) || '44' || lpad((id * 7919 % 9999991)::text, 7, '0') WHERE id < 40;
UPDATE people SET card = '5500' || lpad((id * 3)::text, 8, '0') || right(lpad((id * 999983)::text, 12, '0'), 4) WHERE id < 60;
UPDATE people SET born = date '1950-01-01' + (id * 37)::int WHERE id < 30;
UPDATE people SET contact = jsonb_set(contact, '{mail}', to_jsonb('sjson' || id || '@s-web.net')) WHERE id = 9;
UPDATE parts SET email = 'spart' || id || '@s-part.net' WHERE id IN (7, 150);
UPDATE shuffled SET email = 'sshuf' || 1 + id % 100 || '@s-shuffle.net';
UPDATE loose SET email = 'sloose4@s-loose.net' WHERE email = 'cloose9@c-loose.net';
"""
ANYWHERE = """
UPDATE notes SET body = 'Dear sann11.muster@s-mail.net, hello' WHERE id = 1;
UPDATE notes SET body = 'xSANN12.MUSTER@S-MAIL.NETx' WHERE id = 2;
UPDATE notes SET body = 'SÄNNA13  '  || 'x sÄnna13 sMuller91' WHERE id = 3;
UPDATE notes SET body = reverse('sann14.muster@s-mail.net') WHERE id = 4;
UPDATE notes SET body = 'see ' || encode(convert_to('it is sann15.muster@s-mail.net', 'UTF8'), 'base64') WHERE id = 5;
UPDATE notes SET body = encode(convert_to('sann16.muster@s-mail.net', 'UTF8'), 'hex') WHERE id = 6;
UPDATE notes SET body = md5('sann17.muster@s-mail.net') WHERE id = 7;
UPDATE notes SET body = encode(sha256(convert_to('sann18.muster@s-mail.net', 'UTF8')), 'hex') WHERE id = 8;
UPDATE notes SET body = 'https://x.net/?to=sann19.muster%40s-mail.net' WHERE id = 9;
UPDATE notes SET body = E'line\\tone\\nsann20.muster@s-mail.net\\nline\\\\three' WHERE id = 10;
UPDATE notes SET doc = jsonb_build_object('sann21.muster@s-mail.net', 1) WHERE id = 11;
UPDATE notes SET doc = '{"a": [{"b": "to sann22.muster@s-mail.net now"}]}' WHERE id = 12;
UPDATE notes SET old = '{"a": "sann23.muster\\u0040s-mail.net"}' WHERE id = 13;
UPDATE notes SET tags = ARRAY['x', 'sann24.muster@s-mail.net', 'y'] WHERE id = 14;
UPDATE notes SET raw = convert_to('.. sann25.muster@s-mail.net ..', 'UTF8') WHERE id = 15;
UPDATE notes SET raw = decode('{gzip}', 'hex') WHERE id = 16;
UPDATE notes SET words = array_to_tsvector(ARRAY['sann27.muster@s-mail.net']) WHERE id = 17;
UPDATE notes SET pair = ROW('x'::text, 'sann28.muster@s-mail.net'::text)::card WHERE id = 18;
UPDATE notes SET page = '<a b="1">sann29.muster&#64;s-mail.net</a>' WHERE id = 19;
UPDATE notes SET code = 'snick_330' WHERE id = 20;
INSERT INTO logs VALUES ('login of sann31.muster@s-mail.net');
CREATE TABLE extra AS SELECT 'sann32.muster@s-mail.net'::varchar AS unknown;
CREATE MATERIALIZED VIEW kept_view AS SELECT 'sann33.muster@s-mail.net' AS said;
COMMENT ON TABLE notes IS 'asked for by sann34.muster@s-mail.net';
COMMENT ON COLUMN notes.body IS 'like sann35.muster@s-mail.net';
ALTER TABLE notes ADD CONSTRAINT c CHECK (code <> 'sann36.muster@s-mail.net');
ALTER TABLE notes ALTER code SET DEFAULT 'sann37.muster@s-mail.net';
CREATE TYPE mood AS ENUM ('fine', 'sann38.muster@s-mail.net');
CREATE VIEW v AS SELECT 'sann39.muster@s-mail.net' AS x;
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'sann40.muster@s-mail.net' $$;
CREATE INDEX i ON notes (id) WHERE code = 'sann41.muster@s-mail.net';
CREATE TABLE stat AS SELECT 'sann42.muster@s-mail.net'::text AS x FROM generate_series(1, 100);
CREATE STATISTICS of_expression ON (x || '') FROM stat;
ANALYZE stat;
DELETE FROM stat;
SELECT lo_from_bytea(0, convert_to('sann43.muster@s-mail.net', 'UTF8'));
CREATE SEQUENCE numbers; SELECT setval('numbers', 4111000043999252);
"""


def _said(kind: Kind, rule: Rule = Rule.KEEP) -> ColumnSpec:
    return ColumnSpec(ValueSpec(kind, rule))


def _table(name: str, /, quasi: tuple[str, ...] = (), **columns: ColumnSpec) -> tuple[TableName, TableSpec]:
    table = TableName("public", name)
    return table, TableSpec(table, columns, quasi_identifiers=quasi)


def people_spec(*, k: int = 1, overlap: float = 0.0) -> DataSpec:
    """The classification of these tables."""
    masked, kept = Rule.PSEUDONYM, _said(Kind.TECHNICAL)
    document = ColumnSpec(
        ValueSpec(Kind.DOCUMENT, Rule.KEEP),
        {"$.mail": ValueSpec(Kind.EMAIL, masked), "$.level": ValueSpec(Kind.NUMBER, Rule.KEEP), "$.a": ValueSpec(Kind.NUMBER, Rule.KEEP)},
    )
    tables = dict(
        [
            _table(
                "people", ("city", "age_group"), id=_said(Kind.IDENTIFIER),
                email=_said(Kind.EMAIL, masked), backup_email=_said(Kind.EMAIL, masked),
                name=_said(Kind.PERSON_NAME, masked), nick=_said(Kind.USERNAME, masked), phone=_said(Kind.PHONE, masked),
                card=_said(Kind.PAYMENT_CARD, masked), street=_said(Kind.STREET, masked), born=_said(Kind.BIRTH_DATE, Rule.SHIFT),
                contact=document, city=_said(Kind.CITY), age_group=_said(Kind.CATEGORY), hiv=_said(Kind.HEALTH),
            ),
            _table("notes", (), **dict.fromkeys(("id", "body", "doc", "old", "tags", "raw", "words", "pair", "page", "code"), kept)),
            _table("logs", line=kept),
            _table("parts", id=kept, email=_said(Kind.EMAIL, masked)),
            _table("shuffled", id=kept, email=_said(Kind.EMAIL, masked)),
            _table("loose", email=_said(Kind.EMAIL, masked), kept=kept),
        ]
    )  # fmt: skip
    return DataSpec("people", tables, k=k, overlap=overlap, digest="spec")
