"""Envelopes, bundles and statements that anybody may have written: read, or told to be none; never a crash."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.attestation import (
    SIMPLE_SIGNING,
    Envelope,
    Unreadable,
    pae,
    read_bundle,
    read_envelope,
    read_simple_signing,
    read_statement,
)
from liftlock.core.ledger import Json
from liftlock.core.slsa import builder_of, repository_address, source_of
from tests.attesting import ADA, provenance
from tests.fakes.promotion import digest_of

DIGEST = digest_of("api").text
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "sig", "dsseEnvelope"]), inner)
    ),
)


def test_the_encoding_that_is_signed_is_the_one_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_counted_in_bytes() -> None:
    assert pae("ö", b"") == b"DSSEv1 2 \xc3\xb6 0 "


def test_base64_of_either_alphabet_is_read() -> None:
    envelope = ADA.envelope(provenance(DIGEST))
    safe = base64.urlsafe_b64encode(base64.b64decode(envelope["payload"])).decode()
    assert read_envelope("x", json.dumps({**envelope, "payload": safe}).encode()) == read_envelope("x", json.dumps(envelope).encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "an object was expected"),
        (b'{"payloadType": "x", "payload": ""}', "lacks 'signatures'"),
        (b'{"payloadType": "x", "payload": "", "signatures": []}', "no signature"),
        (b'{"payloadType": "x", "payload": "%%", "signatures": [{"sig": ""}]}', "broken base64"),
        (b'{"payloadType": "x", "payload": "", "signatures": [{"sig": "A"}]}', "broken base64"),
        (b'{"payloadType": 7, "payload": "", "signatures": [{"sig": ""}]}', "text was expected"),
    ],
)
def test_what_is_no_envelope_says_why(data: bytes, said: str) -> None:
    found = read_envelope("x", data)
    assert isinstance(found, Unreadable)
    assert said in found.reason


def test_a_document_that_is_signed_without_its_type_is_refused_in_an_envelope() -> None:
    document, signature = ADA.signature(DIGEST)
    body = {"payloadType": SIMPLE_SIGNING, "payload": base64.b64encode(document).decode(), "signatures": [{"sig": signature}]}
    assert isinstance(read_envelope("x", json.dumps(body).encode()), Unreadable)


def test_a_bundle_of_a_plain_signature_says_nothing_to_judge() -> None:
    found = read_bundle("x", b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {}}')
    assert isinstance(found, Unreadable)
    assert "no DSSE envelope" in found.reason


def test_a_signed_document_without_its_signature_is_none() -> None:
    assert isinstance(read_simple_signing("x", b"{}", None), Unreadable)
    assert isinstance(read_simple_signing("x", b"{}", "%%"), Unreadable)


@given(JSON)
def test_any_json_is_an_envelope_or_told_to_be_none(value: object) -> None:
    data = json.dumps(value).encode()
    for read in (read_envelope, read_bundle):
        assert isinstance(read("x", data), Envelope | Unreadable)


@given(st.binary(max_size=200))
def test_any_payload_that_is_no_statement_is_a_reason(payload: bytes) -> None:
    for kind in (SIMPLE_SIGNING, "application/vnd.in-toto+json"):
        with pytest.raises(ValueError, match=r"\w"):
            read_statement(Envelope("x", kind, payload, ()))


@pytest.mark.parametrize(
    ("predicate", "source"),
    [
        ({"buildDefinition": {"externalParameters": {"workflow": {"repository": "https://forge.example/shop/app"}}}}, True),
        ({"buildDefinition": {"externalParameters": {"source": "git+https://forge.example/shop/app@refs/tags/v1"}}}, True),
        ({"buildDefinition": {"externalParameters": {"source": {"uri": "git+https://forge.example/shop/app.git"}}}}, True),
        ({"buildDefinition": {"externalParameters": {"configSource": {"uri": "https://forge.example/shop/app.git#main"}}}}, True),
        ({"invocation": {"configSource": {"uri": "git+https://forge.example/shop/app@refs/heads/main"}}}, True),
        ({"buildDefinition": {"resolvedDependencies": [{"uri": "git+https://forge.example/shop/app"}]}}, False),
        ({"buildDefinition": {"externalParameters": []}}, False),
        ({}, False),
    ],
)
def test_the_source_is_what_was_built_and_never_what_it_depends_on(predicate: dict[str, Json], source: bool) -> None:
    found = source_of(predicate)
    assert found == ("https://forge.example/shop/app" if source else None)


@pytest.mark.parametrize(
    "text", ["https://forge.example@evil.example/shop/app", "https://forge.example/shop/app2", "forge.example/shop/app"]
)
def test_an_address_that_only_looks_alike_is_another(text: str) -> None:
    assert repository_address(text) != "https://forge.example/shop/app"


def test_the_builder_is_found_in_both_versions() -> None:
    assert builder_of({"runDetails": {"builder": {"id": "https://ci.example"}}}) == "https://ci.example"
    assert builder_of({"builder": {"id": "https://ci.example"}}) == "https://ci.example"
    assert builder_of({"runDetails": "x"}) is None
