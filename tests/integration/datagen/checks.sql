-- CHECK constraints that tie columns to one another, or ask more of one than a range. Each table names its difficulty.
CREATE TABLE sum_of_two (id int PRIMARY KEY, a int, b int, c int, CHECK (a + b <= c));
CREATE TABLE line_total (
  id int PRIMARY KEY, price numeric(10, 2) NOT NULL, quantity int NOT NULL, total numeric(12, 2) NOT NULL, CHECK (total = price * quantity)
);
CREATE TABLE discounted (
  id int PRIMARY KEY, discount numeric(5, 2) NOT NULL CHECK (discount BETWEEN 0 AND 100), price numeric(8, 2) NOT NULL, final numeric(8, 2) NOT NULL,
  CHECK (final = round(price * (100 - discount) / 100, 2))
);
CREATE TABLE short_stay (
  id int PRIMARY KEY, start_at timestamptz NOT NULL, end_at timestamptz NOT NULL, CHECK (start_at < end_at), CHECK (end_at - start_at <= interval '7 days')
);
CREATE TABLE even_number (id int PRIMARY KEY, x int NOT NULL CHECK (x % 2 = 0), y int NOT NULL CHECK (y <> 0));
CREATE TABLE trimmed (id int PRIMARY KEY, t text NOT NULL CHECK (char_length(trim(t)) > 0), u text CHECK (u IS NULL OR trim(BOTH FROM u) <> ''));
CREATE TABLE one_of_two (id int PRIMARY KEY, a int, b int, CHECK (num_nonnulls(a, b) = 1));
CREATE TABLE one_of_three (
  id int PRIMARY KEY, a text, b text, c text, CHECK ((a IS NULL)::int + (b IS NULL)::int + (c IS NULL)::int = 2)
);
CREATE TABLE party (
  id int PRIMARY KEY, kind text NOT NULL, first_name text, company_name text,
  CHECK ((kind = 'person' AND first_name IS NOT NULL AND company_name IS NULL) OR (kind = 'company' AND company_name IS NOT NULL AND first_name IS NULL))
);
CREATE TABLE either_parent (
  id int PRIMARY KEY, a_id int REFERENCES even_number, b_id int REFERENCES trimmed, note text, CHECK (num_nonnulls(a_id, b_id) = 1)
);
CREATE TABLE typed_parent (
  id int PRIMARY KEY, type text NOT NULL, a_id int REFERENCES even_number, b_id int REFERENCES trimmed,
  CHECK (type IN ('a', 'b')), CHECK ((type = 'a') = (a_id IS NOT NULL)), CHECK ((type = 'b') = (b_id IS NOT NULL))
);
CREATE TABLE several_tags (id int PRIMARY KEY, tags text[] NOT NULL CHECK (array_length(tags, 1) > 2));
CREATE TABLE with_key (id int PRIMARY KEY, data jsonb NOT NULL CHECK (data ? 'key' AND data ->> 'kind' = 'x'));
CREATE TABLE defaulted (id int PRIMARY KEY, a int, b int, CHECK (COALESCE(a, 0) + COALESCE(b, 0) > 5));
CREATE TABLE case_state (
  id int PRIMARY KEY, status text NOT NULL CHECK (status IN ('open', 'paid', 'void')), paid_at timestamptz,
  CHECK (CASE WHEN status = 'paid' THEN paid_at IS NOT NULL ELSE paid_at IS NULL END)
);
CREATE TABLE dated (
  id int PRIMARY KEY, d date NOT NULL CHECK (EXTRACT(year FROM d) BETWEEN 2000 AND 2030), e date CHECK (e > d + 30), at timestamptz NOT NULL CHECK (at::date > '2024-03-01')
);
CREATE TABLE flags (id int PRIMARY KEY, a boolean NOT NULL, b boolean NOT NULL, CHECK (a OR b), CHECK (NOT (a AND b)));
CREATE TABLE area (
  id int PRIMARY KEY, w numeric(8, 2) NOT NULL, h numeric(8, 2) NOT NULL, size numeric(14, 4) GENERATED ALWAYS AS (w * h) STORED CHECK (size > 10)
);
CREATE TABLE coded (
  id int PRIMARY KEY, code text NOT NULL CHECK (code ~ '^(AB|CD)-[0-9]{3}(-[A-Z]+)?$'), unique_code text NOT NULL UNIQUE CHECK (unique_code ~ '^(X|YY)[0-9]{4,6}$')
);
CREATE TABLE quarter (id int PRIMARY KEY, month int NOT NULL CHECK (month BETWEEN 1 AND 12), q int NOT NULL CHECK (q = (month + 2) / 3));
CREATE TABLE shouted (id int PRIMARY KEY, name text NOT NULL CHECK (name !~ '[<>]'), upper_name text CHECK (upper_name = upper(name)));
CREATE TABLE booked (
  id int PRIMARY KEY, amount numeric(9, 2) NOT NULL CHECK (amount <> 0), kind text NOT NULL CHECK (kind IN ('debit', 'credit')),
  CHECK ((kind = 'debit' AND amount < 0) OR (kind = 'credit' AND amount > 0))
);
CREATE TABLE between_two (id int PRIMARY KEY, a int NOT NULL, lo int NOT NULL, hi int NOT NULL, CHECK (a BETWEEN lo AND hi));
CREATE TABLE period (id int PRIMARY KEY, valid daterange NOT NULL CHECK (NOT isempty(valid)), n int NOT NULL CHECK (n IS DISTINCT FROM 5));
