"""Texts of technical values: identifiers, addresses, bytes, letters after a pattern."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from liftlock_datagen.primitives.bits import Counters, draw, mix, permute, reduce_bits, uniform
from liftlock_datagen.primitives.encoding import Piece, as_matrix, blank, decimals, digits, hexadecimal
from liftlock_datagen.synthesis.generators import Address, Binary, HardwareAddress, Pattern, Point, Uuid, Variants
from liftlock_datagen.synthesis.word_tables import literal

Technical = Uuid | Binary | Address | HardwareAddress | Point | Pattern | Variants


def technical_pieces(maker: Technical, key: int, rows: Counters, depth: int) -> list[Piece]:
    """The maker's text for each row. depth: pairs of quotes around it."""
    bits = draw(key, rows)
    match maker:
        case Uuid():
            return _uuid(mix(rows + np.uint64(key >> 1)), bits)
        case Binary(length):
            words = [*hexadecimal(mix(rows + np.uint64(key >> 1)), 4)]
            while len(words) * 2 < length:
                words += hexadecimal(draw(key + len(words) & 0xFFFFFFFFFFFFFFFF, rows), 4)
            return [literal("\\x", depth), *words[: max(4, length // 2)]]
        case Address(wide, network):
            return _address(bits, rows, wide=wide, network=network)
        case HardwareAddress():
            low, high = hexadecimal(permute(key, rows, 1 << 40), 3), as_matrix(b"02", len(rows))
            return [high, as_matrix(low[0], len(rows))[:, 2:], *low[1:]]
        case Point():
            degrees = [decimals(reduce_bits(mix(bits + np.uint64(n)), 36000).astype(np.int64) - 18000, 2) for n in (1, 2)]
            return [b"(", *degrees[0], b",", *degrees[1], b")"]
        case Pattern():
            return _pattern(maker, key, rows)
        case Variants(patterns):
            chosen = uniform(key ^ 0x5EED, rows, len(patterns))
            return [piece for place, one in enumerate(patterns) for piece in blank(_pattern(one, key, rows), chosen != place)]
        case _:
            assert_never(maker)


def _uuid(unique: Counters, bits: Counters) -> list[Piece]:
    """Version 4, variant 10. The first three and the last part hold 64 bits of a bijection of the row, so none comes twice."""
    first, rest = hexadecimal(unique, 4), hexadecimal(bits, 4)
    version = (bits >> np.uint64(52)) & np.uint64(0x0FFF) | np.uint64(0x4000)
    variant = (bits >> np.uint64(32)) & np.uint64(0x3FFF) | np.uint64(0x8000)
    return [*first[:2], b"-", first[2], b"-", *hexadecimal(version, 1), b"-", *hexadecimal(variant, 1), b"-", first[3], *rest[2:]]


def _address(bits: Counters, rows: Counters, *, wide: bool, network: bool) -> list[Piece]:
    if wide:
        words = hexadecimal(rows, 3)
        return [b"2001:db8:", words[0], b":", words[1], b":", words[2], b"::/112" if network else b"::1"]
    if network:
        return [b"203.0.113.", *digits(reduce_bits(bits, 16).astype(np.int64) * 16), b"/28"]
    return [b"192.0.2.", *digits(reduce_bits(bits, 254).astype(np.int64) + 1)]


def _pattern(maker: Pattern, key: int, rows: Counters) -> list[Piece]:
    """Random letters from each part; where unique, the fixed positions spell a permutation of the row's number instead."""
    out: list[Piece] = []
    fixed = _fixed_positions(maker) if maker.unique else ()
    capacity = 1
    for size in fixed:
        capacity *= size
    whole = permute(key, rows, min(capacity, 1 << 60)) if fixed else rows
    position = 0
    for letters, least, most in maker.parts:
        alphabet = np.frombuffer(letters.encode("latin-1", "replace"), np.uint8)
        count = uniform(key ^ (position + 1), rows, most - least + 1)
        for place in range(least if maker.unique else most):
            position += 1
            if maker.unique:
                whole, chosen = np.divmod(whole, np.uint64(len(alphabet)))
            else:
                chosen = uniform(key, rows * np.uint64(64) + np.uint64(position), len(alphabet))
            letter: Piece = alphabet[chosen.astype(np.int64)][:, None]
            out += [letter] if place < least else blank([letter], count < place - least + 1)
    return out


def _fixed_positions(maker: Pattern) -> tuple[int, ...]:
    return tuple(len(letters) for letters, least, _ in maker.parts for _ in range(least))
