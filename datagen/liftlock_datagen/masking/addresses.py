"""Addresses of networks that nobody has: the ranges for documentation, and locally administered hardware."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from liftlock_datagen.masking.digests import digest_words
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Addresses

_DOCUMENTATION = (b"192.0.2.", b"198.51.100.", b"203.0.113.")


def addresses(made: Addresses, key: bytes, inputs: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
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
