"""The ledger's record: a fact that happened, chained to the one before it by hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool | None
_FACT = re.compile(r"[a-z][a-z-]{0,39}")
Json = Scalar | list["Json"] | dict[str, "Json"]


class Fact(StrEnum):
    """What can happen."""

    RECORDED = "recorded"
    DEPLOYED = "deployed"
    DEPLOY_FAILED = "deploy-failed"
    VERIFIED = "verified"
    EVIDENCE = "evidence"
    PROMOTION_OPENED = "promotion-opened"
    APPROVED = "approved"
    PROMOTED = "promoted"
    BRANCH_UP = "branch-up"
    BRANCH_DOWN = "branch-down"
    DESTROYED = "destroyed"
    POLICY_PROPOSED = "policy-proposed"
    POLICY_CHANGED = "policy-changed"

    @classmethod
    def _missing_(cls, value: object) -> Fact | None:
        """A fact that a newer liftlock knows: it can be shown and carried on, and is equal to none of these."""
        if not (isinstance(value, str) and _FACT.fullmatch(value)):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = value, value
        return unknown


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


HEAD = '{"hash":"'
MIDDLE = '","record":'


def encode(record: Record) -> str:
    """The record as one line of canonical JSON: its hash, and the exact text the hash is taken of."""
    return HEAD + record.hash + MIDDLE + canonical(record.sequence, record.previous, record.entry) + "}"


def decode(line: str) -> Record:
    """The record that the line holds; ValueError with the reason where it is not one or its hash does not fit."""
    start = len(HEAD) + 64
    if not (line.startswith(HEAD) and line.startswith(MIDDLE, start) and line.endswith("}")):
        raise ValueError("it is not a record")
    digest, text = line[len(HEAD) : start], line[start + len(MIDDLE) : -1]
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise ValueError("its content does not fit its hash")
    try:
        return _record(json.loads(text), digest)
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"it lacks {err}") from err
    except RecursionError as err:
        raise ValueError("it is nested too deep") from err


FACTS = {fact.value: fact for fact in Fact}


def _record(body: dict[str, Json], digest: str) -> Record:
    sequence, at, details, release = body["sequence"], datetime.fromisoformat(str(body["at"])), body["details"], body["release"]
    if not isinstance(sequence, int) or not isinstance(details, dict) or at.tzinfo is None:
        raise TypeError("a sequence number, details or a time zone")
    entry = Entry(
        fact=FACTS.get(str(body["fact"])) or Fact(str(body["fact"])),
        environment=str(body["environment"]),
        actor=str(body["actor"]),
        at=at,
        release=None if release is None else str(release),
        details=details,
    )
    return Record(sequence, str(body["previous"]), entry, digest)


def images_of(entry: Entry) -> Mapping[str, str]:
    """service -> `repository@digest`, as the entry's details name them; empty where they name none."""
    services = entry.details.get("services")
    return {name: str(image) for name, image in services.items()} if isinstance(services, dict) else {}
