"""The ledger of a project that signs what it promotes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from liftlock.adapters.secret_sources import SecretSources
from liftlock.adapters.signing_ledger import SigningLedger
from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import TrustedKeys
from liftlock.core.config.document import Document, MappingNode
from liftlock.core.config.reading import parse_text
from liftlock.core.config.settings import SETTINGS
from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import Record
from liftlock.core.ports import Ledger, Repository
from liftlock.core.ports.past import Past
from liftlock.core.project import SigningSettings
from liftlock.core.promotion_record import Unproved, check_promotions
from liftlock.services.public_keys import committed_keys

_SETTINGS = PurePosixPath(SETTINGS)


def signing_ledger(ledger: Ledger, root: Path, settings: SigningSettings, repository: Repository, base: str) -> SigningLedger:
    """Asks for the private key only when a promotion is recorded; the public one is that of the base branch."""
    secrets = SecretSources(root)
    return SigningLedger(
        ledger, private=lambda: secrets.resolve(settings.key), public=lambda: committed_keys(repository, base, settings.public)
    )


def unproved_promotions(records: Sequence[Record], past: Past) -> Sequence[Unproved]:
    """The promotions on record that no key of the base branch signed; none where the project declares no signing."""
    settings = past.project().signing
    if settings is None:
        return ()
    place = (past.tip(), PurePosixPath(settings.public))
    keys = past.texts([place]).get(place)
    if keys is None:
        raise IncompleteError(f"signatures cannot be checked: {place[1]} is not on the base branch", hint="commit the public key")
    return check_promotions(records, lambda envelope: OfflineSignatures().signed(envelope, TrustedKeys(keys)), partial(_signing_at, past))


def _signing_at(past: Past, commits: Sequence[str]) -> set[str]:
    """The commits whose liftlock.yaml declares signing."""
    texts = past.texts([(commit, _SETTINGS) for commit in commits])
    declares = {text: _declares_signing(text) for text in set(texts.values())}
    return {commit for (commit, _), text in texts.items() if declares[text]}


def _declares_signing(text: str) -> bool:
    document = parse_text(text, SETTINGS)
    return isinstance(document, Document) and isinstance(document.root, MappingNode) and document.root.get("signing") is not None
