"""The pseudonym key: 32 bytes, found by reference, never printed and never beside the data. Its id may be shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from liftlock_datagen.errors import DatagenError, KeyReferenceError

_BYTES = 32
_MAKE = "make one with: liftlock data key new --output FILE"


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A key. secret stays out of every repr; id tells keys apart and says nothing of them."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """8 hexadecimal digits."""
        return hashlib.blake2b(self.secret, digest_size=4, person=b"key-id").hexdigest()

    def domain(self, name: str) -> bytes:
        """The key of one domain's map: unrelated to that of any other."""
        return hashlib.blake2b(name.encode(), key=self.secret, digest_size=_BYTES, person=b"liftlock-domain").digest()

    @property
    def records(self) -> bytes:
        """The key of what a copy notes of the rows that it read: unrelated to that of every map."""
        return hashlib.blake2b(key=self.secret, digest_size=_BYTES, person=b"liftlock-records").digest()


def new_key() -> str:
    """A new key as text."""
    return base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def write_new_key(path: Path) -> PseudonymKey:
    """A new key in a file that only its owner may read, and a folder for it where there is none.

    DatagenError where something is there already: a lost key cannot be made again.
    """
    text = new_key()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise DatagenError(f"{path} exists; a key is never overwritten", hint="name another file") from None
    except OSError as err:
        raise DatagenError(f"{path} cannot be written: {err.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text + "\n")
    return _parsed(text, str(path))


def read_key(reference: str, environment: Mapping[str, str], folder: Path = Path()) -> PseudonymKey:
    """The key that `env:NAME` or `file:PATH` names (a relative path begins at the folder).

    KeyReferenceError where it is not there, is no key, or others may read its file.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env" and place:
        if not environment.get(place):
            raise KeyReferenceError(
                f"the pseudonym key is not there: variable {place} is not set",
                hint=f'where there is a key: export {place}="$(cat FILE)"; else {_MAKE}',
            )
        return _parsed(environment[place], reference)
    if scheme == "file" and place:
        return _parsed(_private_text(folder / Path(place).expanduser()), reference)
    raise KeyReferenceError("the pseudonym key is named neither by env:NAME nor by file:PATH", hint=_MAKE)


def _private_text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077:
                raise KeyReferenceError(
                    f"{path} may be read by others (mode {stat.S_IMODE(found.st_mode):04o})", hint=f"run: chmod 600 {path}"
                )
            return file.read(4096)
    except OSError as err:
        raise KeyReferenceError(f"the pseudonym key {path} cannot be read: {err.strerror}", hint=_MAKE) from None
    except UnicodeDecodeError:
        raise KeyReferenceError(f"{path} holds no pseudonym key", hint=_MAKE) from None


def _parsed(text: str, reference: str) -> PseudonymKey:
    """32 bytes in base64 or in hexadecimal."""
    text = text.strip()
    try:
        secret = bytes.fromhex(text) if len(text) == 2 * _BYTES else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) != _BYTES or len(set(secret)) < 8:
        raise KeyReferenceError(
            f"{reference} holds no pseudonym key: {_BYTES} random bytes in base64 or hexadecimal are needed", hint=_MAKE
        )
    return PseudonymKey(secret)
