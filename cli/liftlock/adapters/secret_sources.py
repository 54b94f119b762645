"""Where secret values come from: the environment, a file, or a generator."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
from pathlib import Path

from liftlock.core.errors import ConfigError

_PATIENCE = 60


class SecretSources:
    """Secrets port. Relative files are looked for in the environments repository."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def resolve(self, reference: str) -> str:
        """The value of `env:NAME`, `file:PATH` or `command:PROGRAM ARGUMENTS`, without the last line end."""
        kind, _, rest = reference.partition(":")
        if kind == "env":
            value = os.environ.get(rest)
            if not value:
                raise ConfigError(f"secret {reference}: the environment variable {rest} is not set", hint=f"export {rest}=… and run again")
            return value
        if kind == "file":
            return self._read(reference, self._root / Path(rest).expanduser())
        if kind == "command":
            return self._ask(rest)
        raise ConfigError(f"secret reference {reference!r} is neither env:NAME nor file:PATH")

    def generate(self) -> str:
        """32 URL-safe characters, 192 bits."""
        return secrets.token_urlsafe(24)

    def _ask(self, command: str) -> str:
        """What the program prints. No shell reads the line, and what a failing program prints is shown to nobody: it may be the secret."""
        hint = "run the command by hand to see what is wrong; it must print the secret and end with 0"
        try:
            words = shlex.split(command)
            name = words[0]
            done = subprocess.run(
                words, cwd=self._root, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as err:
            raise ConfigError(f"secret command:{name}: no answer after {_PATIENCE} s", hint=hint) from err
        except (OSError, UnicodeDecodeError, ValueError, IndexError) as err:
            reason = err.strerror if isinstance(err, OSError) else "the line or its answer is no text that can be read"
            raise ConfigError(f"secret command:{command.partition(' ')[0]}: {reason}", hint=hint) from err
        if done.returncode != 0:
            raise ConfigError(f"secret command:{name}: it ended with {done.returncode}", hint=hint)
        value = done.stdout.rstrip("\r\n")
        if not value:
            raise ConfigError(f"secret command:{name}: it printed nothing", hint=hint)
        return value

    def _read(self, reference: str, path: Path) -> str:
        try:
            value = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as err:
            reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
            raise ConfigError(f"secret {reference}: {reason}", hint="create the file with the value in it, mode 0600") from err
        if not value:
            raise ConfigError(f"secret {reference}: the file is empty")
        return value
