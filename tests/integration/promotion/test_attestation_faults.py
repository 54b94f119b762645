"""Attestations of registries that list referrers themselves, refuse, lie, or are not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from liftlock.adapters.attestations import OciAttestations
from liftlock.core.attestation import Envelope, Unreadable
from liftlock.core.errors import UnavailableError
from liftlock.core.image import Digest, ImageRef
from tests.attesting import ADA, PROVENANCE, provenance
from tests.registries import Answer, serving

IMAGE = "sha256:" + "a" * 64
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass
class Shelf:
    """A registry that answers with what stands on it, by path below the repository; everything else is not there."""

    things: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    def __call__(self, path: str, authorization: str | None, host: str) -> Answer:
        below = path.removeprefix("/v2/shop/api/")
        self.asked.append(below)
        status, body = self.things.get(below, (404, b"{}"))
        return status, {"Link": self.links[below]} if below in self.links else {}, body

    def put(self, kind: str, content: bytes) -> dict[str, Any]:
        """The descriptor of the content, which is now there."""
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.things[f"{kind}/{digest}"] = (200, content)
        return {"mediaType": BUNDLE, "digest": digest, "size": len(content)}

    def refer(self, *layers: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The descriptor of a referrer with these layers."""
        return self.put("manifests", json.dumps({"schemaVersion": 2, "layers": layers, "n": len(self.things)}).encode()) | more

    def list(self, *referrers: object, at: str = f"referrers/{IMAGE}") -> None:
        self.things[at] = (200, json.dumps({"schemaVersion": 2, "manifests": referrers}).encode())

    def good(self) -> dict[str, Any]:
        """A bundle as it should be."""
        return self.put("blobs", json.dumps(ADA.bundle(provenance(IMAGE))).encode())


@contextmanager
def finding(shelf: Shelf) -> Iterator[list[Envelope | Unreadable]]:
    client = OciAttestations(logins={})
    with serving(shelf) as host:
        try:
            yield list(client.find(ImageRef(f"{host}/shop/api", Digest.parse(IMAGE)), PROVENANCE))
        finally:
            client.close()


def test_a_registry_that_lists_referrers_is_not_asked_for_their_tag() -> None:
    shelf = Shelf()
    shelf.list(shelf.refer(shelf.good(), artifactType=BUNDLE))
    with finding(shelf) as found:
        assert [type(item) for item in found] == [Envelope]
    assert f"manifests/{IMAGE.replace(':', '-')}" not in shelf.asked


def test_referrers_on_further_pages_are_found_and_no_other_place_is_asked() -> None:
    shelf, first = Shelf(), f"referrers/{IMAGE}"
    shelf.list()
    shelf.list(shelf.refer(shelf.good()), at=f"{first}?n=1&last=x")
    shelf.links[first] = f'<http://evil.example/v2/other/referrers/{IMAGE}?n=1&last=x>; rel="next"'
    with finding(shelf) as found:
        assert [type(item) for item in found] == [Envelope]


def test_pages_without_an_end_are_left_at_some_time() -> None:
    shelf, first = Shelf(), f"referrers/{IMAGE}"
    for at in (first, f"{first}?n=1"):
        shelf.list(at=at)
        shelf.links[at] = "</again?n=1>; rel=next"
    with finding(shelf) as found:
        assert found == []
    assert len(shelf.asked) < 30


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_a_registry_without_referrers_is_asked_for_their_tag(status: int) -> None:
    shelf = Shelf()
    shelf.list(shelf.refer(shelf.good()), at=f"manifests/{IMAGE.replace(':', '-')}")
    shelf.things[f"referrers/{IMAGE}"] = (status, b"{}")
    with finding(shelf) as found:
        assert [type(item) for item in found] == [Envelope]


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize("path", [f"referrers/{IMAGE}", f"manifests/{IMAGE.replace(':', '-')}.att"])
def test_a_registry_that_fails_is_not_taken_for_one_without_evidence(status: int, path: str) -> None:
    shelf = Shelf({path: (status, b"{}")})
    with pytest.raises(UnavailableError), finding(shelf):
        pass


def test_one_bad_thing_hides_no_good_one_whatever_is_wrong_with_it() -> None:
    shelf = Shelf()
    lying = shelf.put("blobs", b"one thing")
    shelf.things[f"blobs/{lying['digest']}"] = (200, b"another thing")
    huge = shelf.put("blobs", b" " * (8 * 1024 * 1024 + 1))
    bad = [
        shelf.refer(shelf.put("blobs", b"not JSON")),
        shelf.refer(lying),
        shelf.refer(huge),
        shelf.refer({**huge, "size": 12}),
        shelf.refer({"mediaType": BUNDLE, "digest": "sha256:" + "0" * 64, "size": 1}),
        shelf.refer({"mediaType": BUNDLE, "digest": "../../\x1b[31m", "size": 1}),
        shelf.put("manifests", b"not JSON"),
        {"digest": 7},
    ]
    shelf.list(*bad, "no descriptor", None, shelf.refer(shelf.good()))
    with finding(shelf) as found:
        *broken, last = found
    assert isinstance(last, Envelope)
    assert [item.reason for item in broken if isinstance(item, Unreadable)] == [
        "it is no sigstore bundle: it is not JSON",
        next(item.reason for item in broken if isinstance(item, Unreadable) and "not what its digest says" in item.reason),
        "it is 8388609 bytes long; more than 8388608 are not read",
        "it is longer than 8388608 bytes; more are not read",
        "it is listed, but the registry does not have it",
        "it is listed without a digest",
        "its manifest is not JSON",
        "it is listed without a digest",
    ]
    assert not any("\x1b" in item.place for item in found)


def test_what_is_listed_as_something_else_is_not_read() -> None:
    shelf = Shelf()
    shelf.list(shelf.refer(shelf.good(), artifactType="application/spdx+json"))
    with finding(shelf) as found:
        assert found == []


def test_of_very_many_things_only_the_first_are_read() -> None:
    shelf = Shelf()
    good = shelf.good()
    shelf.list(*(shelf.refer(good) for _ in range(90)))
    with finding(shelf) as found:
        assert len(found) == 65
        assert isinstance(found[-1], Unreadable)
    assert len(shelf.asked) < 150
