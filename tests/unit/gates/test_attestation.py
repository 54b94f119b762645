"""The gate on attestations: only what a trusted key signed about exactly this digest counts."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import COSIGN_SIGNATURE, Found, TrustedKeys, Unreadable, read_bundle, read_envelope, read_simple_signing
from liftlock.core.gates.attestation import NOT_ASKED, Attested, attestation_gate, weigh
from liftlock.core.gates.result import GatePhase, GateResult
from liftlock.core.image import ImageRef
from liftlock.core.project import AttestationMode, AttestationRule, KeySigner
from tests.attesting import ADA, BUILDER, GRACE, MALLORY, PROVENANCE, SOURCE, Signer, provenance
from tests.fakes.promotion import digest_of

IMAGE = ImageRef("registry.example/shop/api", digest_of("api"))
OTHER = digest_of("other").text
KEYS = ADA.public + GRACE.public


def rule(mode: str = "enforce", predicate: str = PROVENANCE, builder: str | None = None, source: str | None = None) -> AttestationRule:
    return AttestationRule(AttestationMode(mode), predicate, KeySigner(PurePosixPath("keys/cosign.pub")), builder, source)


def attested(statement: dict[str, Any] | None = None, by: Signer = ADA) -> Found:
    return read_envelope("att/1", json.dumps(by.envelope(statement or provenance(IMAGE.digest.text))).encode())


def ask(given: AttestationRule, *found: Found) -> GateResult:
    def signed(envelope: Any) -> bool:
        return OfflineSignatures().signed(envelope, TrustedKeys(KEYS))

    return attestation_gate(given, {str(IMAGE): weigh(given, IMAGE.digest, found, signed)})


@pytest.mark.parametrize("by", [ADA, GRACE], ids=["ECDSA P-256", "Ed25519"])
def test_a_statement_about_this_digest_by_a_trusted_key_passes(by: Signer) -> None:
    result = ask(rule(builder=BUILDER, source=SOURCE), attested(by=by))
    assert result.passed
    assert result.evidence == f"{IMAGE}: att/1"


def test_a_bundle_passes_as_its_envelope_does() -> None:
    bundle = read_bundle("referrer/1", json.dumps(GRACE.bundle(provenance(IMAGE.digest.text))).encode())
    assert ask(rule(), bundle).passed


def test_an_older_signature_passes_where_a_signature_is_what_is_asked_for() -> None:
    signature = read_simple_signing("sig/1", *ADA.signature(IMAGE.digest.text))
    assert ask(rule(predicate=COSIGN_SIGNATURE), signature).passed
    assert not ask(rule(), signature).passed


def test_nothing_attached_is_pending_and_says_what_to_attach() -> None:
    result = ask(rule())
    assert result.phase is GatePhase.PENDING
    assert result.reason == f"no {PROVENANCE} signed by a key in keys/cosign.pub for {IMAGE} (nothing is attached)"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (attested(by=MALLORY), "no signature of it is by a key in keys/cosign.pub"),
        (attested(provenance(OTHER)), "it is about other images"),
        (attested(provenance(IMAGE.digest.text, predicate="https://spdx.dev/Document")), "it is https://spdx.dev/Document"),
        (attested({"_type": "https://in-toto.io/Statement/v9"}), "'https://in-toto.io/Statement/v9'"),
        (attested({"_type": "https://in-toto.io/Statement/v1"}), "it lacks 'subject'"),
        (Unreadable("att/1", "the bundle is broken"), "the bundle is broken"),
    ],
)
def test_what_is_no_evidence_is_pending_and_says_why(found: Found, said: str) -> None:
    result = ask(rule(), found)
    assert result.phase is GatePhase.PENDING
    assert said in result.reason


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (rule(builder="https://ci.example/builders/other"), f"built by {BUILDER}, not by https://ci.example/builders/other"),
        (rule(builder=BUILDER + "1"), "built by"),
        (rule(source="https://forge.example/mallory/app"), f"built from {SOURCE}, not from https://forge.example/mallory/app"),
    ],
)
def test_a_signed_statement_against_the_rule_fails(given: AttestationRule, said: str) -> None:
    result = ask(given, attested())
    assert result.phase is GatePhase.FAILED
    assert said in result.reason


def test_what_a_builder_was_told_by_strangers_steers_no_terminal() -> None:
    result = ask(rule(source=SOURCE), attested(provenance(IMAGE.digest.text, source="https://x.example/\x1b[2J\n| done | " + "y" * 500)))
    assert result.phase is GatePhase.FAILED
    assert result.reason.isprintable()
    assert "y" * 201 not in result.reason


def test_a_builder_without_its_version_stands_for_every_version() -> None:
    assert ask(rule(builder=BUILDER.partition("@")[0]), attested()).passed


def test_one_good_attestation_among_bad_ones_is_enough() -> None:
    bad = [
        Unreadable("x", "broken"),
        attested(by=MALLORY),
        attested(provenance(OTHER)),
        attested(provenance(IMAGE.digest.text, builder="https://evil.example")),
    ]
    assert ask(rule(builder=BUILDER), *bad, attested(), *bad).passed


def test_a_payload_changed_after_it_was_signed_does_not_count() -> None:
    true, false = ADA.envelope(provenance(OTHER)), ADA.envelope(provenance(IMAGE.digest.text))
    forged = read_envelope("att/1", json.dumps({**false, "signatures": true["signatures"]}).encode())
    assert not ask(rule(), forged).passed


def test_a_payload_signed_as_another_type_does_not_count() -> None:
    envelope = ADA.envelope(provenance(IMAGE.digest.text), kind="text/plain")
    assert not ask(rule(), read_envelope("att/1", json.dumps(envelope).encode())).passed
    relabelled = {**envelope, "payloadType": "application/vnd.in-toto+json"}
    assert not ask(rule(), read_envelope("att/1", json.dumps(relabelled).encode())).passed


def test_warn_passes_and_says_what_would_be_in_the_way() -> None:
    result = ask(rule("warn"), attested(by=MALLORY))
    assert (result.passed, result.phase) == (True, GatePhase.WARNED)
    assert result.reason.startswith("no ")
    assert ask(rule("warn"), attested()).phase is GatePhase.PASSED


def test_a_registry_that_could_not_be_asked_never_passes_and_is_named() -> None:
    result = attestation_gate(rule(), {str(IMAGE): Attested(unasked="the registry registry.example does not answer")})
    assert result.phase is GatePhase.PENDING
    assert result.reason == f"the registry could not be asked for {IMAGE} (the registry registry.example does not answer)"
    assert attestation_gate(rule("warn"), {str(IMAGE): Attested(unasked="x")}).phase is GatePhase.WARNED


def test_a_registry_that_was_not_asked_yet_says_so() -> None:
    assert "another gate is in the way" in attestation_gate(rule(), {str(IMAGE): NOT_ASKED}).reason


def test_one_image_without_evidence_holds_all_back_and_a_long_list_stays_short() -> None:
    testimonies = {f"registry.example/shop/s{n}@{digest_of(str(n))}": Attested() for n in range(9)}
    result = attestation_gate(rule(), testimonies | {str(IMAGE): Attested(good="att/1")})
    assert result.phase is GatePhase.PENDING
    assert result.reason.endswith("and 6 more")


PIECES = st.builds(
    lambda by, about, builder: (by, about, builder),
    st.sampled_from([ADA, GRACE, MALLORY]),
    st.sampled_from([IMAGE.digest.text, OTHER]),
    st.sampled_from([BUILDER, "https://evil.example"]),
)


@given(st.lists(PIECES, max_size=6))
def test_it_passes_exactly_when_a_trusted_key_signed_the_right_thing_about_this_digest(pieces: list[tuple[Signer, str, str]]) -> None:
    found = [attested(provenance(about, builder=builder), by) for by, about, builder in pieces]
    good = any(by is not MALLORY and about == IMAGE.digest.text and builder == BUILDER for by, about, builder in pieces)
    assert ask(rule(builder=BUILDER), *found).passed is good
    assert ask(rule("warn", builder=BUILDER), *found).passed
