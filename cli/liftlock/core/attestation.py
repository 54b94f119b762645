"""Attestations: what somebody signed about an image, as it is found beside it. Pure: signatures are checked by an adapter.

A DSSE envelope holds an in-toto statement; a sigstore bundle holds an envelope; cosign's older signatures hold a document of their own.
Nothing of what is read here counts before its signature was checked.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock.core.ledger import Json

IN_TOTO = "application/vnd.in-toto+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
# The predicate type that cosign gives its signatures; its older ones, which name none, count as the same.
COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
STATEMENT = "https://in-toto.io/Statement/v1"
_STATEMENTS = (STATEMENT, "https://in-toto.io/Statement/v0.1")
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Something signed. place: where it was found, for people. signatures: one of them by a trusted key is enough.

    bundle: the sigstore bundle that it came in, with what proves an identity; None where it came without one.
    """

    place: str
    payload_type: str
    payload: bytes
    signatures: tuple[bytes, ...]
    bundle: bytes | None = None

    @property
    def signed(self) -> bytes:
        """The bytes that the signatures are of."""
        return self.payload if self.payload_type == SIMPLE_SIGNING else pae(self.payload_type, self.payload)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is attached to an image and is no evidence, and why."""

    place: str
    reason: str


Found = Envelope | Unreadable


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Whoever holds one of these public keys (PEM, one or several)."""

    text: str


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """Whoever a certificate names so, by this issuer's word, under this root of trust (a sigstore trusted root, JSON)."""

    identity: str
    issuer: str
    root: str


Trust = TrustedKeys | TrustedIdentity


@dataclass(frozen=True, slots=True)
class Statement:
    """What an envelope says: `sha256:…` of its subjects, the type of what it says of them, and that itself."""

    digests: frozenset[str]
    predicate_type: str
    predicate: Mapping[str, Json]


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed, so that a payload cannot be taken for one of another type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


# --- from bytes in a registry to envelopes ------------------------------------------------------------------------------------------------


def read_envelope(place: str, data: bytes) -> Found:
    """The DSSE envelope that the bytes are."""
    try:
        return _envelope(place, _object(json.loads(data)))
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        return Unreadable(place, f"it is no DSSE envelope: {_why(err)}")


def read_bundle(place: str, data: bytes) -> Found:
    """The DSSE envelope in the sigstore bundle that the bytes are."""
    try:
        body = _object(json.loads(data))
        if "dsseEnvelope" not in body:
            return Unreadable(place, "the bundle holds no DSSE envelope, so it says nothing that a policy could judge")
        return replace(_envelope(place, _object(body["dsseEnvelope"])), bundle=data)
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        return Unreadable(place, f"it is no sigstore bundle: {_why(err)}")


def read_simple_signing(place: str, data: bytes, signature: str | None) -> Found:
    """cosign's older kind of signature: the document that was signed, and the signature that stood beside it."""
    if signature is None:
        return Unreadable(place, "there is no signature beside the signed document")
    try:
        return Envelope(place, SIMPLE_SIGNING, data, (_bytes(signature),))
    except ValueError as err:
        return Unreadable(place, f"its signature cannot be read: {_why(err)}")


def _envelope(place: str, body: Mapping[str, Json]) -> Envelope:
    signatures = body["signatures"]
    if not isinstance(signatures, list) or not signatures:
        raise ValueError("it carries no signature")
    kind = _text(body["payloadType"])
    if kind == SIMPLE_SIGNING:
        # Those are signed without their type: one in an envelope would be a document that was signed as something else.
        raise ValueError(f"{SIMPLE_SIGNING} does not belong in an envelope")
    return Envelope(place, kind, _bytes(body["payload"]), tuple(_bytes(_object(item)["sig"]) for item in signatures))


# --- from an envelope to what it says -----------------------------------------------------------------------------------------------------


def read_statement(envelope: Envelope) -> Statement:
    """What the envelope says; ValueError with the reason where it is not understood."""
    try:
        body = _object(json.loads(envelope.payload))
        return _simple_signing(body) if envelope.payload_type == SIMPLE_SIGNING else _in_toto(envelope.payload_type, body)
    except (KeyError, TypeError, RecursionError) as err:
        raise ValueError(f"its statement cannot be read: {_why(err)}") from err


def _in_toto(kind: str, body: Mapping[str, Json]) -> Statement:
    if kind != IN_TOTO:
        raise ValueError(f"it holds {kind!r}, not an in-toto statement")
    if body["_type"] not in _STATEMENTS:
        raise ValueError(f"it is of the type {body['_type']!r}, not {STATEMENT!r}")
    subjects = body["subject"]
    if not isinstance(subjects, list):
        raise TypeError("subject is a list")
    digests = (_object(_object(subject)["digest"]).get("sha256") for subject in subjects)
    predicate = body.get("predicate")
    return Statement(
        frozenset(f"sha256:{digest}" for digest in digests if isinstance(digest, str)),
        _text(body["predicateType"]),
        predicate if isinstance(predicate, dict) else {},
    )


def _simple_signing(body: Mapping[str, Json]) -> Statement:
    critical = _object(body["critical"])
    if critical["type"] != "cosign container image signature":
        raise ValueError(f"it is of the type {critical['type']!r}, not cosign's")
    digest = _text(_object(critical["image"])["docker-manifest-digest"])
    optional = body.get("optional")
    return Statement(frozenset({digest}), COSIGN_SIGNATURE, optional if isinstance(optional, dict) else {})


# --- JSON that anybody may have written ---------------------------------------------------------------------------------------------------


def _object(value: object) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def _bytes(value: Json) -> bytes:
    """Base64 of either alphabet, as DSSE allows."""
    try:
        return base64.b64decode(_text(value).translate(_URL_SAFE), validate=True)
    except binascii.Error as err:
        raise ValueError(f"broken base64: {err}") from err


def _why(err: Exception) -> str:
    match err:
        case KeyError():
            return f"it lacks {err.args[0]!r}"
        case RecursionError():
            return "it is nested too deeply"
        case json.JSONDecodeError() | UnicodeDecodeError():
            return "it is not JSON"
        case _:
            return str(err)
