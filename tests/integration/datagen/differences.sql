-- What must differ between rows in other ways than by a plain unique index. Each table names its difficulty.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE room (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE range_per_room (
  id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, during tstzrange NOT NULL, EXCLUDE USING gist (room_id WITH =, during WITH &&)
);
CREATE TABLE two_columns_per_room (
  id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, start_at timestamptz NOT NULL, end_at timestamptz NOT NULL, cancelled boolean NOT NULL,
  CHECK (start_at < end_at), EXCLUDE USING gist (room_id WITH =, tstzrange(start_at, end_at, '[]') WITH &&) WHERE (NOT cancelled)
);
CREATE TABLE price_per_day (product int NOT NULL, valid daterange NOT NULL, amount int, EXCLUDE USING gist (product WITH =, valid WITH &&));
CREATE TABLE days_alone (id serial PRIMARY KEY, from_day date, to_day date, EXCLUDE USING gist (daterange(from_day, to_day, '[]') WITH &&));
CREATE TABLE numbers_alone (r int4range, EXCLUDE USING gist (r WITH &&));
CREATE TABLE one_animal_per_cage (cage int, animal text, EXCLUDE USING gist (cage WITH =, animal WITH <>));
CREATE TABLE one_a_day (id serial PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL);
CREATE UNIQUE INDEX ON one_a_day (date_trunc('day', created_at AT TIME ZONE 'UTC'));
CREATE UNIQUE INDEX ON one_a_day (md5(name));
CREATE TABLE one_a_day_per_room (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, at timestamptz NOT NULL, email text, deleted_at timestamptz);
CREATE UNIQUE INDEX ON one_a_day_per_room (room_id, ((at AT TIME ZONE 'UTC')::date));
CREATE UNIQUE INDEX ON one_a_day_per_room (lower(email)) WHERE deleted_at IS NULL;
CREATE TABLE one_open (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, closed_at timestamptz);
CREATE UNIQUE INDEX ON one_open (room_id) WHERE closed_at IS NULL;
CREATE TABLE one_alive (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, state text NOT NULL CHECK (state IN ('a', 'b', 'gone')), n int);
CREATE UNIQUE INDEX ON one_alive (room_id) WHERE state <> 'gone' AND n > 0;
CREATE TABLE nulls_alike (id serial PRIMARY KEY, room_id int REFERENCES room, code text, UNIQUE NULLS NOT DISTINCT (room_id, code));
CREATE TABLE computed_key (id serial PRIMARY KEY, room_id int REFERENCES room, name text, x int GENERATED ALWAYS AS (id * 2) STORED UNIQUE);
CREATE UNIQUE INDEX ON computed_key (COALESCE(room_id, 0), lower(name));
CREATE TABLE joined_key (a text NOT NULL, b uuid NOT NULL, c int);
CREATE UNIQUE INDEX ON joined_key ((a || ':' || b::text));
CREATE UNIQUE INDEX ON joined_key (c) WHERE c IS NOT NULL AND a <> 'x';
CREATE TABLE node (
  id serial PRIMARY KEY, parent_id int REFERENCES node, slug text NOT NULL, UNIQUE (parent_id, slug) DEFERRABLE INITIALLY DEFERRED, CHECK (parent_id <> id)
);
CREATE TABLE no_key (a int, b text, c boolean);
