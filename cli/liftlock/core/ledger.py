"""The ledger's record: a fact that happened, chained to the one before it by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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
