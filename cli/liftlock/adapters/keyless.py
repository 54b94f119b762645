"""Signatures by an identity: sigstore bundles, checked by the library `sigstore` with a trusted root that is given. Nobody is asked.

The only module that imports that library, which is an optional part.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.x509 import Certificate, RFC822Name, SubjectAlternativeName, UniformResourceIdentifier
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import AllOf, AnyOf, OIDCIssuer, OIDCIssuerV2

from liftlock.core.attestation import Envelope, TrustedIdentity
from liftlock.core.errors import ConfigError


def is_signed_by(envelope: Envelope, trust: TrustedIdentity) -> bool:
    """Whether the envelope came in a bundle that proves the identity. ConfigError where the trusted root cannot be read."""
    verifier = _verifier(trust.root)
    if envelope.bundle is None:
        return False
    policy = AllOf([AnyOf([OIDCIssuer(trust.issuer), OIDCIssuerV2(trust.issuer)]), _Named(trust.identity)])
    try:
        found = verifier.verify_dsse(Bundle.from_json(envelope.bundle), policy)
    except Exception:  # noqa: BLE001 - whatever a forged bundle makes the library stumble over, it is no signature
        return False
    # What was proved must be what is judged, however two readers of one JSON text may differ.
    return found == (envelope.payload_type, envelope.payload)


class _Named:
    """A policy: the certificate names the identity. A URI may go on behind an `@`, with the revision that was built; an address may not."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    def verify(self, cert: Certificate) -> None:
        names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
        uris = names.get_values_for_type(UniformResourceIdentifier)
        if self._identity not in {*names.get_values_for_type(RFC822Name), *uris, *(uri.partition("@")[0] for uri in uris)}:
            raise VerificationError("the certificate names somebody else")


@lru_cache(maxsize=8)
def _verifier(root: str) -> Verifier:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trusted_root.json"
        file.write_text(root, encoding="utf-8")
        try:
            return Verifier(trusted_root=TrustedRoot.from_file(str(file)))
        except Exception as err:
            raise ConfigError(
                "it is no trusted root of sigstore",
                hint="cosign trusted-root create writes one; the public one comes with its TUF repository",
            ) from err
