"""What two databases must answer alike to have the same constraints and indexes."""

from __future__ import annotations

from typing import LiteralString

SHAPE: LiteralString = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text, obj_description(oid, 'pg_constraint')
FROM pg_constraint WHERE connamespace::regnamespace::text IN ('public', '"Odd Ones"')
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', obj_description(format('%I.%I', schemaname, indexname)::regclass, 'pg_class')
FROM pg_indexes WHERE schemaname IN ('public', 'Odd Ones') ORDER BY 1, 2, 3
"""
