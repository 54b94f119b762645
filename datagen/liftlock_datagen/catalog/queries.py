"""The questions to pg_catalog, one for each sort of thing and whole database. Each may be asked of PostgreSQL 12 and later.

`{wanted}` is replaced by a condition on n (pg_namespace) and c (pg_class) that leaves out what is not the database's own.
"""

from __future__ import annotations

WANTED = """n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'liftlock_data') AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"""

TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relispartition AS partition,
       c.relpersistence::text AS persistence, c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       c.relreplident::text AS replica_identity,
       c.reltuples::float8 AS rows, c.relpages AS pages, pg_table_size(c.oid) AS bytes, obj_description(c.oid, 'pg_class') AS comment,
       pg_get_expr(c.relpartbound, c.oid) AS bound, p.partstrat::text AS strategy, pg_get_partkeydef(c.oid) AS partition_key,
       p.partattrs::int2[]::int[] AS partition_attributes, pg_get_expr(p.partexprs, c.oid) AS partition_expressions,
       ARRAY(SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS has_children,
       ARRAY(SELECT pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s
             WHERE s.stxrelid = c.oid ORDER BY s.stxname)::text[] AS statistics
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND {wanted}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

# A column's sequence: the one that belongs to it, or else the one that its default draws from.
COLUMNS = """
SELECT a.attrelid AS table, a.attname AS name, a.attnum AS number, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS not_null,
       a.attidentity::text AS identity, a.attgenerated::text AS generated, pg_get_expr(d.adbin, d.adrelid) AS default,
       format_type(a.atttypid, a.atttypmod) AS declared, nullif(a.attstattarget, -1) AS statistics, a.attinhcount > 0 AS inherited,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END AS collation, col_description(a.attrelid, a.attnum) AS comment,
       COALESCE(owned.schema, drawn.schema) AS sequence_schema, COALESCE(owned.name, drawn.name) AS sequence_name
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN (SELECT o.refobjid, o.refobjsubid, min(sn.nspname::text) AS schema, min(s.relname::text) AS name
           FROM pg_depend o JOIN pg_class s ON s.oid = o.objid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
           WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
           GROUP BY 1, 2) owned ON owned.refobjid = a.attrelid AND owned.refobjsubid = a.attnum
LEFT JOIN (SELECT o.objid, min(sn.nspname::text) AS schema, min(s.relname::text) AS name
           FROM pg_depend o JOIN pg_class s ON s.oid = o.refobjid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
           WHERE o.classid = 'pg_attrdef'::regclass AND o.refclassid = 'pg_class'::regclass
           GROUP BY 1) drawn ON drawn.objid = d.oid AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {wanted}
ORDER BY a.attrelid, a.attnum
"""

TYPES = """
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype::text AS kind, t.typcategory::text AS category, t.typelem AS element,
       t.typbasetype AS base, t.typtypmod AS modifier, t.typnotnull AS not_null, t.typrelid AS relation,
       e.extname AS extension, r.rngsubtype AS subtype
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
LEFT JOIN pg_range r ON r.rngtypid = t.oid{or_multirange}
"""
OR_MULTIRANGE = " OR r.rngmultitypid = t.oid"  # PostgreSQL 14 and later

LABELS = """
SELECT enumtypid AS type, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels FROM pg_enum GROUP BY enumtypid
"""

DOMAIN_CHECKS = """
SELECT k.contypid AS type, k.conname AS name, pg_get_expr(k.conbin, 0) AS expression, k.convalidated AS validated
FROM pg_constraint k WHERE k.contypid <> 0 AND k.contype = 'c' ORDER BY k.contypid, k.conname COLLATE "C"
"""

ATTRIBUTES = """
SELECT a.attrelid AS relation, a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier,
       format_type(a.atttypid, a.atttypmod) AS declared
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND (c.relkind = 'c' OR c.reltype IN (
  SELECT coalesce(nullif(t.typelem, 0), t.oid) FROM pg_attribute x JOIN pg_type t ON t.oid = x.atttypid
  WHERE x.attnum > 0 AND t.typcategory IN ('A', 'C')))
ORDER BY a.attrelid, a.attnum
"""

# A key to a partitioned table has a shadow for each of its partitions: PostgreSQL's own bookkeeping, left out.
CONSTRAINTS = """
SELECT k.conrelid AS table, k.oid, k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition,
       CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expression,
       k.confmatchtype::text AS match, k.convalidated AS validated, k.condeferrable AS deferrable, k.condeferred AS deferred,
       k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
       k.conindid AS index, k.conparentid <> 0 OR k.coninhcount > 0 AS inherited,
       tn.nspname AS target_schema, t.relname AS target_name, obj_description(k.oid, 'pg_constraint') AS comment,
       ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY u(n, o) JOIN pg_attribute a
             ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.o)::text[] AS columns,
       ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY u(n, o) JOIN pg_attribute a
             ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.o)::text[] AS target_columns,
       ARRAY(SELECT op.oprname FROM unnest(k.conexclop) WITH ORDINALITY u(n, o) JOIN pg_operator op
             ON op.oid = u.n ORDER BY u.o)::text[] AS operators
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = k.confrelid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.relkind IN ('r', 'p') AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND {wanted}
  AND NOT EXISTS (SELECT FROM pg_constraint up WHERE up.oid = k.conparentid AND up.conrelid = k.conrelid)
ORDER BY k.conrelid, k.conname COLLATE "C"
"""

# An index that a view, a function, a replica identity or a CLUSTER mark depends on keeps its place: dropping it would lose that, or fail.
INDEXES = """
SELECT i.indrelid AS table, i.indexrelid AS oid, x.relname AS name, i.indisunique AS unique, i.indisprimary AS primary, m.amname AS method,
       i.indisexclusion AS exclusion, NOT i.indimmediate AS deferrable, {nulls_distinct} AS nulls_distinct,
       pg_get_indexdef(i.indexrelid) AS definition, pg_get_expr(i.indpred, i.indrelid) AS predicate,
       obj_description(i.indexrelid, 'pg_class') AS comment, pn.nspname AS parent_schema, parent.relname AS parent_name,
       ARRAY(SELECT a.attname FROM generate_series(0, i.indnatts - 1) p LEFT JOIN pg_attribute a
             ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p] AND a.attnum > 0 ORDER BY p)::text[] AS columns,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, p + 1, true) FROM generate_series(0, i.indnkeyatts - 1) p ORDER BY p)::text[] AS parts,
       NOT (i.indisreplident OR i.indisclustered OR NOT i.indisvalid
            OR EXISTS (SELECT FROM pg_depend d WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass)
                       AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indexrelid
                            OR d.refclassid = 'pg_constraint'::regclass AND d.refobjid = own.oid))) AS movable
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint own ON own.conindid = i.indexrelid AND own.contype IN ('p', 'u', 'x')
LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
LEFT JOIN pg_class parent ON parent.oid = h.inhparent LEFT JOIN pg_namespace pn ON pn.oid = parent.relnamespace
WHERE c.relkind IN ('r', 'p') AND {wanted} ORDER BY i.indrelid, x.relname COLLATE "C"
"""
ALWAYS_DISTINCT, MAYBE_DISTINCT = "true", "NOT i.indnullsnotdistinct"  # PostgreSQL 15 and later know the second one

TRIGGERS = """
SELECT t.tgrelid AS table, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS enabled,
       fn.nspname AS function_schema, f.proname AS function_name, {is_part} AS inherited, (t.tgtype & 2) <> 0 AS before,
       f.prosrc ~* 'raise[[:space:]]+exception' AS refuses
FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid JOIN pg_namespace fn ON fn.oid = f.pronamespace
WHERE NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname COLLATE "C"
"""
NEVER_PART, MAYBE_PART = "false", "t.tgparentid <> 0"  # PostgreSQL 13 and later know the second one

POLICIES = """
SELECT p.polrelid AS table, p.polname AS name, p.polcmd::text AS command, p.polpermissive AS permissive,
       ARRAY(SELECT CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r)::text END FROM unnest(p.polroles) r)::text[] AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_policy p ORDER BY p.polrelid, p.polname COLLATE "C"
"""

SEQUENCES = """
SELECT n.nspname AS schema, c.relname AS name, s.seqstart AS start, s.seqmin AS minimum, s.seqmax AS maximum, s.seqincrement AS increment,
       s.seqcycle AS cycle, t.typname AS type, tn.nspname AS table_schema, tc.relname AS table_name, a.attname AS column,
       CASE WHEN has_sequence_privilege(c.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(c.oid) END AS last
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = s.seqtypid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class tc ON tc.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = tc.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = tc.oid AND a.attnum = d.refobjsubid
WHERE {wanted} ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

VIEWS = """
SELECT n.nspname AS schema, c.relname AS name, pg_get_viewdef(c.oid) AS definition, c.relkind = 'm' AS materialised,
       c.relispopulated AS populated,
       ARRAY(SELECT DISTINCT ARRAY[tn.nspname::text, t.relname::text] FROM pg_rewrite r
             JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
             JOIN pg_class t ON t.oid = d.refobjid AND t.oid <> c.oid AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
             JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE r.ev_class = c.oid ORDER BY 1) AS depends_on
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND {wanted} ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""

EXTENSIONS = """
SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema,
       ARRAY(SELECT t.typname FROM pg_depend d JOIN pg_type t ON t.oid = d.objid AND t.typelem = 0
             WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_type'::regclass AND d.deptype = 'e'
             ORDER BY t.typname COLLATE "C")::text[] AS types
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY e.extname COLLATE "C"
"""

# What leads to other servers, and whatever hangs on it, but no ordinary table. What a function's text calls is no dependency.
OUTSIDE = r"""
WITH RECURSIVE link AS (
  SELECT d.objid FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
  WHERE e.extname = 'dblink' AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
), seed(class, object) AS (
  SELECT 'pg_class'::regclass::oid, ftrelid FROM pg_foreign_table
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_user_mapping'::regclass, umid FROM pg_user_mappings
  UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p
            WHERE p.prosrc ~* '\mdblink' AND EXISTS (SELECT FROM link) AND p.oid NOT IN (SELECT objid FROM link)
  UNION ALL SELECT 'pg_extension'::regclass, e.oid FROM pg_extension e WHERE e.extname = 'dblink' OR EXISTS (
              SELECT FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
              AND d.classid = 'pg_foreign_data_wrapper'::regclass)
  UNION ALL SELECT 'pg_class'::regclass, r.ev_class FROM pg_rewrite r
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
            WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid IN (SELECT objid FROM link)
), away(class, object) AS (
  SELECT class, object FROM seed
  UNION
  SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(r.ev_class, d.objid)
  FROM away a JOIN pg_depend d ON d.refclassid = a.class AND d.refobjid = a.object AND d.deptype IN ('n', 'a', 'i')
  LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
  LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
  WHERE c.relkind IS NULL OR c.relkind NOT IN ('r', 'p')
)
SELECT i.type AS kind, i.identity, a.class::bigint AS class, a.object::bigint AS oid, n.nspname AS schema, c.relname AS name,
       pn.nspname AS parent_schema, p.relname AS parent
FROM away a CROSS JOIN LATERAL pg_identify_object(a.class, a.object, 0) i
LEFT JOIN pg_class c ON a.class = 'pg_class'::regclass AND c.oid = a.object LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits h ON c.relispartition AND h.inhrelid = c.oid
LEFT JOIN pg_class p ON p.oid = h.inhparent LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE i.type IN ('foreign table', 'server', 'user mapping', 'foreign-data wrapper', 'view', 'materialized view', 'function', 'procedure',
                 'aggregate', 'trigger', 'operator', 'cast', 'event trigger', 'policy', 'extension')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = a.class AND e.objid = a.object AND e.deptype = 'e')
ORDER BY i.type COLLATE "C", i.identity COLLATE "C"
"""

LARGE_OBJECTS = "SELECT count(*) AS count FROM pg_largeobject_metadata"
