"""Signatures by ECDSA P-256 (over SHA-256) and Ed25519 keys, and nothing else: checked and made without asking anybody."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key

from liftlock.core.errors import ConfigError

_Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
_ECDSA = ec.ECDSA(hashes.SHA256())
_BLOCK = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_WANTED = "ECDSA P-256 or Ed25519"


def is_signed(message: bytes, signature: bytes, keys: str) -> bool:
    """Whether the signature is one of the message by one of these public keys (PEM)."""
    return any(_fits(key, message, signature) for key in load_keys(keys))


@lru_cache(maxsize=32)
def load_keys(text: str) -> tuple[_Public, ...]:
    """The public keys in the text; ConfigError where there is none, or one of a kind that is not supported."""
    keys = tuple(_load(block) for block in _BLOCK.findall(text))
    if not keys:
        raise ConfigError("it holds no public key", hint="a public key is PEM: -----BEGIN PUBLIC KEY-----")
    return keys


class SigningKey:
    """Signs. The key is shown nowhere."""

    def __init__(self, pem: str) -> None:
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The reason is not passed on: it could quote the key.
            raise ConfigError(
                "the signing key cannot be read",
                hint=f"it is a PEM file of an {_WANTED} key without a password: openssl genpkey -algorithm ed25519",
            ) from None
        if isinstance(key, ed25519.Ed25519PrivateKey) or (
            isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
        ):
            self._key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey = key
        else:
            raise ConfigError("the signing key is of another kind", hint=f"liftlock signs with {_WANTED}")

    def sign(self, message: bytes) -> bytes:
        """The signature of the message."""
        return self._key.sign(message) if isinstance(self._key, ed25519.Ed25519PrivateKey) else self._key.sign(message, _ECDSA)

    @property
    def id(self) -> str:
        """The SHA-256 of the public key, as a hint for people; it proves nothing."""
        return hashlib.sha256(self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _load(block: str) -> _Public:
    try:
        key = load_pem_public_key(block.encode())
    except (ValueError, UnsupportedAlgorithm) as err:
        raise ConfigError("one of its public keys cannot be read", hint="was it cut off? make it anew from the private key") from err
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ConfigError("one of its public keys is of a kind that is not supported", hint=f"use {_WANTED}")


def _fits(key: _Public, message: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, _ECDSA)
    except InvalidSignature:
        return False
    return True
