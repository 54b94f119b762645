-- Everything that the catalog tells of a schema, once. Made for tests; no data.
CREATE SCHEMA "Ä b";
CREATE EXTENSION citext;
CREATE EXTENSION btree_gist;
CREATE TYPE mood AS ENUM ('sad', 'so so', 'fine');
CREATE DOMAIN positive AS numeric(8, 2) NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN price AS positive CHECK (VALUE < 1000);
CREATE TYPE address AS (street text, zip varchar(10), price price);
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);

CREATE TABLE "Ä b"."Tëst ""x""" (
  "Id ß" bigint GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5) PRIMARY KEY,
  code text COLLATE "C" NOT NULL,
  email citext,
  home address,
  homes address[],
  cost price,
  costs price[],
  feeling mood DEFAULT 'fine',
  width span, widths span_multirange, days datemultirange,
  place point, box box,
  at timestamptz(3), took interval day to second (2),
  flags bit(4),
  doubled numeric GENERATED ALWAYS AS ((("Id ß" * 2))) STORED,
  seats int4range,
  number int UNIQUE,
  CONSTRAINT code_once UNIQUE (code) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT feeling_once UNIQUE NULLS NOT DISTINCT (feeling, code) INCLUDE (email),
  CONSTRAINT no_overlap EXCLUDE USING gist (code WITH =, seats WITH &&) WHERE (seats IS NOT NULL) DEFERRABLE
);
COMMENT ON TABLE "Ä b"."Tëst ""x""" IS 'all of it';
COMMENT ON COLUMN "Ä b"."Tëst ""x""".code IS 'a code';
ALTER TABLE "Ä b"."Tëst ""x""" ALTER COLUMN code SET STATISTICS 500;
CREATE STATISTICS pair ON code, feeling FROM "Ä b"."Tëst ""x""";
CREATE INDEX expr ON "Ä b"."Tëst ""x""" (lower(code), email) WHERE email IS NOT NULL;

CREATE TABLE child (
  id serial PRIMARY KEY,
  parent_code text,
  parent_number int REFERENCES "Ä b"."Tëst ""x""" (number) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
  drawn bigint
);
CREATE SEQUENCE loose INCREMENT -2 MAXVALUE 100 MINVALUE -100 CYCLE;
ALTER TABLE child ALTER COLUMN drawn SET DEFAULT nextval('loose');
ALTER TABLE child ADD CONSTRAINT late CHECK (drawn <> 3) NOT VALID;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE child DISABLE TRIGGER touched;
ALTER TABLE child ENABLE ROW LEVEL SECURITY;
ALTER TABLE child FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON child AS RESTRICTIVE FOR SELECT TO PUBLIC USING (parent_code = current_user);

CREATE TABLE event (id bigint, day date NOT NULL, region text, child_id int REFERENCES child, PRIMARY KEY (id, day, region)) PARTITION BY RANGE (day);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (region);
CREATE TABLE event_2024_eu PARTITION OF event_2024 FOR VALUES IN ('ch', 'de');
CREATE TABLE event_2024_rest PARTITION OF event_2024 DEFAULT;
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE TABLE note (event_id bigint, day date, region text, FOREIGN KEY (event_id, day, region) REFERENCES event);
CREATE TABLE hashed (id int, what text) PARTITION BY HASH (id, lower(what));
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 1, REMAINDER 0);

CREATE TABLE animal (id int PRIMARY KEY, name text);
CREATE TABLE dog (bark text) INHERITS (animal);
CREATE UNLOGGED TABLE lost (x int);

CREATE VIEW fine AS SELECT code FROM "Ä b"."Tëst ""x""" WHERE feeling = 'fine';
CREATE MATERIALIZED VIEW finer AS SELECT code FROM fine WITH NO DATA;
