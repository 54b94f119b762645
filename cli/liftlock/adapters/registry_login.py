"""Logins that `docker login` stored: read, used for one registry, never shown."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Login:
    """User name and password of one registry."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def find_login(host: str) -> Login | None:
    """What Docker's configuration holds in clear for the registry; None where it holds nothing (credential helpers are not asked)."""
    file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    try:
        stored = json.loads(file.read_text())["auths"]
        entry = stored.get(host) or stored.get(f"https://{host}") or {}
        user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Login(user, password)
