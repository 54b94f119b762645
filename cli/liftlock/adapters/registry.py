"""The Registry port over HTTP: the OCI distribution API. Loopback registries speak plain HTTP, all others HTTPS.

What a registry sends is checked against its digest before anything of it is believed.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx

from liftlock.adapters.registry_login import Login, find_login
from liftlock.core.errors import IncompleteError, UnavailableError, UsageError
from liftlock.core.image import Digest, ImageRef
from liftlock.core.ports import ImageFacts

_REVISION = "org.opencontainers.image.revision"
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_LIMIT = 8 * 1024 * 1024
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


class OciRegistry:
    """Registry port. logins: registry host -> user name and password; by default those of `docker login`."""

    def __init__(self, *, logins: Mapping[str, Login] | None = None, timeout: float = 15) -> None:
        self._logins = logins
        self._client = httpx.Client(timeout=httpx.Timeout(timeout, connect=5), follow_redirects=True, headers={"User-Agent": "liftlock"})
        self._authorizations: dict[str, str] = {}
        self._commits: dict[str, str | None] = {}

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def resolve(self, repository: str, reference: str) -> ImageFacts | None:
        """What the tag or digest names now; None where the registry has no such thing."""
        wanted = Digest.parse(reference) if reference.startswith("sha256:") else None
        if wanted is None and not _TAG.fullmatch(reference):
            raise UsageError(f"{reference!r} is neither a tag nor a digest", hint="a tag is letters, digits, dots and dashes")
        host, name = _split(repository)
        answer = self._get(host, name, f"manifests/{reference}")
        if answer is None:
            return None
        found = Digest("sha256:" + hashlib.sha256(answer.content).hexdigest())
        _check_digest(answer, found, wanted, f"{repository} {reference}")
        if found.text not in self._commits:
            self._commits[found.text] = self._commit(host, name, _parsed(answer, repository))
        return ImageFacts(ImageRef(repository, found), self._commits[found.text])

    def _commit(self, host: str, name: str, manifest: Mapping[str, Any]) -> str | None:
        """The source commit: from the manifest's annotations, else from the labels of the image's configuration."""
        noted = (manifest.get("annotations") or {}).get(_REVISION)
        if noted:
            return str(noted)
        if manifest.get("manifests"):
            first = min(manifest["manifests"], key=_platform_order)
            inner = self._blob(host, name, "manifests", first["digest"])
            return self._commit(host, name, inner) if inner and not inner.get("manifests") else None
        config = (manifest.get("config") or {}).get("digest")
        body = self._blob(host, name, "blobs", config) if config else None
        labels = ((body or {}).get("config") or {}).get("Labels") or {}
        return str(labels[_REVISION]) if labels.get(_REVISION) else None

    def _blob(self, host: str, name: str, kind: str, digest: str) -> Mapping[str, Any] | None:
        wanted = Digest.parse(digest)
        answer = self._get(host, name, f"{kind}/{wanted}")
        if answer is None:
            return None
        _check_digest(answer, Digest("sha256:" + hashlib.sha256(answer.content).hexdigest()), wanted, f"{host}/{name} {wanted}")
        return _parsed(answer, f"{host}/{name}")

    # --- HTTP ------------------------------------------------------------------------------------------------------------------------

    def _get(self, host: str, name: str, path: str) -> _Answer | None:
        url = f"{_scheme(host)}://{host}/v2/{name}/{path}"
        answer = self._send(host, url, self._authorizations.get(f"{host}/{name}"))
        if answer.status == httpx.codes.UNAUTHORIZED:
            authorization = self._authorize(host, name, answer.headers.get("www-authenticate", ""))
            answer = self._send(host, url, authorization)
            self._authorizations[f"{host}/{name}"] = authorization
        if answer.status == httpx.codes.NOT_FOUND:
            return None
        if answer.status in (401, 403):
            raise UnavailableError(f"the registry {host} does not let you read {name}", hint=f"run: docker login {host}")
        if answer.status != httpx.codes.OK:
            raise UnavailableError(f"the registry {host} answered {answer.status} for {name}", hint="look at its log, then try again")
        return answer

    def _send(self, host: str, url: str, authorization: str | None) -> _Answer:
        headers = {"Accept": ", ".join((*_MANIFESTS, *_INDEXES))} | ({"Authorization": authorization} if authorization else {})
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                return _Answer(answer.status_code, answer.headers, _read_limited(answer, host))
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
        if realm.scheme != "https" and not _is_loopback(realm.host):
            raise UnavailableError(f"the registry {host} sends logins to {realm.host} without encryption", hint="ask who runs the registry")
        asked = {"service": facts.get("service", host), "scope": facts.get("scope", f"repository:{name}:pull")}
        try:
            answer = self._client.get(realm, params=asked, headers={"Authorization": login.basic} if login else {})
            body = answer.raise_for_status().json()
            return f"Bearer {body.get('token') or body['access_token']}"
        except (httpx.HTTPError, ValueError, KeyError) as err:
            raise UnavailableError(f"the registry {host} gave no token for {name}", hint=f"run: docker login {host}") from err


def _read_limited(answer: httpx.Response, host: str) -> bytes:
    """Reads the body, up to what a manifest or configuration may reasonably be."""
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > _LIMIT:
            raise UnavailableError(f"the registry {host} sends more than {_LIMIT} bytes where a manifest belongs")
        parts.append(part)
    return b"".join(parts)


def _split(repository: str) -> tuple[str, str]:
    """Registry host and name; UsageError for a repository that names no host."""
    first, slash, rest = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    raise UsageError(f'"{repository}" names no registry', hint="write its host first: registry.example/shop/api")


def _scheme(host: str) -> str:
    return "http" if _is_loopback(host.rpartition(":")[0] or host) else "https"


def _is_loopback(name: str) -> bool:
    name = name.strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _check_digest(answer: _Answer, found: Digest, wanted: Digest | None, what: str) -> None:
    said = answer.headers.get("docker-content-digest", "")
    if (wanted and found != wanted) or (said.startswith("sha256:") and said != found.text):
        raise IncompleteError(
            f"the registry's answer for {what} is not what its digest says",
            hint="something between here and the registry changes what it sends",
        )


def _parsed(answer: _Answer, what: str) -> Mapping[str, Any]:
    try:
        body = json.loads(answer.content)
    except ValueError as err:
        raise IncompleteError(f"the registry's answer for {what} is not JSON", hint="is this address a registry?") from err
    return body if isinstance(body, dict) else {}


def _platform_order(manifest: Mapping[str, Any]) -> tuple[bool, str]:
    """linux/amd64 first: all platforms of an image are built from one commit."""
    platform = manifest.get("platform") or {}
    return ((platform.get("os"), platform.get("architecture")) != ("linux", "amd64"), str(manifest.get("digest")))


def _unreachable(host: str, err: httpx.HTTPError) -> NoReturn:
    raise UnavailableError(
        f"the registry {host} does not answer: {type(err).__name__}", hint="start it, or check liftlock.yaml registry, then run it again"
    ) from err
