"""Names of tables as they are written in data/<database>.yaml: public.orders; a part with a dot or a quote stands in double quotes."""

from __future__ import annotations

import re

from liftlock_datagen.catalog.model import TableName

_PART = r'"(?:[^"]|"")+"|[^".]+'
_TABLE = re.compile(rf"(?:({_PART})\.)?({_PART})")
_DEFAULT_SCHEMA = "public"


def parse_table(text: str) -> TableName | None:
    """The table that the text names; one without a schema is in public. None where it is no such name. Upper and lower case differ."""
    match = _TABLE.fullmatch(text)
    if match is None:
        return None
    schema, name = match.groups()
    return TableName(_bare(schema) if schema else _DEFAULT_SCHEMA, _bare(name))


def table_text(table: TableName) -> str:
    """The text that parse_table reads as this table."""
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _bare(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"' if re.search(r'[".]', part) else part
