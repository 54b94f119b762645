"""Asks a registry what is attested of images, and weighs it by a stage's rule. An answer that could not be had is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import assert_never

from liftlock.core.attestation import Envelope, Trust, TrustedIdentity, TrustedKeys
from liftlock.core.errors import ConfigError, IncompleteError, UnavailableError
from liftlock.core.gates.attestation import Attested, weigh
from liftlock.core.image import ImageRef
from liftlock.core.ports import Attestations, Repository, Signatures
from liftlock.core.project import AttestationRule, IdentitySigner, KeySigner
from liftlock.services.public_keys import committed_keys

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class AttestationParts:
    """What finds attestations and checks them."""

    attestations: Attestations
    signatures: Signatures


class AttestedImages:
    """Looks at images under one rule, with the keys that the commit `base` has."""

    def __init__(self, rule: AttestationRule, parts: AttestationParts, repository: Repository, base: str) -> None:
        self._rule = rule
        self._parts = parts
        self._base = base
        self._trust = _trust(rule, committed_keys(repository, base, rule.signer.file))

    def look_at(self, images: Sequence[ImageRef]) -> dict[str, Attested]:
        """`repository@digest` -> what is attested of it."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            return dict(zip(map(str, images), pool.map(self.look, images), strict=True))

    def look(self, image: ImageRef) -> Attested:
        """What is attested of the image. ConfigError where the rule's file holds no usable key."""
        try:
            return weigh(self._rule, image.digest, self._parts.attestations.find(image, self._rule.predicate), self._signed)
        except (UnavailableError, IncompleteError) as err:
            return Attested(unasked=err.message)

    def _signed(self, envelope: Envelope) -> bool:
        try:
            return self._parts.signatures.signed(envelope, self._trust)
        except ConfigError as err:
            raise ConfigError(f"{self._rule.signer.file} ({self._base[:12]}): {err.message}", hint=err.hint) from err


def _trust(rule: AttestationRule, text: str) -> Trust:
    match rule.signer:
        case KeySigner():
            return TrustedKeys(text)
        case IdentitySigner(identity=identity, issuer=issuer):
            return TrustedIdentity(identity, issuer, text)
        case _:
            assert_never(rule.signer)
