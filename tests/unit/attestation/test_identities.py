"""Signatures by an identity, of a sigstore of our own: what proves it, and everything that does not."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest

from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import Envelope, TrustedIdentity, TrustedKeys, read_bundle, read_envelope
from liftlock.core.errors import ConfigError
from tests.attesting import ADA, provenance
from tests.fakes.promotion import digest_of
from tests.small_sigstore import SmallSigstore

SIGSTORE, OTHER = SmallSigstore(), SmallSigstore(seed=7000)
IDENTITY, ISSUER = "https://forge.example/shop/app/.ci/build.yml@refs/heads/main", "https://issuer.example"
STATEMENT = provenance(digest_of("api").text)
TRUST = TrustedIdentity(IDENTITY, ISSUER, SIGSTORE.trusted_root)


def read(bundle: dict[str, Any]) -> Envelope:
    found = read_bundle("referrer", json.dumps(bundle).encode())
    assert isinstance(found, Envelope)
    return found


def signed(bundle: dict[str, Any], trust: TrustedIdentity = TRUST) -> bool:
    return OfflineSignatures().signed(read(bundle), trust)


def made(**changes: Any) -> dict[str, Any]:
    return SIGSTORE.bundle(STATEMENT, **{"identity": IDENTITY, "issuer": ISSUER, **changes})


def test_a_bundle_by_the_identity_is_signed_by_it() -> None:
    assert signed(made())


def test_an_identity_without_its_revision_stands_for_every_revision_and_for_nothing_else() -> None:
    whole = TrustedIdentity(IDENTITY.partition("@")[0], ISSUER, SIGSTORE.trusted_root)
    assert signed(made(), whole)
    assert signed(made(identity=IDENTITY.replace("heads/main", "tags/v1")), whole)
    assert not signed(made(identity=IDENTITY.replace("build.yml", "build.yml2")), whole)
    assert not signed(made(), TrustedIdentity("https://forge.example/shop/app", ISSUER, SIGSTORE.trusted_root))


@pytest.mark.parametrize(
    "bundle",
    [
        made(identity=IDENTITY.replace("main", "mine")),
        made(identity=IDENTITY + "x"),
        made(issuer="https://evil.example"),
        made(late=True),
        OTHER.bundle(STATEMENT, identity=IDENTITY, issuer=ISSUER),
        ADA.bundle(STATEMENT),
    ],
    ids=["another branch", "a longer name", "another issuer", "after the certificate's time", "another sigstore", "by a key"],
)
def test_a_bundle_by_anybody_else_is_not(bundle: dict[str, Any]) -> None:
    assert not signed(bundle)


def test_a_payload_that_was_changed_is_not() -> None:
    other = base64.b64encode(json.dumps(provenance(digest_of("other").text)).encode()).decode()
    bundle = made()
    assert not signed({**bundle, "dsseEnvelope": {**bundle["dsseEnvelope"], "payload": other}})


@pytest.mark.parametrize("part", ["inclusionPromise", "inclusionProof", "canonicalizedBody", "integratedTime"])
def test_a_bundle_without_its_place_in_the_log_is_not(part: str) -> None:
    bundle = made()
    [entry] = bundle["verificationMaterial"]["tlogEntries"]
    del entry[part]
    assert not signed(bundle)


@pytest.mark.parametrize("material", [{}, {"certificate": {"rawBytes": "AAAA"}}, {"certificate": 7}, None, []])
def test_a_bundle_that_proves_nothing_is_not_and_breaks_nothing(material: object) -> None:
    assert not signed({**made(), "verificationMaterial": material})


def test_an_envelope_without_a_bundle_is_not() -> None:
    envelope = read_envelope("att", json.dumps(made()["dsseEnvelope"]).encode())
    assert isinstance(envelope, Envelope)
    assert not OfflineSignatures().signed(envelope, TRUST)


def test_an_identitys_bundle_is_none_of_a_key() -> None:
    assert not OfflineSignatures().signed(read(made()), TrustedKeys(ADA.public))


@pytest.mark.parametrize("root", ["", "{}", "no JSON", ADA.public])
def test_a_root_that_is_none_is_an_error_of_the_configuration(root: str) -> None:
    with pytest.raises(ConfigError, match="no trusted root"):
        signed(made(), TrustedIdentity(IDENTITY, ISSUER, root))


def test_without_the_optional_part_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "liftlock.adapters.keyless" or name.partition(".")[0] == "sigstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(ConfigError, match="optional part keyless") as caught:
        signed(made())
    assert "liftlock[keyless]" in (caught.value.hint or "")
