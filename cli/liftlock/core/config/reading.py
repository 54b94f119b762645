"""YAML text to a document with positions.

The subset that configuration needs of YAML 1.2: mappings, lists, scalars, anchors, aliases and merge keys. Tags, several documents in
one file, keys that are not plain text, duplicate keys and trees beyond the limits are refused in plain words.
"""

from __future__ import annotations

import functools

from liftlock.core.config.document import Document, Position
from liftlock.core.config.problems import Problem, config_error


@functools.lru_cache(maxsize=256)  # one command reads the same files several times: as they are, and as they were reviewed
def parse_bytes(data: bytes, file: str) -> Document | Problem:
    """The document that a file's bytes are, or the first thing that is wrong with them."""
    try:
        return parse_text(data.decode("utf-8"), file)
    except UnicodeDecodeError as err:
        before = data[: err.start]
        line, column = before.count(b"\n") + 1, err.start - (before.rfind(b"\n") + 1) + 1
        return Problem(Position(file, line, column), "", f"byte 0x{data[err.start]:02x} is not UTF-8; save the file as UTF-8")


def parse_text(text: str, file: str) -> Document | Problem:
    """The tree of the text, or the first thing that is wrong with it, in plain words."""
    # Loaded with the first text: the YAML parsers would make up most of the start of commands that read none.
    from liftlock.core.config.composer import compose, compose_quickly  # noqa: PLC0415

    return compose_quickly(text, file) or compose(text, file)


def read_document(text: str, file: str) -> Document:
    """As parse_text; ConfigError with file:line:column where the text is not such a document."""
    document = parse_text(text, file)
    if isinstance(document, Problem):
        raise config_error([document])
    return document
