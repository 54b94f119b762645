"""Keys and signatures."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, PublicFormat

from liftlock.adapters.signatures import SigningKey, is_signed
from liftlock.core.errors import ConfigError
from tests.attesting import ADA, GRACE, MALLORY, Signer


@pytest.mark.parametrize("who", [ADA, GRACE], ids=["ECDSA P-256", "Ed25519"])
def test_what_a_key_signs_its_public_key_confirms(who: Signer) -> None:
    signature = SigningKey(who.private).sign(b"message")
    assert is_signed(b"message", signature, who.public)
    assert not is_signed(b"messages", signature, who.public)
    assert not is_signed(b"message", signature, MALLORY.public)
    assert not is_signed(b"message", b"", who.public)


def test_any_of_several_public_keys_confirms_so_that_a_key_can_be_changed() -> None:
    both = f"the old one\n{ADA.public}\nthe new one\n{GRACE.public}"
    assert all(is_signed(b"m", SigningKey(who.private).sign(b"m"), both) for who in (ADA, GRACE))


def _public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no public key"),
        (ADA.private, "no public key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "cannot be read"),
        (_public(ec.derive_private_key(7, ec.SECP384R1())), "not supported"),
        (_public(rsa.generate_private_key(65537, 2048)), "not supported"),
    ],
)
def test_a_text_without_a_supported_public_key_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        is_signed(b"m", b"s", text)


def test_a_signing_key_that_cannot_be_used_is_refused_without_being_shown() -> None:
    locked = ADA.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")).decode()
    other = ec.derive_private_key(7, ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in (locked, other, "hunter2", ADA.public):
        with pytest.raises(ConfigError) as caught:
            SigningKey(text)
        assert text.splitlines()[len(text.splitlines()) // 2] not in f"{caught.value.message}{caught.value.hint}"
        assert caught.value.__cause__ is None
