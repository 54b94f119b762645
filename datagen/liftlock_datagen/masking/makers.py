"""What each transformer makes of values, many at once. Neither NULL nor the empty text is ever among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from liftlock_datagen.masking.addresses import addresses
from liftlock_datagen.masking.coarse import coarser, shifted
from liftlock_datagen.masking.digests import digest_stream, digest_words
from liftlock_datagen.masking.documents import DocumentMaker
from liftlock_datagen.masking.invented import invented
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.led import led
from liftlock_datagen.masking.literals import read_array
from liftlock_datagen.masking.measures import bounded, reformed, spans
from liftlock_datagen.masking.numbers import impossible, permuted_numbers, replaced
from liftlock_datagen.masking.shapes import permuted_integers
from liftlock_datagen.masking.transformers import (
    Addresses,
    Bounds,
    Chosen,
    Coarser,
    Document,
    Elements,
    Fixed,
    Integers,
    Invented,
    Keep,
    Led,
    Letters,
    Noise,
    Null,
    Reformed,
    Seeded,
    Shifted,
    Spans,
    Transformer,
    Uuids,
)
from liftlock_datagen.primitives.bits import reduce_bits

Maker = Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]
"""Inputs of the hash and old values (the same, but where a value is made from the row's key) to new values."""

NULL = b"\\N"


def maker(transformer: Transformer, key: PseudonymKey) -> Maker:
    """What makes new values. Neither NULL nor the empty text is ever among them."""
    match transformer:
        case Keep():
            return lambda _, old: list(old)
        case Null():
            return lambda _, old: [NULL] * len(old)
        case Fixed(text=text):
            return lambda _, old: [text.encode()] * len(old)
        case Coarser():
            return lambda _, old: coarser(transformer, old)
        case Elements(element=element):
            return _elements(maker(element, key))
        case Led(lead=lead):
            of_leading = led(transformer, key.domain(lead.domain))
            return lambda _, leading: of_leading(leading)
        case Bounds(bound=bound):
            change = maker(bound, key)
            return lambda inputs, old: bounded(change, inputs, old, closed=isinstance(bound, Coarser))
        case Document():
            return _document(transformer, key)
        case Seeded(inner=inner):
            return _seeded(inner, key)
        case Shifted():
            secret = key.domain(f"shift {transformer.subject_domain}" if transformer.subject else f"shift all {transformer.domain}")
            return lambda inputs, old: shifted(transformer, secret, old, inputs if transformer.subject else [b""] * len(old))
        case _:
            return _keyed(transformer, key.domain(transformer.domain))


def _keyed(transformer: Invented | Integers | Letters | Uuids | Addresses | Chosen | Noise | Reformed | Spans, key: bytes) -> Maker:
    match transformer:
        case Invented():
            return invented(transformer, key)
        case Integers():
            return lambda _, old: permuted_integers(transformer, key, old)
        case Letters():
            return lambda _, old: permuted_numbers(transformer, key, old)
        case Uuids():
            return lambda inputs, _: _uuids(key, inputs)
        case Addresses():
            return lambda inputs, old: addresses(transformer, key, inputs, old)
        case Reformed():
            return lambda inputs, old: reformed(transformer, key, inputs, old)
        case Spans():
            return lambda inputs, _: spans(transformer, key, inputs)
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
    secret = key.domain("keys of documents")
    return DocumentMaker(transformer, lambda leaf: maker(leaf, key), lambda name: b"k" + replaced(secret, name, 15))


def _seeded(inner: Transformer, key: PseudonymKey) -> Maker:
    """A value of the same kind from the row's key: what would depend on the old value's letters becomes a random one of its form."""
    match inner:
        case Integers(domain=domain, bits=bits):
            secret = key.domain(domain)

            def numbers(inputs: Sequence[bytes], _: Sequence[bytes]) -> list[bytes]:
                first, _second = digest_words(secret, inputs)
                return [b"%d" % (1 + number) for number in (first >> (64 - bits)).tolist()]

            return numbers
        case Letters(domain=domain, kind=kind):
            secret = key.domain(domain)
            return lambda inputs, old: [impossible(kind, _filled(secret, given, value)) for given, value in zip(inputs, old, strict=True)]
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
