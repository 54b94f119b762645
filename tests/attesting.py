"""Keys, in-toto statements, and the forms in which cosign and others sign them, for tests."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from liftlock.core.attestation import IN_TOTO, pae

PROVENANCE = "https://slsa.dev/provenance/v1"
BUILDER = "https://ci.example/builders/container@refs/tags/v2"
SOURCE = "https://forge.example/shop/app"


@dataclass(frozen=True)
class Signer:
    """Somebody with a key."""

    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

    @property
    def public(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def private(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign(self, message: bytes) -> bytes:
        return (
            self.key.sign(message) if isinstance(self.key, ed25519.Ed25519PrivateKey) else self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        )

    def envelope(self, statement: dict[str, Any], *, kind: str = IN_TOTO) -> dict[str, Any]:
        """The statement in a DSSE envelope."""
        payload = json.dumps(statement).encode()
        return {"payloadType": kind, "payload": _text(payload), "signatures": [{"keyid": "", "sig": _text(self.sign(pae(kind, payload)))}]}

    def bundle(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The envelope in a sigstore bundle, as cosign makes it with a key and no transparency log."""
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": "a key"}, "tlogEntries": []},
            "dsseEnvelope": self.envelope(statement),
        }

    def signature(self, digest: str) -> tuple[bytes, str]:
        """cosign's older signature of an image: the signed document, and the signature as text."""
        image = {"docker-manifest-digest": digest}
        critical = {"identity": {"docker-reference": "shop/api"}, "image": image, "type": "cosign container image signature"}
        document = json.dumps({"critical": critical, "optional": None}).encode()
        return document, _text(self.sign(document))


ADA = Signer(ec.derive_private_key(1001, ec.SECP256R1()))
GRACE = Signer(ed25519.Ed25519PrivateKey.from_private_bytes(b"g" * 32))
MALLORY = Signer(ec.derive_private_key(1002, ec.SECP256R1()))


def provenance(digest: str, *, builder: str = BUILDER, source: str = SOURCE, predicate: str = PROVENANCE) -> dict[str, Any]:
    """Who built the image from what, as SLSA says it."""
    workflow = {"repository": source, "ref": "refs/heads/main", "path": ".ci/build.yml"}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop/api", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicateType": predicate,
        "predicate": {
            "buildDefinition": {"buildType": "https://ci.example/workflow/v1", "externalParameters": {"workflow": workflow}},
            "runDetails": {"builder": {"id": builder}},
        },
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
