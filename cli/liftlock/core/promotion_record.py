"""The signed promotion record: an in-toto statement of what was promoted, in a DSSE envelope inside the ledger's `promoted` record. Pure.

The statement says all that the record says, so nothing of the record can be changed without the key. docs/attestations.md describes it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from liftlock.core.attestation import IN_TOTO, STATEMENT, Envelope, Unreadable, pae, read_envelope
from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Fact, Json, Record, images_of

PROMOTION = "urn:liftlock:promotion:v1"
_SIGNED = "signed"
_LATE = "it is not signed, though liftlock.yaml asked for it by then"
# The ledger's words -> the statement's; all others stand under `more`.
_WORDS = {
    "source": "from",
    "services": "services",
    "plan": "plan",
    "gates": "gates",
    "approvers": "approvers",
    "pull": "pull",
    "url": "url",
    "merge_commit": "mergeCommit",
}


@dataclass(frozen=True, slots=True)
class Unproved:
    """A promotion on record that nobody proved to have been written by the key's holder. sequence: its place in the ledger."""

    sequence: int
    environment: str
    reason: str


def promotion_statement(entry: Entry) -> dict[str, Json]:
    """What is signed of a promotion: the digests that were promoted, and everything else that the entry says."""
    said = {name: value for name, value in entry.details.items() if name != _SIGNED}
    predicate: dict[str, Json] = {_WORDS[name]: value for name, value in said.items() if name in _WORDS}
    predicate |= {"to": entry.environment, "release": entry.release, "recordedBy": entry.actor, "time": entry.at.isoformat()}
    predicate["more"] = {name: value for name, value in said.items() if name not in _WORDS}
    return {"_type": STATEMENT, "subject": _subjects(entry), "predicateType": PROMOTION, "predicate": predicate}


def sign_promotion(entry: Entry, sign: Callable[[bytes], bytes], key_id: str) -> Entry:
    """The entry with its statement signed; any other fact, and one that is signed already, as it is."""
    if entry.fact is not Fact.PROMOTED or _SIGNED in entry.details:
        return entry
    payload = json.dumps(promotion_statement(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature: dict[str, Json] = {"keyid": key_id, "sig": base64.b64encode(sign(pae(IN_TOTO, payload))).decode()}
    envelope: dict[str, Json] = {"payloadType": IN_TOTO, "payload": base64.b64encode(payload).decode(), "signatures": [signature]}
    return replace(entry, details={**entry.details, _SIGNED: envelope})


def check_promotions(
    records: Iterable[Record], confirmed: Callable[[Envelope], bool], declared: Callable[[Sequence[str]], Collection[str]]
) -> Sequence[Unproved]:
    """The promotions that are not proved, oldest first. Those before the first signed one are left out where they are older than signing.

    confirmed: whether one of the project's keys signed the envelope. declared: of these merge commits those at which promotions were to
    be signed, so that a ledger which was written anew without any signature is found out.
    """
    promotions = [record for record in records if record.entry.fact is Fact.PROMOTED]
    first = next((place for place, record in enumerate(promotions) if _SIGNED in record.entry.details), len(promotions))
    merges = {record.sequence: str(record.entry.details.get("merge_commit")) for record in promotions[:first]}
    late = declared(sorted(set(merges.values())))
    found = [Unproved(r.sequence, r.entry.environment, _LATE) for r in promotions[:first] if merges[r.sequence] in late]
    seen: dict[str, int] = {}
    for record in promotions[first:]:
        reason, said = why_unproved(record.entry, confirmed), json.dumps(promotion_statement(record.entry), sort_keys=True)
        if reason is None and seen.setdefault(said, record.sequence) != record.sequence:
            reason = f"it repeats record {seen[said]} with that one's signature"
        if reason is not None:
            found.append(Unproved(record.sequence, record.entry.environment, reason))
    return tuple(found)


def why_unproved(entry: Entry, confirmed: Callable[[Envelope], bool]) -> str | None:
    """Why the promotion is not proved to be what the key's holder recorded; None where it is."""
    if _SIGNED not in entry.details:
        return "it is not signed, and promotions before it are"
    envelope = read_envelope("record", json.dumps(entry.details[_SIGNED]).encode())
    if isinstance(envelope, Unreadable):
        return f"its signature cannot be read: {envelope.reason}"
    if envelope.payload_type != IN_TOTO or not confirmed(envelope):
        return "its signature is by none of the project's keys"
    try:
        same = json.loads(envelope.payload) == promotion_statement(entry)
    except ValueError:
        same = False
    return None if same else "the record says something else than what was signed"


def _subjects(entry: Entry) -> list[Json]:
    """Each image once, by name and digest."""
    images = set()
    for text in images_of(entry).values():
        try:
            images.add(ImageRef.parse(text))
        except ConfigError:  # a record that names no digest has no such subject; its text stands under `services`
            continue
    return [{"name": image.repository, "digest": {"sha256": image.digest.text.removeprefix("sha256:")}} for image in sorted(images)]
