"""Who asks GitHub: a token as it is, or the installation of a GitHub App, whose tokens live for an hour and are made here when needed."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from liftlock.adapters.forges.addresses import RepositoryAddress
from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.github_shapes import HEADERS
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.adapters.forges.http_waits import Patience
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ledger import Json

# The narrowest that does all that liftlock does; a token never has more of its app's permissions than these.
PERMISSIONS: Mapping[str, Json] = {
    "checks": "read",
    "contents": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
_EARLY = 300
_JWT_LIVES = 540  # GitHub takes no more than ten minutes


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App. id: its number or client id. key: its private key, in PEM."""

    id: str
    key: str = field(repr=False)


class AppCredentials:
    """Credentials of the app's installation on one repository, narrowed to that repository and to what liftlock needs."""

    def __init__(
        self,
        app: App,
        address: RepositoryAddress,
        api: str,
        *,
        headers: Mapping[str, str] = HEADERS,
        patience: Patience | None = None,
        notice: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._app, self._address, self._now = app, address, now
        self._key = _read_key(app.key)
        self._http = ForgeHttp("GitHub", api, _AsApp(self.signed), headers=headers, patience=patience, notice=notice, sleep=sleep, now=now)
        self._token: tuple[str, float] | None = None

    def headers(self) -> Mapping[str, str]:
        """The installation's token in the header."""
        return bearer(self.token()).headers()

    def token(self) -> str:
        """The installation's token, made anew five minutes before it ends. Git takes it too, as the password of `x-access-token`."""
        if self._token is None or self._now() > self._token[1] - _EARLY:
            self._token = self._made()
        return self._token[0]

    def signed(self) -> str:
        """What the app proves itself with: a JWT, begun a minute ago in case that clocks differ."""
        begun = int(self._now()) - 60
        parts = ({"alg": "RS256", "typ": "JWT"}, {"iat": begun, "exp": begun + _JWT_LIVES, "iss": self._app.id})
        text = b".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return (text + b"." + _encoded(self._key.sign(text, PKCS1v15(), SHA256()))).decode()

    def _made(self) -> tuple[str, float]:
        repository = f"/repos/{self._address.owner}/{self._address.name}"
        found = self._http.get(f"{repository}/installation", accept=(404,))
        if found.status == 404:
            raise UsageError(
                f"GitHub App {self._app.id} is not installed on {self._address.url}", hint="install it there, in the app's settings"
            )
        number = found.object().number("id")
        asked: dict[str, Json] = {"repositories": [self._address.name], "permissions": dict(PERMISSIONS)}
        answer = self._http.send("POST", f"/app/installations/{number}/access_tokens", json=asked, accept=(422,), repeatable=True)
        if answer.status == 422:
            wanted = ", ".join(f"{name}: {level}" for name, level in PERMISSIONS.items())
            raise UsageError(
                f"GitHub gives App {self._app.id} no token: {answer.said}", hint=f"it needs {wanted}; grant them in its settings"
            )
        made = answer.object()
        return made.text("token"), made.time("expires_at").timestamp()


@dataclass(frozen=True, slots=True)
class _AsApp:
    signed: Callable[[], str]

    def headers(self) -> Mapping[str, str]:
        """A fresh proof for each request."""
        return bearer(self.signed()).headers()


def bearer(secret: str) -> Token:
    """The token in the header in which GitHub takes all kinds."""
    return Token("Authorization", "Bearer ", secret)


def _read_key(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.strip().replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        raise ConfigError("the GitHub App's private key cannot be read", hint="it is the .pem file that GitHub let you download") from err
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError("the GitHub App's private key is no RSA key", hint="it is the .pem file that GitHub let you download")
    return key


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
