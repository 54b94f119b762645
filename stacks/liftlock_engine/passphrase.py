"""Secrets under a passphrase, as Pulumi's passphrase provider keeps them. The key costs about 0.4 s: derived once, and only when needed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from liftlock_engine.errors import PassphraseError

PassphraseSupplier = Callable[[], str | None]
_ROUNDS: Final = 1_000_000
_WORD: Final = "pulumi"
_HINT: Final = "Set the passphrase that this stack was made with (PULUMI_CONFIG_PASSPHRASE) and run again; nothing was changed."


class Crypter:
    """Encrypts and decrypts one stack's secrets. salt: the secrets provider's state, empty until the first secret is made."""

    def __init__(self, salt: str, passphrase: PassphraseSupplier) -> None:
        self.salt = salt
        self._passphrase = passphrase
        self._key: bytes | None = None
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], str] = {}

    def resalted(self, salt: str) -> Crypter:
        """One for the same passphrase and another salt."""
        return Crypter(salt, self._passphrase)

    def encrypt(self, place: str, plaintext: str) -> str:
        """The ciphertext; the one that was read from `place` where the plaintext is the same, so that checkpoints stay stable."""
        known = self._known.get((place, plaintext))
        if known is None:
            known = _encrypt(self._derived(), plaintext)
            self._known[place, plaintext] = known
        return known

    def decrypt(self, place: str, ciphertext: str) -> str:
        """The plaintext; PassphraseError where the passphrase is not the one that encrypted it."""
        plaintext = _decrypt(self._derived(), ciphertext)
        self._known[place, plaintext] = ciphertext
        return plaintext

    def _derived(self) -> bytes:
        with self._lock:
            if self._key is None:
                self._key = self._derive()
            return self._key

    def _derive(self) -> bytes:
        passphrase = self._passphrase()
        if passphrase is None:
            raise PassphraseError("the stack has secrets, and no passphrase was given", hint=_HINT)
        if not self.salt:
            salt = _new_salt()
            key = _stretch(passphrase, salt)
            self.salt = f"v1:{base64.b64encode(salt).decode()}:{_encrypt(key, _WORD)}"
            return key
        version, salt_text, proof = _split_salt(self.salt)
        if version != "v1":
            raise PassphraseError(f"the stack's secrets have the format {version!r}; this engine knows v1")
        key = _stretch(passphrase, base64.b64decode(salt_text))
        if _decrypt(key, proof) != _WORD:
            raise PassphraseError("the passphrase is wrong", hint=_HINT)
        return key


class Sealed(Crypter):
    """Reads a state without its passphrase: every secret is the text `[secret]`. Cannot encrypt."""

    def __init__(self) -> None:
        super().__init__("", lambda: None)

    def decrypt(self, place: str, ciphertext: str) -> str:  # noqa: ARG002 - the place does not matter here
        """A placeholder, as JSON where the plaintext would be JSON."""
        return '"[secret]"'

    def resalted(self, salt: str) -> Crypter:  # noqa: ARG002 - as above
        """This very one."""
        return self


def _split_salt(salt: str) -> tuple[str, str, str]:
    try:
        version, salt_text, proof = salt.split(":", 2)
    except ValueError as err:
        raise PassphraseError("the stack's encryption salt is damaged (expected v1:<salt>:<proof>)") from err
    return version, salt_text, proof


def derive_ahead(salt: str, passphrase: PassphraseSupplier) -> threading.Thread:
    """Begins to derive the key that a run of this stack will ask for, beside whatever else the process does.

    salt: as in Crypter; for an empty one, the next new salt is made and its key derived. Never raises: what is wrong is said by
    whoever needs the key.
    """

    def derive() -> None:
        with contextlib.suppress(Exception):
            word = passphrase()
            if word is None:
                return
            if salt:
                _stretch(word, base64.b64decode(_split_salt(salt)[1]))
            else:
                made = os.urandom(8)
                _new_salts.put(made)
                _stretch(word, made)

    thread = threading.Thread(target=derive, name="key", daemon=True)
    thread.start()
    return thread


_keys: dict[tuple[str, bytes], Future[bytes]] = {}
_keys_lock = threading.Lock()
_new_salts: queue.SimpleQueue[bytes] = queue.SimpleQueue()
"""Salts of keys that are derived already; each is used for one stack."""


def _new_salt() -> bytes:
    try:
        return _new_salts.get_nowait()
    except queue.Empty:
        return os.urandom(8)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    """The key; remembered, because one command opens a stack several times and each derivation costs about half a second."""
    with _keys_lock:
        known = _keys.get((passphrase, salt))
        key = known or _keys.setdefault((passphrase, salt), Future())
    if known is None:
        try:
            key.set_result(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS, dklen=32))
        except BaseException as err:
            key.set_exception(err)
            raise
    return key.result()


def _encrypt(key: bytes, plaintext: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - not loaded where nothing is secret

    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plaintext.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def _decrypt(key: bytes, ciphertext: str) -> str:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    try:
        _, nonce, sealed = ciphertext.split(":")
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
    except InvalidTag as err:
        raise PassphraseError("the passphrase is wrong: a secret of the stack does not decrypt with it", hint=_HINT) from err
    except ValueError as err:
        raise PassphraseError("a secret of the stack is damaged (expected v1:<nonce>:<ciphertext>)") from err
