"""Carries transformers out on the cells of a column, in COPY's text format, a block of rows at a time.

What a cell becomes depends on the key, the transformer and the cell (and the row's subject or key where the plan says so): never on the
block, the order or the process. A value that a transformer cannot read is an error that names the column and not the value.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.masking.coarse import coarser, shifted
from liftlock_datagen.masking.digests import digest_stream, digest_words
from liftlock_datagen.masking.documents import DocumentMaker
from liftlock_datagen.masking.invented import invented
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.literals import escaped, read_array, unescaped
from liftlock_datagen.masking.shapes import UnparsedError, permuted_integers, permuted_letters
from liftlock_datagen.masking.transformers import (
    Addresses,
    Chosen,
    Coarser,
    Document,
    Elements,
    Fixed,
    Integers,
    Invented,
    Keep,
    Letters,
    Noise,
    Null,
    Seeded,
    Shifted,
    Transformer,
    Uuids,
)
from liftlock_datagen.primitives.bits import reduce_bits

Cells = list[bytes]
Maker = Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]
"""Inputs of the hash and old values (the same, but where a value is made from the row's key) to new values."""

_NULL = b"\\N"
_REMEMBERED = 24 << 20  # bytes of old and new values per column and process
_ENTRY = 150  # what remembering a value costs beside its bytes
_TRIAL = 40_000
_PLAIN = (Invented, Integers, Uuids, Addresses, Shifted)  # what they make needs no escapes
_EACH_ONCE = (Document, Noise)  # values that are long and seldom alike


class ColumnMaker:
    """One column's cells to new ones. Where values come again, each is made once; the memory for that is bounded."""

    def __init__(self, where: str, transformer: Transformer, key: PseudonymKey) -> None:
        self._where = where
        self._make = maker(transformer, key)
        self._plain = isinstance(transformer, _PLAIN)
        self._through = {_NULL: _NULL} if isinstance(transformer, Null | Fixed) else {_NULL: _NULL, b"": b""}
        self._known = dict(self._through)
        self._uses_memory = not isinstance(transformer, _EACH_ONCE)
        self._seen = self._missed = self._size = 0

    def __call__(self, cells: Cells, by: Cells | None = None, *, plain: bool = False) -> Cells:
        """New cells. by: the cells of each row's subject or key, where the transformer needs them. plain: there is no backslash."""
        if by is not None:
            return self._by_row(cells, by)
        if not self._uses_memory:
            return self._directly(cells, plain=plain)
        new = set(cells).difference(self._known)
        self._seen += len(cells)
        self._missed += len(new)
        if self._seen > _TRIAL and self._missed * 2 > self._seen:
            self._uses_memory = False
            self._known.clear()
            return self._directly(cells, plain=plain)
        if self._size > _REMEMBERED:
            self._known, self._size = dict(self._through), 0
            new = set(cells).difference(self._known)
        listed = list(new)
        made = self._made(listed, listed)
        self._known.update(zip(listed, made, strict=True))
        self._size += sum(map(len, listed)) + sum(map(len, made)) + _ENTRY * len(listed)
        return list(map(self._known.__getitem__, cells))

    def _directly(self, cells: Cells, *, plain: bool) -> Cells:
        if not any(cell in cells for cell in self._through if not (plain and cell is _NULL)):
            return self._made(cells, cells, plain=plain)
        return self._by_row(cells, cells)

    def _by_row(self, cells: Cells, by: Cells) -> Cells:
        """Only the rows that hold something."""
        places = [place for place, cell in enumerate(cells) if cell not in self._through]
        old = [cells[place] for place in places]
        inputs = old if by is cells else [by[place] for place in places]  # the same list says that each value is its own input
        out = list(cells)
        for place, cell in zip(places, self._made(inputs, old), strict=True):
            out[place] = cell
        return out

    def _made(self, inputs: Cells, old: Cells, *, plain: bool = False) -> Cells:
        with _named(self._where):
            values = old if plain else _unescaped(old)
            made = self._make(values if inputs is old else _unescaped(inputs), values)
        if len(made) != len(old):
            raise DatagenError(f"{self._where}: {len(old)} values became {len(made)}")
        return made if self._plain else [_NULL if cell is _NULL else escaped(cell) for cell in made]


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Errors with the column's name, and nothing of the value."""
    try:
        yield
    except UnparsedError as err:
        raise DatagenError(f"{where}: {err.message}", hint="mend the value in the source, or choose another rule for the column") from None
    except DatagenError as err:
        kind = SpecError if isinstance(err, SpecError) else DatagenError
        raise kind(f"{where}: {err.message}", hint=err.hint) from None
    except (ValueError, ArithmeticError, LookupError) as err:
        raise DatagenError(f"{where}: a value cannot be read ({type(err).__name__})", hint="choose another rule for the column") from None


def _unescaped(cells: Cells) -> Cells:
    return [unescaped(cell) for cell in cells] if b"\\" in b"".join(cells) else cells


# --- what each transformer makes ------------------------------------------------------------------------------------------------------


def maker(transformer: Transformer, key: PseudonymKey) -> Maker:
    """What makes new values. Neither NULL nor the empty text is ever among them."""
    match transformer:
        case Keep():
            return lambda _, old: list(old)
        case Null():
            return lambda _, old: [_NULL] * len(old)
        case Fixed(text=text):
            return lambda _, old: [text.encode()] * len(old)
        case Coarser():
            return lambda _, old: coarser(transformer, old)
        case Elements(element=element):
            return _elements(maker(element, key))
        case Document():
            return _document(transformer, key)
        case Seeded(inner=inner):
            return _seeded(inner, key)
        case Shifted():
            secret = key.domain(f"shift {transformer.subject_domain}" if transformer.subject else f"shift all {transformer.domain}")
            return lambda inputs, old: shifted(transformer, secret, old, inputs if transformer.subject else [b""] * len(old))
        case _:
            return _keyed(transformer, key.domain(transformer.domain))


def _keyed(transformer: Invented | Integers | Letters | Uuids | Addresses | Chosen | Noise, key: bytes) -> Maker:
    match transformer:
        case Invented():
            return invented(transformer, key)
        case Integers():
            return lambda _, old: permuted_integers(transformer, key, old)
        case Letters():
            return lambda _, old: permuted_letters(transformer, key, old)
        case Uuids():
            return lambda inputs, _: _uuids(key, inputs)
        case Addresses():
            return lambda inputs, old: _addresses(transformer, key, inputs, old)
        case Chosen(values=values):
            return lambda inputs, _: _chosen(key, [value.encode() for value in values], inputs)
        case Noise():
            return lambda inputs, old: [
                b"\\x" + digest_stream(key, given, (len(value) - 2) // 2).hex().encode() for given, value in zip(inputs, old, strict=True)
            ]


def _elements(make: Maker) -> Maker:
    """Elements one by one; where a value comes from the row's key, its place in the array counts too."""

    def change(inputs: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
        arrays = [read_array(value.decode()) for value in old]
        values = [[value.encode() for value in array.values] for array in arrays]
        flat = [value for listed in values for value in listed]
        given = flat
        if inputs is not old:
            given = [key + b"/%d" % place for key, listed in zip(inputs, values, strict=True) for place in range(len(listed))]
        made = iter(make(given, flat))
        return [array.written(islice(made, len(listed))).encode() for array, listed in zip(arrays, values, strict=True)]

    return change


def _document(transformer: Document, key: PseudonymKey) -> Maker:
    def leaf(inner: Transformer) -> Callable[[Sequence[bytes]], list[bytes]]:
        if isinstance(inner, Seeded):
            inner = inner.inner
        make = maker(inner, key)
        return lambda texts: make(texts, texts)

    changed = DocumentMaker(transformer, leaf)
    return lambda _, old: changed(old)


def _seeded(inner: Transformer, key: PseudonymKey) -> Maker:
    """A value of the same kind from the row's key: what would depend on the old value's letters becomes a random one of its form."""
    match inner:
        case Integers(domain=domain, bits=bits):
            secret = key.domain(domain)

            def numbers(inputs: Sequence[bytes], _: Sequence[bytes]) -> list[bytes]:
                first, _second = digest_words(secret, inputs)
                return [b"%d" % (1 + number) for number in (first >> (64 - bits)).tolist()]

            return numbers
        case Letters(domain=domain):
            secret = key.domain(domain)
            return lambda inputs, old: [_filled(secret, given, value) for given, value in zip(inputs, old, strict=True)]
        case Elements(element=element):
            return _elements(_seeded(element, key))
        case _:
            return maker(inner, key)


def _filled(key: bytes, given: bytes, value: bytes) -> bytes:
    """The form of the value with other letters in it."""
    stream = digest_stream(key, given, len(value))
    out = bytearray()
    for byte, drawn in zip(value, stream, strict=True):
        if 48 <= byte <= 57:
            out.append(49 + drawn % 9)
        elif 65 <= byte <= 90 or 97 <= byte <= 122 or byte >= 128:
            out.append((65 if byte < 91 else 97) + drawn % 26)
        else:
            out.append(byte)
    return bytes(out)


def _uuids(key: bytes, inputs: Sequence[bytes]) -> list[bytes]:
    first, second = digest_words(key, inputs)
    made = []
    for high, low in zip(first.tolist(), second.tolist(), strict=True):
        number = (high & ~0xF000 | 0x4000) << 64 | (low & (1 << 62) - 1) | 1 << 63
        text = b"%032x" % number
        made.append(b"-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))
    return made


def _chosen(key: bytes, values: Sequence[bytes], inputs: Sequence[bytes]) -> list[bytes]:
    first, _ = digest_words(key, inputs)
    return [values[place] for place in reduce_bits(first, len(values)).tolist()]


_DOCUMENTATION = (b"192.0.2.", b"198.51.100.", b"203.0.113.")


def _addresses(made: Addresses, key: bytes, inputs: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
    """An address of the version and the prefix length of the old one. UnparsedError for what is no address."""
    first, second = digest_words(key, inputs)
    pairs = zip(first.tolist(), second.tolist(), old, strict=True)
    if made.hardware:
        return [_hardware(high, low, made.hardware) for high, low, _ in pairs]
    return [_internet(high, low, value, unique=made.unique) for high, low, value in pairs]


def _hardware(high: int, low: int, size: int) -> bytes:
    drawn = low.to_bytes(8, "big")[: size - 1]
    return b":".join(b"%02x" % byte for byte in bytes([(high & 0xFC) | 0x02]) + drawn)


def _internet(high: int, low: int, value: bytes, *, unique: bool) -> bytes:
    try:
        network = ipaddress.ip_interface(value.decode()).network
    except ValueError:
        raise UnparsedError("a value is no internet address") from None
    has_mask = b"/" in value
    if network.version == 4 and not unique:
        address = _DOCUMENTATION[high % 3] + b"%d" % (low & 0xFF)
        return address + (b"/32" if has_mask else b"")
    text = str(ipaddress.IPv6Address((0x20010DB8 << 96) | (high & 0xFFFFFFFF) << 64 | low)).encode()
    return text + (b"/128" if has_mask else b"")
