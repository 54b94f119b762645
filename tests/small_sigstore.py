"""A sigstore of our own, as small as one can be: a certificate authority, a certificate log, a transparency log. All of it in memory.

It signs as the public one does: a certificate for ten minutes with an identity in it, its entry in a log, the log's promise and proof.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.attesting import Signer

_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_OLD_ISSUER, _ISSUER = (x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}") for number in (1, 8))
_SHA256 = ec.ECDSA(hashes.SHA256())
_LOG = "log.example - 1"
START = datetime(2026, 3, 1, tzinfo=UTC)


def _key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


@dataclass
class SmallSigstore:
    """seed: another one has other keys."""

    seed: int = 5000
    authority: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self._root, self._certificates, self._entries = (_key(self.seed + n) for n in range(3))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "small authority")])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.authority = (
            _builder(name, name, self._root.public_key(), START - timedelta(days=1), START + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._root.public_key()), critical=False)
            .sign(self._root, hashes.SHA256())
        )

    @property
    def trusted_root(self) -> str:
        """What a verifier must be given, as `cosign trusted-root create` writes it."""
        since = {"start": (START - timedelta(days=1)).isoformat().replace("+00:00", "Z")}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            public = {"rawBytes": _text(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
            return {"baseUrl": "https://log.example", "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": _text(_id(key))}}

        chain = {"certificates": [{"rawBytes": _text(self.authority.public_bytes(Encoding.DER))}]}
        subject = {"organization": "small", "commonName": "small authority"}
        authority = {"subject": subject, "uri": "https://ca.example", "certChain": chain, "validFor": since}
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self._entries)],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self._certificates)],
                "timestampAuthorities": [],
            }
        )

    def bundle(self, statement: dict[str, Any], *, identity: str, issuer: str, late: bool = False) -> dict[str, Any]:
        """The statement signed by somebody with this identity; late: after the certificate's ten minutes."""
        key = _key(self.seed + 9)
        certificate = self._certificate(key, identity, issuer)
        envelope = Signer(key).envelope(statement)
        envelope["signatures"] = [{"sig": envelope["signatures"][0]["sig"]}]
        at = int((START + timedelta(minutes=30 if late else 1)).timestamp())
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _text(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self._entry(envelope, certificate, at)],
                "timestampVerificationData": {},
            },
            "dsseEnvelope": envelope,
        }

    def _certificate(self, key: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        """With the certificate log's word that it has seen it; that word is of the certificate as it is without it."""
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        text = issuer.encode()
        builder = (
            _builder(x509.Name([]), self.authority.subject, key.public_key(), START, START + timedelta(minutes=10))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._root.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_OLD_ISSUER, text), critical=False)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, b"\x0c" + bytes([len(text)]) + text), critical=False)
        )
        seen = builder.sign(self._root, hashes.SHA256()).tbs_certificate_bytes
        moment = int(START.timestamp() * 1000)
        entry = _id(self._root) + struct.pack("!I", len(seen))[1:] + seen
        word = self._certificates.sign(struct.pack("!BBQH", 0, 0, moment, 1) + entry + b"\0\0", _SHA256)
        seal = b"\0" + _id(self._certificates) + struct.pack("!QH", moment, 0) + b"\4\3" + struct.pack("!H", len(word)) + word
        seals = struct.pack("!H", len(seal)) + seal
        seals = struct.pack("!H", len(seals)) + seals
        return builder.add_extension(x509.UnrecognizedExtension(_SCTS, b"\x04" + bytes([len(seals)]) + seals), critical=False).sign(
            self._root, hashes.SHA256()
        )

    def _entry(self, envelope: dict[str, Any], certificate: x509.Certificate, at: int) -> dict[str, Any]:
        """The only entry of its log, so the log's root is the entry itself."""
        payload = base64.b64decode(envelope["payload"])
        signature = {"signature": envelope["signatures"][0]["sig"], "verifier": _text(certificate.public_bytes(Encoding.PEM))}
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(json.dumps(envelope).encode()).hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [signature],
        }
        body = _canonical({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        root = hashlib.sha256(b"\0" + body).digest()
        log = _id(self._entries)
        promised = {"body": _text(body), "integratedTime": at, "logID": log.hex(), "logIndex": 0}
        note = f"{_LOG}\n1\n{_text(root)}\n"
        signed = f"{note}\n\u2014 log.example {_text(log[:4] + self._entries.sign(note.encode(), _SHA256))}\n"
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(log)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": _text(self._entries.sign(_canonical(promised), _SHA256))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": signed},
            },
            "canonicalizedBody": _text(body),
        }


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(77)
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_der(key)).digest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
