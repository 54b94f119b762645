"""Where secret values come from: the environment, a file, or a generator."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from liftlock.core.errors import ConfigError


class SecretSources:
    """Secrets port. Relative files are looked for in the environments repository."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def resolve(self, reference: str) -> str:
        """The value of `env:NAME` or `file:PATH`, without the file's last line end."""
        kind, _, rest = reference.partition(":")
        if kind == "env":
            value = os.environ.get(rest)
            if not value:
                raise ConfigError(f"secret {reference}: the environment variable {rest} is not set", hint=f"export {rest}=… and run again")
            return value
        if kind == "file":
            return self._read(reference, self._root / Path(rest).expanduser())
        raise ConfigError(f"secret reference {reference!r} is neither env:NAME nor file:PATH")

    def generate(self) -> str:
        """32 URL-safe characters, 192 bits."""
        return secrets.token_urlsafe(24)

    def _read(self, reference: str, path: Path) -> str:
        try:
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as err:
            reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
            raise ConfigError(f"secret {reference}: {reason}", hint="create the file with the value in it, mode 0600") from err
        if not value:
            raise ConfigError(f"secret {reference}: the file is empty")
        return value
