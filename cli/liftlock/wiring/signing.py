"""The ledger of a project that signs what it promotes."""

from __future__ import annotations

from pathlib import Path

from liftlock.adapters.secret_sources import SecretSources
from liftlock.adapters.signing_ledger import SigningLedger
from liftlock.core.ports import Ledger, Repository
from liftlock.core.project import SigningSettings
from liftlock.services.public_keys import committed_keys


def signing_ledger(ledger: Ledger, root: Path, settings: SigningSettings, repository: Repository, base: str) -> SigningLedger:
    """Asks for the private key only when a promotion is recorded; the public one is that of the base branch."""
    secrets = SecretSources(root)
    return SigningLedger(
        ledger, private=lambda: secrets.resolve(settings.key), public=lambda: committed_keys(repository, base, settings.public)
    )
