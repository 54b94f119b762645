"""What text hides: base64, hexadecimal, URL escapes, compressed bytes, and digests, found in a block and read as text of their own."""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

import numpy as np

from liftlock_datagen.certificate.blocks import Block
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.runs import promising_runs

_RUN = re.compile(rb"(?:\\x)?[A-Za-z0-9+/_-]{11,}+={0,2}")
_ESCAPED = re.compile(rb"[!-~]*%[0-9A-Fa-f]{2}[!-~]*")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){6,}")
_DEPTH = 3
_LARGEST = 1 << 26  # bytes that a compressed value may grow to
_BREAKS = bytes.maketrans(b"\t\n\r\x00", b"    ")
DIGESTS = {32: Form.MD5, 40: Form.SHA1, 64: Form.SHA256}


@dataclass
class Hidden:
    """One text per line, of one form. cells: the block's cell that each line was in."""

    lines: list[bytes] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)

    def data(self) -> bytes:
        """The lines as one text."""
        return b"\n".join(self.lines) + b"\n"


@dataclass
class Uncovered:
    """What a block hides. digests: what looks like one: its form, its first 64 bits, and its cell."""

    texts: dict[Form, Hidden] = field(default_factory=dict)
    digests: list[tuple[Form, int, int]] = field(default_factory=list)


def uncover(block: Block) -> Uncovered:
    """Everything that can be read out of the block's cells without a key."""
    found = Uncovered()
    data = block.data
    starts, ends = promising_runs(block.octets)
    for start, end, cell in zip(starts.tolist(), ends.tolist(), block.cells_at(starts).tolist(), strict=True):
        if data[start - 1 : start + 1] == b"\\x":
            _bytes(found, data[start + 1 : end], cell)
        else:
            _decode(found, data[start:end], cell, 1)
    if b"%" in data:
        escaped = [(match.start(), match.group()) for match in _ESCAPED.finditer(data)]
        for (_, run), cell in zip(escaped, block.cells_at(np.array([at for at, _ in escaped], np.int64)).tolist(), strict=True):
            _add(found, Form.URL, unquote_to_bytes(run.replace(b"+", b" ")), cell, 1)
    return found


def _bytes(found: Uncovered, digits: bytes, cell: int) -> None:
    """A bytea value as PostgreSQL writes it."""
    _digest(found, digits, cell)
    content = _unhex(digits)
    if content:
        _add(found, Form.BYTES, content, cell, 1, binary=True)


def _decode(found: Uncovered, run: bytes, cell: int, depth: int) -> None:
    if _HEX.fullmatch(run):
        _digest(found, run, cell)
        _add(found, Form.HEX, _unhex(run) or b"", cell, depth)
    for content in _unbase64(run):
        _add(found, Form.BASE64, content, cell, depth)


def _digest(found: Uncovered, digits: bytes, cell: int) -> None:
    form = DIGESTS.get(len(digits))
    if form is not None:
        found.digests.append((form, int(digits[:16], 16), cell))


def _add(found: Uncovered, form: Form, content: bytes, cell: int, depth: int, *, binary: bool = False) -> None:
    """Keeps the content if it is text, opens it if it is compressed, and looks into it again."""
    opened = _opened(content)
    if opened is not None:
        form, content = Form.COMPRESSED, opened
    if not opened and not binary and not _is_text(content):
        return
    hidden = found.texts.setdefault(form, Hidden())
    hidden.lines.append(content.decode("utf-8", "replace").encode().translate(_BREAKS))
    hidden.cells.append(cell)
    if depth < _DEPTH:
        for match in _RUN.finditer(content):
            if not match.group().isdigit():
                _decode(found, match.group().removeprefix(b"\\x"), cell, depth + 1)


def _is_text(content: bytes) -> bool:
    try:
        return len(content) >= 4 and content.decode("utf-8").replace("\n", "").replace("\t", "").replace("\r", "").isprintable()
    except UnicodeDecodeError:
        return False


def _unhex(digits: bytes) -> bytes | None:
    try:
        return binascii.unhexlify(digits)
    except (binascii.Error, ValueError):
        return None


def _unbase64(run: bytes) -> Iterator[bytes]:
    """The run as base64 in either alphabet. One that follows other letters is not tried from each of its places."""
    body = run.rstrip(b"=")
    if len(body) % 4 == 1:
        return
    plain = body.translate(bytes.maketrans(b"-_", b"+/"))
    try:
        yield base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return


def _opened(content: bytes) -> bytes | None:
    try:
        if content[:2] == b"\x1f\x8b":
            return zlib.decompressobj(31).decompress(content, _LARGEST)
        if content[:1] == b"\x78":
            return zlib.decompressobj().decompress(content, _LARGEST) or None
        if content[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(content, _LARGEST)
        if content[:6] == b"\xfd7zXZ\x00":
            return lzma.LZMADecompressor().decompress(content, _LARGEST)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        return None
    return None
