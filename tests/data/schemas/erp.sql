-- Books and stock of several companies in one database, as ERP systems keep them (the patterns of Odoo and ERPNext, none of their names or code).
-- Every key begins with the company; circles, hierarchies, exclusion, domains, generated columns, deferred and partial uniqueness, sums that agree.
CREATE EXTENSION btree_gist;
CREATE SCHEMA stock;
CREATE DOMAIN amount AS numeric(14, 2);
CREATE DOMAIN currency_code AS character(3) CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE TYPE doc_state AS ENUM ('draft', 'posted', 'cancelled');

CREATE TABLE company (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, currency currency_code NOT NULL, parent_id int REFERENCES company);
CREATE TABLE partner (
  company_id int NOT NULL REFERENCES company, id int NOT NULL, name text NOT NULL, is_company boolean NOT NULL, first_name text, vat text,
  commercial_partner_id int, email text, PRIMARY KEY (company_id, id),
  FOREIGN KEY (company_id, commercial_partner_id) REFERENCES partner,
  CHECK ((is_company AND first_name IS NULL) OR (NOT is_company AND vat IS NULL))
);
CREATE UNIQUE INDEX partner_email ON partner (company_id, lower(email)) WHERE email IS NOT NULL;
CREATE TABLE account (
  company_id int NOT NULL REFERENCES company, code varchar(10) NOT NULL CHECK (code ~ '^[1-9][0-9]{3,5}$'), name text NOT NULL,
  parent_code varchar(10), PRIMARY KEY (company_id, code), FOREIGN KEY (company_id, parent_code) REFERENCES account
);
CREATE TABLE employee (
  company_id int NOT NULL REFERENCES company, id int NOT NULL, name text NOT NULL, department_id int, hired date NOT NULL, leaves date,
  PRIMARY KEY (company_id, id), CHECK (leaves IS NULL OR leaves >= hired + 14)
);
CREATE TABLE department (
  company_id int NOT NULL REFERENCES company, id int NOT NULL, name text NOT NULL, manager_id int NOT NULL, parent_id int,
  PRIMARY KEY (company_id, id), FOREIGN KEY (company_id, manager_id) REFERENCES employee, FOREIGN KEY (company_id, parent_id) REFERENCES department
);
ALTER TABLE employee ADD CONSTRAINT employee_department FOREIGN KEY (company_id, department_id) REFERENCES department DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE fiscal_year (
  company_id int NOT NULL REFERENCES company, id serial NOT NULL, starts date NOT NULL, ends date NOT NULL, PRIMARY KEY (id), CHECK (starts < ends),
  CONSTRAINT fiscal_years_apart EXCLUDE USING gist (company_id WITH =, daterange(starts, ends, '[]') WITH &&)
);
CREATE TABLE journal_entry (
  company_id int NOT NULL, id bigint NOT NULL, number text NOT NULL, partner_id int, approved_by int NOT NULL, state doc_state NOT NULL,
  posted_at timestamptz, reversal_of bigint, PRIMARY KEY (company_id, id),
  FOREIGN KEY (company_id, partner_id) REFERENCES partner, FOREIGN KEY (company_id, approved_by) REFERENCES employee,
  CONSTRAINT number_once UNIQUE (number) DEFERRABLE INITIALLY DEFERRED,
  CHECK ((state = 'draft') = (posted_at IS NULL))
);
CREATE TABLE journal_line (
  id bigserial PRIMARY KEY, company_id int NOT NULL, entry_id bigint NOT NULL, account_code varchar(10) NOT NULL,
  debit amount NOT NULL DEFAULT 0, credit amount NOT NULL DEFAULT 0, balance amount GENERATED ALWAYS AS (debit - credit) STORED,
  FOREIGN KEY (company_id, entry_id) REFERENCES journal_entry, FOREIGN KEY (company_id, account_code) REFERENCES account,
  CHECK (debit >= 0 AND credit >= 0), CHECK (debit = 0 OR credit = 0), CHECK (balance <> 0)
);
CREATE TABLE stock.product (
  id serial PRIMARY KEY, sku text NOT NULL UNIQUE CHECK (sku ~ '^(RM|FG)-[0-9]{5}$'), net_weight numeric(8, 3) NOT NULL, gross_weight numeric(8, 3) NOT NULL,
  replaces_id int REFERENCES stock.product, CHECK (net_weight > 0 AND gross_weight >= net_weight), CHECK (replaces_id <> id)
);
CREATE TABLE stock.warehouse (id serial PRIMARY KEY, company_id int NOT NULL REFERENCES company, code varchar(5) NOT NULL, UNIQUE (company_id, code));
CREATE TABLE stock.transfer (
  id serial PRIMARY KEY, from_id int NOT NULL REFERENCES stock.warehouse, to_id int NOT NULL REFERENCES stock.warehouse, product_id int NOT NULL REFERENCES stock.product,
  ordered int NOT NULL, delivered int NOT NULL, rejected int NOT NULL, CHECK (from_id <> to_id), CHECK (ordered > 0 AND delivered >= 0 AND rejected >= 0),
  CHECK (delivered + rejected <= ordered)
);
CREATE TABLE stock.reservation (
  warehouse_id int NOT NULL REFERENCES stock.warehouse, dock smallint NOT NULL, slot tstzrange NOT NULL, EXCLUDE USING gist (warehouse_id WITH =, slot WITH &&)
);
CREATE TABLE stock.price (
  product_id int NOT NULL REFERENCES stock.product, valid_from date NOT NULL, price amount NOT NULL CHECK (price > 0), discount numeric(5, 2) NOT NULL CHECK (discount BETWEEN 0 AND 60),
  final amount NOT NULL, PRIMARY KEY (product_id, valid_from), CHECK (final = round(price * (100 - discount) / 100, 2))
);
CREATE TABLE stock.one_open_count (id serial PRIMARY KEY, warehouse_id int NOT NULL REFERENCES stock.warehouse, closed_at timestamptz);
CREATE UNIQUE INDEX one_open ON stock.one_open_count (warehouse_id) WHERE closed_at IS NULL;
