"""Ledger records for tests of what is decided from them: `records(deployed("dev", "r1"), verified("dev", "r1", at=60))`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from liftlock.core.ledger import Entry, Fact, Json, Record, chain
from tests.git_repositories import ADA

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)


def fact(what: Fact, environment: str, release: str | None, at: float = 0, by: object = ADA, /, **details: Json) -> Entry:
    """One entry; at: minutes after the start."""
    return Entry(what, environment, str(by), after(at), release, details)


def deployed(environment: str, release: str, at: float = 0, images: Mapping[str, str] | None = None, **details: Json) -> Entry:
    """A deployment; without images the release's name stands for them."""
    return fact(Fact.DEPLOYED, environment, release, at, services=dict(images or {"api": image(release)}), **details)


def verified(environment: str, release: str, at: float = 0, **details: Json) -> Entry:
    """The proof of one."""
    return fact(Fact.VERIFIED, environment, release, at, **details)


def proved(environment: str, release: str, at: float = 0) -> tuple[Entry, Entry]:
    """Both."""
    return deployed(environment, release, at), verified(environment, release, at)


def failed(environment: str, release: str, at: float = 0) -> Entry:
    """A deployment that failed."""
    return fact(Fact.DEPLOY_FAILED, environment, release, at)


def evidence(kind: str, environment: str, release: str, at: float = 0, *, ok: bool = True, by: object = ADA, **details: Json) -> Entry:
    """A finding."""
    return fact(Fact.EVIDENCE, environment, release, at, by, kind=kind, passed=ok, **details)


def records(*entries: Entry) -> tuple[Record, ...]:
    """The entries as a chain."""
    made: list[Record] = []
    for entry in entries:
        made.append(chain(made[-1] if made else None, entry))
    return tuple(made)


def image(text: str) -> str:
    """Some image, the same for the same text."""
    return f"127.0.0.1:5000/shop/api@sha256:{text.encode().hex():0<64}"
