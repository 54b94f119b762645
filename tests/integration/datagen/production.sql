-- A year of the sample shop as production would have it: few customers order most, most orders are small, sales rise, few orders fail.
-- Every value is computed from a row number, so that two servers hold the same rows.
CREATE FUNCTION pg_temp.chance(n bigint, salt text) RETURNS float8 IMMUTABLE LANGUAGE sql
  AS $$ SELECT (hashtextextended(salt, n) & 2147483647) / 2147483648.0 $$;
INSERT INTO customers (id, email, full_name, phone, birth_date, created_at)
  SELECT i, 'customer' || i || '@mail.example', 'Name ' || i, CASE WHEN pg_temp.chance(i, 'phone') < 0.6 THEN '+1-200-555-01' || lpad((i % 100)::text, 2, '0') END,
    date '1940-01-01' + (pg_temp.chance(i, 'born') * pg_temp.chance(i, 'born2') * 24000)::int,
    timestamptz '2024-01-01 00:00:00+00' + make_interval(secs => sqrt(pg_temp.chance(i, 'made')) * 31536000)
  FROM generate_series(1, 4000) i;
INSERT INTO addresses (id, customer_id, kind, street, postcode, city, country)
  SELECT i, 1 + (i - 1) % 4000, CASE WHEN pg_temp.chance(i, 'kind') < 0.8 THEN 'shipping' ELSE 'billing' END, 'Street ' || i,
    lpad((i % 9000)::text, 5, '0'), 'City ' || (pg_temp.chance(i, 'city') ^ 3 * 60)::int, 'CH'
  FROM generate_series(1, 5000) i;
INSERT INTO products (id, sku, name, price, stock, created_at)
  SELECT i, 'SKU-' || i, 'Product ' || i, 0.5 + round((exp(pg_temp.chance(i, 'price') * 6))::numeric, 2),
    CASE WHEN pg_temp.chance(i, 'out') < 0.3 THEN 0 ELSE (pg_temp.chance(i, 'stock') * 80)::int END,
    timestamptz '2023-06-01 00:00:00+00' + make_interval(days => (pg_temp.chance(i, 'new') * 500)::int)
  FROM generate_series(1, 800) i;
INSERT INTO orders (id, customer_id, ship_to, status, placed_at, shipped_at)
  SELECT i, customer, CASE WHEN pg_temp.chance(i, 'there') < 0.9 THEN customer END,
    (CASE WHEN p < 0.75 THEN 'delivered' WHEN p < 0.85 THEN 'shipped' WHEN p < 0.93 THEN 'paid' WHEN p < 0.97 THEN 'placed' ELSE 'cancelled' END)::order_status,
    placed, CASE WHEN p < 0.85 THEN placed + make_interval(hours => 20 + (pg_temp.chance(i, 'ship') * 90)::int) END
  FROM (SELECT i, pg_temp.chance(i, 'status') AS p, 1 + (pg_temp.chance(i, 'who') ^ 4 * 3000)::int AS customer,
          timestamptz '2024-01-01 00:00:00+00' + make_interval(secs => sqrt(pg_temp.chance(i, 'when')) * 31536000) AS placed
        FROM generate_series(1, 20000) i) o;
INSERT INTO order_lines (order_id, product_id, quantity, unit_price)
  SELECT 1 + (pg_temp.chance(i, 'order') ^ 1.5 * 19999)::int, 1 + (pg_temp.chance(i, 'product') ^ 3 * 799)::int,
    CASE WHEN pg_temp.chance(i, 'one') < 0.7 THEN 1 ELSE 1 + (pg_temp.chance(i, 'many') * 9)::int END,
    0.5 + round((exp(pg_temp.chance(i, 'paid') * 5))::numeric, 2)
  FROM generate_series(1, 45000) i ON CONFLICT DO NOTHING;
INSERT INTO payments (id, order_id, method, amount, paid_at)
  SELECT i, i, CASE WHEN p < 0.8 THEN 'card' WHEN p < 0.98 THEN 'transfer' ELSE 'voucher' END,
    1 + round((exp(pg_temp.chance(i, 'amount') * 6))::numeric, 2), timestamptz '2024-02-01 00:00:00+00' + make_interval(mins => i * 20)
  FROM (SELECT i, pg_temp.chance(i, 'method') AS p FROM generate_series(1, 18000) i) o;
INSERT INTO reviews (id, customer_id, product_id, rating, body)
  SELECT i, 1 + i % 3000, 1 + (i / 3000) * 97 + i % 90, CASE WHEN p < 0.55 THEN 5 WHEN p < 0.8 THEN 4 WHEN p < 0.87 THEN 3 WHEN p < 0.9 THEN 2 ELSE 1 END,
    CASE WHEN pg_temp.chance(i, 'words') < 0.4 THEN repeat('Good. ', 1 + (pg_temp.chance(i, 'long') * 20)::int) END
  FROM (SELECT i, pg_temp.chance(i, 'rating') AS p FROM generate_series(1, 6000) i) r;
ANALYZE;
