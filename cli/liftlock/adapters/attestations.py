"""The Attestations port on an OCI registry: referrers (or their tag, where the registry does not list them), and cosign's own tags.

Everything is read by digest, within limits; what an image's digest is not part of is never followed further than one manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liftlock.adapters.registry_http import LIMIT, RegistryHttp, TooLargeError, parse_object, split_repository
from liftlock.adapters.registry_login import Login
from liftlock.core.attestation import SIMPLE_SIGNING, Found, Unreadable, read_bundle, read_envelope, read_simple_signing
from liftlock.core.errors import ConfigError, IncompleteError
from liftlock.core.image import Digest, ImageRef

_BUNDLE = "application/vnd.dev.sigstore.bundle"
_ENVELOPE = "application/vnd.dsse.envelope.v1+json"
# What a referrer that holds evidence is listed as. Where clients keep the list, cosign lists it by the type of its empty configuration.
_REFERRERS = (
    _BUNDLE,
    _ENVELOPE,
    "application/vnd.dev.cosign.artifact.att.",
    "application/vnd.dev.cosign.artifact.sig.",
    "application/vnd.oci.empty.",
    "application/vnd.oci.image.config.",
)
_NO_REFERRERS = frozenset({400, 404, 405, 501})  # how registries say that they do not list referrers
_SIGNATURE = "dev.cosignproject.cosign/signature"
_PREDICATES = ("predicateType", "dev.sigstore.bundle.predicateType")
_MOST = 64
_PAGES = 16
_NEXT = re.compile(r'<[^>?]*\?([^>]+)>;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class _Repository:
    host: str
    name: str


class OciAttestations:
    """Attestations port. logins: registry host -> user name and password; by default those of `docker login`."""

    def __init__(self, *, logins: Mapping[str, Login] | None = None, timeout: float = 15) -> None:
        self._http = RegistryHttp(logins=logins, timeout=timeout)

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    def find(self, image: ImageRef, predicate: str | None = None) -> Iterator[Found]:
        """Everything attached to exactly this digest, each thing read when it is asked for; of very many the first alone."""
        there = _Repository(*split_repository(image.repository))
        for number, item in enumerate(self._all(there, image.digest, predicate)):
            if number == _MOST:
                yield Unreadable("the rest", f"more than {_MOST} things are attached; they were not read")
                return
            yield item

    def _all(self, there: _Repository, image: Digest, predicate: str | None) -> Iterator[Found]:
        tag = image.text.replace(":", "-")
        for descriptor in self._referrers(there, image, tag):
            if _is_evidence(descriptor) and _may_be(descriptor, predicate):
                yield from self._referrer(there, descriptor, predicate)
        for suffix in ("att", "sig"):
            answer = self._http.get(there.host, there.name, f"manifests/{tag}.{suffix}")
            if answer is not None:
                yield from self._layers(there, answer.content, f"{tag[:19]}.{suffix}", predicate)

    def _referrers(self, there: _Repository, image: Digest, tag: str) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        answer = self._http.get(there.host, there.name, f"referrers/{image}", missing=_NO_REFERRERS)
        if answer is None:
            answer = self._http.get(there.host, there.name, f"manifests/{tag}")
        for _ in range(_PAGES):
            if answer is None:
                break
            found += _objects(parse_object(answer.content, f"the referrers of {image}").get("manifests"))
            # Only the query of the next page's address is taken: the registry cannot send anybody elsewhere.
            following = _NEXT.search(answer.headers.get("link", ""))
            answer = self._http.get(there.host, there.name, f"referrers/{image}?{following[1]}") if following else None
        return found

    def _referrer(self, there: _Repository, descriptor: Mapping[str, Any], predicate: str | None) -> Iterator[Found]:
        place = f"referrer {_short(descriptor)}"
        content = self._content(there, "manifests", descriptor, place)
        if isinstance(content, Unreadable):
            yield content
        else:
            yield from self._layers(there, content, place, predicate)

    def _layers(self, there: _Repository, content: bytes, place: str, predicate: str | None) -> Iterator[Found]:
        try:
            manifest = parse_object(content, place)
        except IncompleteError:
            yield Unreadable(place, "its manifest is not JSON")
            return
        for layer in _objects(manifest.get("layers")) if _may_be(manifest, predicate) else ():
            kind = str(layer.get("mediaType"))
            if kind.startswith((_BUNDLE, _ENVELOPE, SIMPLE_SIGNING)) and _may_be(layer, predicate):
                yield self._layer(there, layer, kind, f"{place}/{_short(layer)}")

    def _layer(self, there: _Repository, layer: Mapping[str, Any], kind: str, place: str) -> Found:
        content = self._content(there, "blobs", layer, place)
        if isinstance(content, Unreadable):
            return content
        if kind.startswith(_BUNDLE):
            return read_bundle(place, content)
        if kind.startswith(_ENVELOPE):
            return read_envelope(place, content)
        signature = _annotations(layer).get(_SIGNATURE)
        return read_simple_signing(place, content, signature if isinstance(signature, str) else None)

    def _content(self, there: _Repository, kind: str, descriptor: Mapping[str, Any], place: str) -> bytes | Unreadable:
        """What the descriptor is of. Only a registry that does not answer at all is an error: one bad thing hides no good one."""
        digest, size = _digest(descriptor), descriptor.get("size")
        if digest is None:
            return Unreadable(place, "it is listed without a digest")
        if isinstance(size, int) and size > LIMIT:
            return Unreadable(place, f"it is {size} bytes long; more than {LIMIT} are not read")
        try:
            content = self._http.content(there.host, there.name, kind, digest)
        except TooLargeError:
            return Unreadable(place, f"it is longer than {LIMIT} bytes; more are not read")
        except IncompleteError as err:
            return Unreadable(place, err.message)
        return Unreadable(place, "it is listed, but the registry does not have it") if content is None else content


def _is_evidence(descriptor: Mapping[str, Any]) -> bool:
    kind = descriptor.get("artifactType")
    return not kind or str(kind).startswith(_REFERRERS)


def _may_be(descriptor: Mapping[str, Any], predicate: str | None) -> bool:
    """A hint that nobody signed: it may only leave evidence out, never make any."""
    said = next((value for key in _PREDICATES if isinstance(value := _annotations(descriptor).get(key), str)), None)
    return predicate is None or said is None or said == predicate


def _digest(descriptor: Mapping[str, Any]) -> Digest | None:
    try:
        return Digest.parse(str(descriptor.get("digest")))
    except ConfigError:
        return None


def _short(descriptor: Mapping[str, Any]) -> str:
    """For people; nothing that somebody made up reaches a message."""
    digest = _digest(descriptor)
    return digest.short if digest else "?"


def _annotations(descriptor: Mapping[str, Any]) -> Mapping[str, Any]:
    found = descriptor.get("annotations")
    return found if isinstance(found, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
