-- A forum with projects beside it (the patterns of Discourse and GitLab, none of their code): references whose target a column names, exclusive
-- arcs, documents, arrays, case-insensitive text, expression and partial uniqueness, inheritance, lists and hashes of partitions.
CREATE EXTENSION citext;
CREATE TABLE users (
  id bigserial PRIMARY KEY, username citext NOT NULL UNIQUE, email text NOT NULL, name varchar(255), admin boolean NOT NULL DEFAULT false,
  trust_level smallint NOT NULL CHECK (trust_level BETWEEN 0 AND 4), ip_address inet, preferences jsonb NOT NULL DEFAULT '{}', suspended_at timestamp,
  suspended_till timestamp, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, CHECK (jsonb_typeof(preferences) = 'object'),
  CHECK ((suspended_at IS NULL) = (suspended_till IS NULL)), CHECK (char_length(name) <= 128)
);
CREATE UNIQUE INDEX index_users_on_lower_email ON users (lower(email));
CREATE TABLE namespaces (
  id bigserial PRIMARY KEY, type text NOT NULL CHECK (type IN ('Group', 'User')), owner_id bigint REFERENCES users, parent_id bigint REFERENCES namespaces,
  path citext NOT NULL UNIQUE, traversal_ids int[] NOT NULL DEFAULT '{}', CHECK (type <> 'User' OR owner_id IS NOT NULL)
);
CREATE TABLE projects (
  id bigserial PRIMARY KEY, namespace_id bigint NOT NULL REFERENCES namespaces, name text NOT NULL, path text NOT NULL, visibility_level int NOT NULL CHECK (visibility_level IN (0, 10, 20)),
  topics text[] NOT NULL DEFAULT '{}', archived_at timestamptz, CHECK (char_length(name) <= 255), CHECK (cardinality(topics) <= 20)
);
CREATE UNIQUE INDEX index_projects_on_namespace_and_path ON projects (namespace_id, lower(path)) WHERE archived_at IS NULL;
CREATE TABLE topics (
  id bigserial PRIMARY KEY, title varchar(300) NOT NULL CHECK (char_length(btrim(title)) >= 5), user_id bigint NOT NULL REFERENCES users, category_id int,
  archetype varchar NOT NULL CHECK (archetype IN ('regular', 'private_message')), pinned_until timestamp, deleted_at timestamp, tags text[],
  CHECK ((category_id IS NULL AND archetype = 'private_message') OR (category_id IS NOT NULL AND archetype <> 'private_message'))
);
CREATE TABLE posts (
  id bigserial PRIMARY KEY, topic_id bigint NOT NULL REFERENCES topics, post_number int NOT NULL, reply_to_id bigint REFERENCES posts, user_id bigint REFERENCES users,
  raw text NOT NULL, cooked text NOT NULL, custom_fields jsonb NOT NULL CHECK (custom_fields ? 'via'), UNIQUE (topic_id, post_number), CHECK (reply_to_id <> id)
);
CREATE TABLE notes (
  id bigserial PRIMARY KEY, noteable_type text NOT NULL CHECK (noteable_type IN ('Topic', 'Post', 'Project')), noteable_id bigint NOT NULL, author_id bigint NOT NULL REFERENCES users,
  note text NOT NULL, discussion_id character(40) NOT NULL CHECK (discussion_id ~ '^[0-9a-f]{40}$')
);
CREATE TABLE labels (
  id bigserial PRIMARY KEY, project_id bigint REFERENCES projects, group_id bigint REFERENCES namespaces, title text NOT NULL, color text NOT NULL CHECK (color ~ '^#[0-9A-Fa-f]{6}$'),
  CHECK (num_nonnulls(project_id, group_id) = 1)
);
CREATE UNIQUE INDEX label_once ON labels (COALESCE(project_id, 0), COALESCE(group_id, 0), title);
CREATE TABLE members (
  id bigserial PRIMARY KEY, source_type text NOT NULL, source_id bigint NOT NULL, user_id bigint NOT NULL REFERENCES users, access_level int NOT NULL, expires_at date,
  invite_token uuid UNIQUE, CHECK (source_type = ANY (ARRAY['Namespace', 'Project'])), CHECK (access_level % 10 = 0 AND access_level BETWEEN 10 AND 50)
);
CREATE UNIQUE INDEX member_once ON members (user_id, source_type, source_id);
CREATE TABLE user_follows (follower_id bigint NOT NULL REFERENCES users, followed_id bigint NOT NULL REFERENCES users, PRIMARY KEY (follower_id, followed_id), CHECK (follower_id <> followed_id));
CREATE TABLE reviewables (id bigserial PRIMARY KEY, score numeric(6, 2) NOT NULL DEFAULT 0, payload json, created_by_id bigint NOT NULL REFERENCES users);
CREATE TABLE reviewable_flags (reason text NOT NULL) INHERITS (reviewables);
CREATE TABLE audit_events (id bigserial, author_id bigint NOT NULL, created_at timestamp NOT NULL, details jsonb NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
CREATE TABLE audit_events_202401 PARTITION OF audit_events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE audit_events_202402 PARTITION OF audit_events FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE loose_keys (id bigserial, table_name text NOT NULL, key bigint NOT NULL, status smallint NOT NULL DEFAULT 1, PRIMARY KEY (id, status)) PARTITION BY LIST (status);
CREATE TABLE loose_keys_1 PARTITION OF loose_keys FOR VALUES IN (1);
CREATE TABLE loose_keys_2 PARTITION OF loose_keys FOR VALUES IN (2);
CREATE TABLE views_per_day (topic_id bigint NOT NULL REFERENCES topics, viewed_at date NOT NULL, user_id bigint, ip inet);
