"""The Ledger port with promotions signed on their way into it, however they came to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from liftlock.adapters.signatures import SigningKey, is_signed
from liftlock.core.errors import ConfigError
from liftlock.core.ledger import Entry, Fact, Record
from liftlock.core.ports import Ledger
from liftlock.core.promotion_record import sign_promotion


class SigningLedger:
    """Ledger port on another one. private: asked for the private key when it is needed. public: the public keys that must confirm it."""

    def __init__(self, ledger: Ledger, private: Callable[[], str], public: Callable[[], str]) -> None:
        self._ledger = ledger
        self._private = private
        self._public = public

    def append(self, entries: Sequence[Entry], *, unless: Callable[[Sequence[Record]], bool] | None = None) -> Sequence[Record]:
        """As the ledger does; what promotes is signed."""
        if any(entry.fact is Fact.PROMOTED for entry in entries):
            entries = [sign_promotion(entry, self.key.sign, self.key.id) for entry in entries]
        return self._ledger.append(entries, unless=unless)

    def records(self) -> Sequence[Record]:
        """As the ledger does."""
        return self._ledger.records()

    def verify(self) -> Sequence[Record]:
        """As the ledger does."""
        return self._ledger.verify()

    @cached_property
    def key(self) -> SigningKey:
        """The key; ConfigError where it cannot be had, or where the public key of the project does not belong to it."""
        key = SigningKey(self._private())
        if not is_signed(b"liftlock", key.sign(b"liftlock"), self._public()):
            raise ConfigError(
                "signing.key and signing.public in liftlock.yaml do not belong together",
                hint="commit the public key of the key that you sign with; an old one may stay in the same file",
            )
        return key
