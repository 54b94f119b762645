"""What the real cosign left in a registry, as recorded by tests/recording_cosign.py: found, confirmed, understood."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from liftlock.adapters.attestations import OciAttestations
from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import COSIGN_SIGNATURE, Envelope, TrustedKeys, read_statement
from liftlock.core.image import Digest, ImageRef
from liftlock.core.slsa import builder_of, source_of
from tests.attesting import BUILDER, GRACE, PROVENANCE, SOURCE
from tests.registries import serving

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))


def test_there_are_recordings() -> None:
    assert {file.stem for file in RECORDED} >= {"v2.6.5-tags", "v2.6.5-bundles", "v3.1.3"}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_what_cosign_attached_is_found_confirmed_and_understood(file: Path) -> None:
    recorded = json.loads(file.read_text())
    client, signatures = OciAttestations(logins={}), OfflineSignatures()

    def answer(path: str, authorization: str | None, host: str) -> tuple[int, dict[str, str], bytes]:
        found = recorded["answers"].get(path.removeprefix("/v2/shop/api/"))
        return (404, {}, b"{}") if found is None else (200, {}, base64.b64decode(found))

    with serving(answer) as host:
        every = list(client.find(ImageRef(f"{host}/shop/api", Digest.parse(recorded["digest"]))))
    client.close()
    envelopes = [item for item in every if isinstance(item, Envelope)]
    assert len(envelopes) == len(every) == 2
    assert all(signatures.signed(item, TrustedKeys(recorded["public"])) for item in envelopes)
    assert not any(signatures.signed(item, TrustedKeys(GRACE.public)) for item in envelopes)
    said = {statement.predicate_type: statement for statement in map(read_statement, envelopes)}
    assert set(said) == {PROVENANCE, COSIGN_SIGNATURE}
    assert all(statement.digests == {recorded["digest"]} for statement in said.values())
    assert builder_of(said[PROVENANCE].predicate) == BUILDER
    assert source_of(said[PROVENANCE].predicate) == SOURCE
