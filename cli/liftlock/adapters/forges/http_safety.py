"""Where a token may go, and what must not tell it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from liftlock.adapters.loopback import is_loopback
from liftlock.core.errors import ConfigError
from liftlock.core.ledger import Json


def checked_address(name: str, base: str) -> httpx.URL:
    """The API's address: encrypted unless it is on this machine, and without a name or password in it."""
    try:
        url = httpx.URL(base.rstrip("/"))
    except httpx.InvalidURL as err:
        raise ConfigError(f"the address of {name}'s API cannot be read", hint="check forge.url and forge.api in liftlock.yaml") from err
    if url.userinfo:
        raise ConfigError(f"the address of {name}'s API holds a name or password", hint="take it out, and use forge.token")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
        raise ConfigError(f"{url.scheme or 'no scheme'}://{url.host}: the token would travel in clear", hint="use an https address")
    return url


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """What must stay the same for the token to go along."""
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def scrubbed(body: Json, credentials: Mapping[str, str]) -> Json:
    """What a forge says, without the token, should it repeat it."""
    secrets = [word for value in credentials.values() for word in value.split() if len(word) >= 8]
    match body:
        case str():
            for secret in secrets:
                body = body.replace(secret, "***")
            return body
        case list():
            return [scrubbed(item, credentials) for item in body]
        case dict():
            return {name: scrubbed(value, credentials) for name, value in body.items()}
        case _:
            return body
