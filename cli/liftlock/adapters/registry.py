"""The Registry port over HTTP: the OCI distribution API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from liftlock.adapters.registry_http import RegistryHttp, check_digest, parse_object, split_repository
from liftlock.adapters.registry_login import Login
from liftlock.core.errors import UsageError
from liftlock.core.image import Digest, ImageRef
from liftlock.core.ports import ImageFacts

_REVISION = "org.opencontainers.image.revision"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class OciRegistry:
    """Registry port. logins: registry host -> user name and password; by default those of `docker login`."""

    def __init__(self, *, logins: Mapping[str, Login] | None = None, timeout: float = 15) -> None:
        self._http = RegistryHttp(logins=logins, timeout=timeout)
        self._commits: dict[str, str | None] = {}

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def resolve(self, repository: str, reference: str) -> ImageFacts | None:
        """What the tag or digest names now; None where the registry has no such thing."""
        wanted = Digest.parse(reference) if reference.startswith("sha256:") else None
        if wanted is None and not _TAG.fullmatch(reference):
            raise UsageError(f"{reference!r} is neither a tag nor a digest", hint="a tag is letters, digits, dots and dashes")
        host, name = split_repository(repository)
        answer = self._http.get(host, name, f"manifests/{reference}")
        if answer is None:
            return None
        check_digest(answer, wanted, f"{repository} {reference}")
        found = answer.digest
        if found.text not in self._commits:
            self._commits[found.text] = self._commit(host, name, parse_object(answer.content, repository))
        return ImageFacts(ImageRef(repository, found), self._commits[found.text])

    def _commit(self, host: str, name: str, manifest: Mapping[str, Any]) -> str | None:
        """The source commit: from the manifest's annotations, else from the labels of the image's configuration."""
        noted = (manifest.get("annotations") or {}).get(_REVISION)
        if noted:
            return str(noted)
        if manifest.get("manifests"):
            first = min(manifest["manifests"], key=_platform_order)
            inner = self._object(host, name, "manifests", first["digest"])
            return self._commit(host, name, inner) if inner and not inner.get("manifests") else None
        config = (manifest.get("config") or {}).get("digest")
        body = self._object(host, name, "blobs", config) if config else None
        labels = ((body or {}).get("config") or {}).get("Labels") or {}
        return str(labels[_REVISION]) if labels.get(_REVISION) else None

    def _object(self, host: str, name: str, kind: str, digest: str) -> Mapping[str, Any] | None:
        content = self._http.content(host, name, kind, Digest.parse(digest))
        return None if content is None else parse_object(content, f"{host}/{name}")


def _platform_order(manifest: Mapping[str, Any]) -> tuple[bool, str]:
    """linux/amd64 first: all platforms of an image are built from one commit."""
    platform = manifest.get("platform") or {}
    return ((platform.get("os"), platform.get("architecture")) != ("linux", "amd64"), str(manifest.get("digest")))
