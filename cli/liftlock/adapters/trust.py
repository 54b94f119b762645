"""The Signatures port: by a key, or by an identity where the optional part `keyless` is installed. Nobody is asked either way."""

from __future__ import annotations

from typing import assert_never

from liftlock.adapters.signatures import is_signed
from liftlock.core.attestation import Envelope, Trust, TrustedIdentity, TrustedKeys
from liftlock.core.errors import ConfigError


class OfflineSignatures:
    """Signatures port."""

    def signed(self, envelope: Envelope, trust: Trust) -> bool:
        """Whether one of the envelope's signatures is by somebody who is trusted."""
        match trust:
            case TrustedKeys(text=keys):
                return any(is_signed(envelope.signed, signature, keys) for signature in envelope.signatures)
            case TrustedIdentity():
                return _is_by(envelope, trust)
            case _:
                assert_never(trust)


def _is_by(envelope: Envelope, trust: TrustedIdentity) -> bool:
    try:
        from liftlock.adapters.keyless import is_signed_by  # noqa: PLC0415 - an optional part
    except ModuleNotFoundError as err:
        raise ConfigError(
            f"signatures by an identity need the optional part keyless ({err.name} is not installed)",
            hint="install it: pip install 'liftlock[keyless]'; or let the rule name a key",
        ) from err
    return is_signed_by(envelope, trust)
