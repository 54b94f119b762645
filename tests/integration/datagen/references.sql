-- Foreign keys that share columns, go in circles, or must differ. Each table names its difficulty.
CREATE TABLE tenant (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE project (
  tenant_id int NOT NULL REFERENCES tenant, id int NOT NULL, parent_id int, name text NOT NULL, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, parent_id) REFERENCES project
);
CREATE TABLE person (tenant_id int NOT NULL REFERENCES tenant, id int NOT NULL, email text NOT NULL UNIQUE, PRIMARY KEY (tenant_id, id));
CREATE TABLE task (
  id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant, project_id int NOT NULL, owner_id int NOT NULL, reviewer_id int,
  FOREIGN KEY (tenant_id, project_id) REFERENCES project, FOREIGN KEY (tenant_id, owner_id) REFERENCES person,
  FOREIGN KEY (tenant_id, reviewer_id) REFERENCES person
);
CREATE TABLE member (
  tenant_id int NOT NULL, project_id int NOT NULL, person_id int NOT NULL, role text NOT NULL, PRIMARY KEY (tenant_id, project_id, person_id),
  FOREIGN KEY (tenant_id, project_id) REFERENCES project, FOREIGN KEY (tenant_id, person_id) REFERENCES person
);
CREATE TABLE team (tenant_id int NOT NULL REFERENCES tenant, id int NOT NULL, captain_id int NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE player (
  tenant_id int NOT NULL REFERENCES tenant, id int NOT NULL, team_id int NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, team_id) REFERENCES team
);
ALTER TABLE team ADD FOREIGN KEY (tenant_id, captain_id) REFERENCES player DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE half_one (id int PRIMARY KEY, note text);
CREATE TABLE half_two (id int PRIMARY KEY REFERENCES half_one, note text);
ALTER TABLE half_one ADD FOREIGN KEY (id) REFERENCES half_two DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE plain_tenant_node (tenant_id int NOT NULL, id int NOT NULL, up_id int, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, up_id) REFERENCES plain_tenant_node);
CREATE TABLE account (id bigint PRIMARY KEY, number text NOT NULL UNIQUE);
CREATE TABLE transfer (
  id bigserial PRIMARY KEY, from_id bigint NOT NULL REFERENCES account, to_id bigint NOT NULL REFERENCES account, CHECK (from_id <> to_id)
);
CREATE TABLE follows (follower text REFERENCES account (number), followed text REFERENCES account (number), PRIMARY KEY (follower, followed), CHECK (follower <> followed));
