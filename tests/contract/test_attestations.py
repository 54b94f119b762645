"""What every Attestations promises, on the fake and on a real registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from liftlock.adapters.attestations import OciAttestations
from liftlock.core.attestation import (
    COSIGN_SIGNATURE,
    Envelope,
    Unreadable,
    read_bundle,
    read_envelope,
    read_simple_signing,
    read_statement,
)
from liftlock.core.errors import UnavailableError
from liftlock.core.image import Digest, ImageRef
from liftlock.core.ports import Attestations
from tests.attesting import ADA, GRACE, PROVENANCE, provenance
from tests.fakes.promotion import FakeAttestations, digest_of
from tests.registries import RunningRegistry

_NUMBERS = count()


@dataclass
class World:
    """A registry with an image, and ways to attach something to it."""

    attestations: Attestations
    image: ImageRef
    attest: Callable[[bytes], None]
    sign: Callable[[bytes, str], None]
    refer: Callable[[bytes, str], None]

    def found(self, predicate: str | None = None) -> list[Envelope | Unreadable]:
        return list(self.attestations.find(self.image, predicate))


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.docker)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield _fake()
        return
    there: RunningRegistry = request.getfixturevalue("running")
    client = OciAttestations(logins={})
    yield _real(there, client)
    client.close()


def _fake() -> World:
    fake, image = FakeAttestations(), ImageRef("127.0.0.1:5000/shop/api", digest_of("api"))
    return World(
        fake,
        image,
        attest=lambda data: fake.attach(image, read_envelope("att", data)),
        sign=lambda data, signature: fake.attach(image, read_simple_signing("sig", data, signature)),
        refer=lambda data, _: fake.attach(image, read_bundle("referrer", data)),
    )


def _real(there: RunningRegistry, client: OciAttestations) -> World:
    name = f"shop/api{next(_NUMBERS)}"
    digest = there.push(name, "v1", labels={})
    tag, attested = digest.replace(":", "-"), list[tuple[bytes, str, dict[str, str]]]()

    def attest(data: bytes) -> None:
        attested.append((data, "application/vnd.dsse.envelope.v1+json", {}))
        there.tag_with(name, f"{tag}.att", attested)

    def sign(data: bytes, signature: str) -> None:
        layer = (data, "application/vnd.dev.cosign.simplesigning.v1+json", {"dev.cosignproject.cosign/signature": signature})
        there.tag_with(name, f"{tag}.sig", [layer])

    def refer(data: bytes, predicate: str) -> None:
        there.refer(name, digest, data, predicate=predicate)

    return World(client, ImageRef(f"{there.host}/{name}", Digest.parse(digest)), attest, sign, refer)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_image_without_anything_attached_has_nothing(world: World) -> None:
    assert world.found() == []


def test_an_envelope_of_cosigns_tag_is_found_as_it_was_signed(world: World) -> None:
    statement = provenance(world.image.digest.text)
    world.attest(_json(ADA.envelope(statement)))
    [found] = world.found()
    assert isinstance(found, Envelope)
    assert json.loads(found.payload) == statement
    assert read_statement(found).digests == {world.image.digest.text}


def test_a_bundle_that_refers_to_the_image_is_found(world: World) -> None:
    world.refer(_json(GRACE.bundle(provenance(world.image.digest.text))), PROVENANCE)
    [found] = world.found(PROVENANCE)
    assert isinstance(found, Envelope)
    assert read_statement(found).predicate_type == PROVENANCE


def test_an_older_signature_counts_as_one_of_todays(world: World) -> None:
    world.sign(*ADA.signature(world.image.digest.text))
    [found] = world.found()
    assert isinstance(found, Envelope)
    statement = read_statement(found)
    assert statement.predicate_type == COSIGN_SIGNATURE
    assert statement.digests == {world.image.digest.text}


def test_everything_that_is_attached_is_found_whatever_its_form(world: World) -> None:
    statement = provenance(world.image.digest.text)
    world.attest(_json(ADA.envelope(statement)))
    world.attest(_json(GRACE.envelope(statement)))
    world.sign(*ADA.signature(world.image.digest.text))
    world.refer(_json(ADA.bundle(statement)), PROVENANCE)
    world.refer(_json(GRACE.bundle(statement)), PROVENANCE)
    assert len([item for item in world.found() if isinstance(item, Envelope)]) == 5


def test_what_cannot_be_read_is_told_and_hides_nothing_else(world: World) -> None:
    world.attest(b"not JSON")
    broken = ADA.envelope(provenance(world.image.digest.text))
    world.attest(_json({**broken, "payload": "%%%"}))
    world.attest(_json(ADA.envelope(provenance(world.image.digest.text))))
    first, second, third = world.found()
    assert isinstance(first, Unreadable) and "not JSON" in first.reason
    assert isinstance(second, Unreadable) and "base64" in second.reason
    assert isinstance(third, Envelope)


@pytest.mark.docker
def test_what_says_that_it_is_of_another_predicate_is_not_read(running: RunningRegistry) -> None:
    client = OciAttestations(logins={})
    world = _real(running, client)
    world.refer(_json(ADA.bundle(provenance(world.image.digest.text, predicate="https://spdx.dev/Document"))), "https://spdx.dev/Document")
    assert world.found(PROVENANCE) == []
    assert len(world.found()) == 1
    client.close()


def test_a_registry_that_does_not_answer_is_unavailable() -> None:
    fake = FakeAttestations(down=True)
    client = OciAttestations(logins={}, timeout=2)
    for attestations in (fake, client):
        with pytest.raises(UnavailableError, match="does not answer"):
            list(attestations.find(ImageRef("127.0.0.1:1/shop/api", digest_of("api"))))
    client.close()
