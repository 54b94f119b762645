"""HTTP with OCI registries: one GET at a time, logins, limits. Loopback registries speak plain HTTP, all others HTTPS.

What a registry sends is checked against its digest before anything of it is believed.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx

from liftlock.adapters.loopback import is_loopback
from liftlock.adapters.registry_login import Login, find_login
from liftlock.core.errors import IncompleteError, UnavailableError, UsageError
from liftlock.core.image import Digest

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
LIMIT = 8 * 1024 * 1024
_MISSING = frozenset({404})
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class TooLargeError(UnavailableError):
    """The registry sends more than is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one GET."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def digest(self) -> Digest:
        """What the content really is, whatever the registry says."""
        return Digest("sha256:" + hashlib.sha256(self.content).hexdigest())


class RegistryHttp:
    """Asks registries. logins: registry host -> user name and password; by default those of `docker login`."""

    def __init__(self, *, logins: Mapping[str, Login] | None = None, timeout: float = 15) -> None:
        self._logins = logins
        self._timeout = timeout
        self._made: httpx.Client | None = None
        self._making = threading.Lock()
        self._authorizations: dict[str, str] = {}

    def close(self) -> None:
        """Gives the connections back."""
        if self._made is not None:
            self._made.close()

    @property
    def _client(self) -> httpx.Client:
        """Made with the first question: it reads all certificates that the machine trusts, and most commands ask nothing."""
        with self._making:
            if self._made is None:
                timeout = httpx.Timeout(self._timeout, connect=5)
                self._made = httpx.Client(timeout=timeout, follow_redirects=True, headers={"User-Agent": "liftlock"})
            return self._made

    def get(self, host: str, name: str, path: str, *, missing: frozenset[int] = _MISSING) -> Answer | None:
        """What is at `path` of the repository; None where the registry answers that there is no such thing (one of `missing`)."""
        url = f"{_scheme(host)}://{host}/v2/{name}/{path}"
        answer = self._send(host, url, self._authorizations.get(f"{host}/{name}"))
        if answer.status == httpx.codes.UNAUTHORIZED:
            authorization = self._authorize(host, name, answer.headers.get("www-authenticate", ""))
            answer = self._send(host, url, authorization)
            self._authorizations[f"{host}/{name}"] = authorization
        if answer.status in missing:
            return None
        if answer.status in (401, 403):
            raise UnavailableError(f"the registry {host} does not let you read {name}", hint=f"run: docker login {host}")
        if answer.status != httpx.codes.OK:
            raise UnavailableError(f"the registry {host} answered {answer.status} for {name}", hint="look at its log, then try again")
        return answer

    def content(self, host: str, name: str, kind: str, wanted: Digest) -> bytes | None:
        """The manifest or blob of exactly this digest; IncompleteError where the registry sends something else."""
        answer = self.get(host, name, f"{kind}/{wanted}")
        if answer is None:
            return None
        check_digest(answer, wanted, f"{host}/{name} {wanted}")
        return answer.content

    def _send(self, host: str, url: str, authorization: str | None) -> Answer:
        headers = {"Accept": ", ".join((*MANIFESTS, *INDEXES))} | ({"Authorization": authorization} if authorization else {})
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                return Answer(answer.status_code, answer.headers, _read_limited(answer, host))
        except httpx.HTTPError as err:
            _unreachable(host, err)

    def _authorize(self, host: str, name: str, challenge: str) -> str:
        """The Authorization header that the registry's challenge asks for; "" where there is no login to answer with."""
        login = self._logins.get(host) if self._logins is not None else find_login(host)
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and login:
            return login.basic
        if scheme.lower() != "bearer":
            return ""
        facts = dict(_CHALLENGE.findall(rest))
        realm = httpx.URL(facts.get("realm", ""))
        if realm.scheme != "https" and not is_loopback(realm.host):
            raise UnavailableError(f"the registry {host} sends logins to {realm.host} without encryption", hint="ask who runs the registry")
        asked = {"service": facts.get("service", host), "scope": facts.get("scope", f"repository:{name}:pull")}
        try:
            answer = self._client.get(realm, params=asked, headers={"Authorization": login.basic} if login else {})
            body = answer.raise_for_status().json()
            return f"Bearer {body.get('token') or body['access_token']}"
        except (httpx.HTTPError, ValueError, KeyError) as err:
            raise UnavailableError(f"the registry {host} gave no token for {name}", hint=f"run: docker login {host}") from err


def split_repository(repository: str) -> tuple[str, str]:
    """Registry host and name; UsageError for a repository that names no host."""
    first, slash, rest = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    raise UsageError(f'"{repository}" names no registry', hint="write its host first: registry.example/shop/api")


def check_digest(answer: Answer, wanted: Digest | None, what: str) -> None:
    """IncompleteError where the content is not what was asked for, or not what the registry says it is."""
    said = answer.headers.get("docker-content-digest", "")
    if (wanted and answer.digest != wanted) or (said.startswith("sha256:") and said != answer.digest.text):
        raise IncompleteError(
            f"the registry's answer for {what} is not what its digest says",
            hint="something between here and the registry changes what it sends",
        )


def parse_object(content: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object that was sent; one of another kind is empty. IncompleteError where it is no JSON."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as err:
        raise IncompleteError(f"the registry's answer for {what} is not JSON", hint="is this address a registry?") from err
    return body if isinstance(body, dict) else {}


def _read_limited(answer: httpx.Response, host: str) -> bytes:
    """Reads the body, up to what a manifest, configuration or attestation may reasonably be."""
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > LIMIT:
            raise TooLargeError(f"the registry {host} sends more than {LIMIT} bytes where a manifest belongs")
        parts.append(part)
    return b"".join(parts)


def _scheme(host: str) -> str:
    return "http" if is_loopback(host.rpartition(":")[0] or host) else "https"


def _unreachable(host: str, err: httpx.HTTPError) -> NoReturn:
    raise UnavailableError(
        f"the registry {host} does not answer: {type(err).__name__}", hint="start it, or check liftlock.yaml registry, then run it again"
    ) from err
