"""Unsalted digests of the source's sensitive values, held against what looks like one in the copy: a second reading of the source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from liftlock_datagen.certificate.blocks import Block
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.plan import CheckPlan, Sensitive
from liftlock_datagen.certificate.relations import Relation
from liftlock_datagen.certificate.source import first_sensitive, plant, rows_of
from liftlock_datagen.database.connect import Connection

_ALGORITHMS: Mapping[Form, Callable[[bytes], bytes]] = {
    Form.MD5: lambda text: hashlib.md5(text, usedforsecurity=False).digest(),
    Form.SHA1: lambda text: hashlib.sha1(text, usedforsecurity=False).digest(),
    Form.SHA256: lambda text: hashlib.sha256(text).digest(),
}


def digests_of(
    connection: Connection, plan: CheckPlan, relations: Sequence[Relation], secret: bytes, wanted: Mapping[Form, set[int]]
) -> Iterator[tuple[Form, int, Sensitive]]:
    """Those of the wanted digests (their first 64 bits) that are digests of sensitive values, as they are or in lower case."""
    for table in plan.tables:
        items = [(first_sensitive(table) + place, item) for place, item in enumerate(table.columns) if item.searched]
        for relation in (relation for relation in relations if items and relation.root == table.name):
            for block in rows_of(connection, relation, table, plant(plan, table, secret)):
                for index, item in items:
                    yield from _digests(block, index, item, wanted)


def digest(form: Form, value: bytes) -> int:
    """The first 64 bits of a value's digest."""
    return int.from_bytes(_ALGORITHMS[form](value)[:8], "big")


def _digests(block: Block, index: int, item: Sensitive, wanted: Mapping[Form, set[int]]) -> Iterator[tuple[Form, int, Sensitive]]:
    starts, ends = block.column(index)
    values = {block.data[begin:end] for begin, end in zip(starts.tolist(), ends.tolist(), strict=True) if end > begin}
    values |= {value.strip().lower() for value in values}
    for form, prefixes in wanted.items():
        for value in values:
            prefix = digest(form, value)
            if prefix in prefixes:
                yield form, prefix, item
