"""Values of our own, planted where the check looks: one that it does not find proves that it is blind there.

Each sensitive column of the source gets one row that is only in our stream, and each relation of the copy a row that repeats it. On top of
that the copy's server is asked for a row of every type and wrapping that text can hide in. Nothing is written anywhere.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import lzma
from collections.abc import Sequence
from urllib.parse import quote

from psycopg import sql

KEY = b"liftlock-canary-row"


def canary(secret: bytes, number: int) -> bytes:
    """The canary of a sensitive column."""
    digest = hashlib.blake2b(number.to_bytes(4, "big"), key=secret, digest_size=6, person=b"canary").hexdigest()
    return f"zq{digest}.kanari@zq{digest}.invalid".encode()


def number(secret: bytes) -> bytes:
    """The canary among the numbers of people: 16 digits."""
    digest = hashlib.blake2b(b"number", key=secret, digest_size=8, person=b"canary").digest()
    return b"%016d" % (10**15 + int.from_bytes(digest) % (9 * 10**15))


def line(key: int, values: Sequence[bytes]) -> bytes:
    """A row as COPY writes it: its position, `key` cells of key, and the values."""
    return b"\t".join([KEY, *[KEY] * key, *values]) + b"\n"


_TYPED = {
    "text": "{}::text",
    "varchar": "{}::varchar(200)",
    "char": "{}::char(120)",
    "JSON value": "json_build_object('a', {}::text)",
    "JSON key": "json_build_object({}::text, 1)",
    "JSONB value": "jsonb_build_object('a', jsonb_build_array(1, {}::text))",
    "JSONB key": "jsonb_build_object('b', jsonb_build_object({}::text, true))",
    "array element": "ARRAY['x', {}::text, 'y']",
    "composite": "ROW(1, {}::text, NULL)",
    "tsvector": "array_to_tsvector(ARRAY[{}::text, 'x'])",
    "bytea": "convert_to({}, 'UTF8')",
    "upper case": "upper({})",
    "line breaks": "E'first\\nline\\t' || {} || E'\\nlast'",
    "quotes": "'\"\\' || {} || '\\\"'",
    "XML": "'<a b=\"' || {} || '\">&amp;</a>'",
    "base64": "encode(convert_to({}, 'UTF8'), 'base64')",
    "hexadecimal": "encode(convert_to({}, 'UTF8'), 'hex')",
    "reversed": "reverse({})",
    "MD5": "md5({})",
    "SHA-256": "encode(sha256(convert_to({}, 'UTF8')), 'hex')",
}


def gallery(text: bytes, digits: bytes = b"") -> tuple[sql.Composed, list[str]]:
    """A query for one row with the canary in every type and wrapping, after a first cell; and what each further cell is called.

    digits: the number's canary, where there are numbers of people.
    """
    value = sql.Literal(text.decode())
    cells: list[tuple[str, sql.Composable]] = [(name, sql.SQL(form).format(value)) for name, form in _TYPED.items()]
    packed = {"gzip": gzip.compress(text, mtime=0), "bzip2": bz2.compress(text), "xz": lzma.compress(text)}
    cells += [(name, sql.SQL("{}::bytea").format(sql.Literal(content))) for name, content in packed.items()]
    wrapped = base64.b64encode(gzip.compress(text * 3, mtime=0)).decode()
    cells += [("base64 of gzip", sql.Literal(wrapped)), ("URL", sql.Literal("https://x.invalid/?q=" + quote(text.decode(), safe="")))]
    if digits:
        parted = f"no. {digits[:4].decode()} {digits[4:9].decode()}-{digits[9:].decode()}."
        cells.append(("a number in another way", sql.Literal(parted)))
    names, parts = zip(*cells, strict=True)
    return sql.SQL("COPY (SELECT {}, {}) TO STDOUT").format(sql.Literal(KEY.decode()), sql.SQL(", ").join(parts)), list(names)
