"""The ledger's record: a fact that happened, chained to the one before it by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from liftlock.core.errors import IncompleteError

Scalar = str | int | float | bool | None
Json = Scalar | list["Json"] | dict[str, "Json"]


class Fact(StrEnum):
    """What can happen."""

    RECORDED = "recorded"
    DEPLOYED = "deployed"
    DEPLOY_FAILED = "deploy-failed"
    VERIFIED = "verified"
    PROMOTION_OPENED = "promotion-opened"
    APPROVED = "approved"
    PROMOTED = "promoted"
    BRANCH_UP = "branch-up"
    BRANCH_DOWN = "branch-down"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact before it is chained. details: only JSON values, never a secret."""

    fact: Fact
    environment: str
    actor: str
    at: datetime
    release: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in its place: sequence number from 1, hash of the record before it ("" for the first), and its own."""

    sequence: int
    previous: str
    entry: Entry
    hash: str


def canonical(sequence: int, previous: str, entry: Entry) -> str:
    """The one JSON text of a record that its hash is taken of."""
    body = {
        "sequence": sequence,
        "previous": previous,
        "fact": entry.fact.value,
        "environment": entry.environment,
        "actor": entry.actor,
        "at": entry.at.isoformat(),
        "release": entry.release,
        "details": dict(entry.details),
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain(previous: Record | None, entry: Entry) -> Record:
    """The record that puts entry behind previous."""
    sequence, before = (previous.sequence + 1, previous.hash) if previous else (1, "")
    return Record(sequence, before, entry, hashlib.sha256(canonical(sequence, before, entry).encode()).hexdigest())


_HEAD = '{"hash":"'
_MIDDLE = '","record":'


def encode(record: Record) -> str:
    """The record as one line of canonical JSON: its hash, and the exact text the hash is taken of."""
    return _HEAD + record.hash + _MIDDLE + canonical(record.sequence, record.previous, record.entry) + "}"


def decode(line: str) -> Record:
    """The record that the line holds; ValueError with the reason where it is not one or its hash does not fit."""
    start = len(_HEAD) + 64
    if not (line.startswith(_HEAD) and line.startswith(_MIDDLE, start) and line.endswith("}")):
        raise ValueError("it is not a record")
    digest, text = line[len(_HEAD) : start], line[start + len(_MIDDLE) : -1]
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise ValueError("its content does not fit its hash")
    try:
        return _record(json.loads(text), digest)
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"it lacks {err}") from err


def _record(body: dict[str, Json], digest: str) -> Record:
    sequence, at, details, release = body["sequence"], datetime.fromisoformat(str(body["at"])), body["details"], body["release"]
    if not isinstance(sequence, int) or not isinstance(details, dict) or at.tzinfo is None:
        raise TypeError("a sequence number, details or a time zone")
    entry = Entry(
        fact=Fact(str(body["fact"])),
        environment=str(body["environment"]),
        actor=str(body["actor"]),
        at=at,
        release=None if release is None else str(release),
        details=details,
    )
    return Record(sequence, str(body["previous"]), entry, digest)


def read_chain(lines: Iterable[tuple[str, str]]) -> tuple[Record, ...]:
    """The records that (place, line) pairs hold, oldest first. IncompleteError names the first one that is broken or out of its place."""
    records: list[Record] = []
    previous = ""
    for sequence, (place, line) in enumerate(lines, start=1):
        try:
            record = decode(line)
            if record.sequence != sequence or record.previous != previous:
                raise ValueError("it does not follow the record before it")
        except ValueError as err:
            raise IncompleteError(
                f"ledger record {sequence} ({place}) is broken: {err}",
                hint="nothing after it can be trusted; find who wrote it: git log " + place,
            ) from err
        records.append(record)
        previous = record.hash
    return tuple(records)


def images_of(entry: Entry) -> Mapping[str, str]:
    """service -> `repository@digest`, as the entry's details name them; empty where they name none."""
    services = entry.details.get("services")
    return {name: str(image) for name, image in services.items()} if isinstance(services, dict) else {}
