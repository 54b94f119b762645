"""Adapters whose libraries are loaded when something is asked of them: most commands never do."""

from __future__ import annotations

from functools import cached_property

from liftlock.core.attestation import Envelope, Trust
from liftlock.core.ports import ImageFacts, Registry, Signatures


class LaterRegistry:
    """Registry port on the OCI registry."""

    def resolve(self, repository: str, reference: str) -> ImageFacts | None:
        """What the tag or digest names now; None where the registry has no such thing."""
        return self._registry.resolve(repository, reference)

    @cached_property
    def _registry(self) -> Registry:
        from liftlock.adapters.registry import OciRegistry

        return OciRegistry()


class LaterSignatures:
    """Signatures port on keys and identities."""

    def signed(self, envelope: Envelope, trust: Trust) -> bool:
        """Whether one of the envelope's signatures is by somebody who is trusted."""
        return self._signatures.signed(envelope, trust)

    @cached_property
    def _signatures(self) -> Signatures:
        from liftlock.adapters.trust import OfflineSignatures

        return OfflineSignatures()
