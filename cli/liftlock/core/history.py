"""What the ledger tells: deployments with their proof, and where a digest is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from liftlock.core.ledger import Fact, Record, images_of


@dataclass(frozen=True, slots=True)
class Event:
    """One line of history. services: service -> `repository@digest`; verified: when the deployment was proved healthy."""

    sequence: int
    at: datetime
    fact: Fact
    environment: str
    release: str | None
    actor: str
    services: Mapping[str, str]
    tags: Mapping[str, str]
    verified: datetime | None = None
    pull: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """An environment whose last deployment has a digest."""

    environment: str
    service: str
    image: str
    release: str | None
    since: datetime
    actor: str


_SHOWN = frozenset({Fact.RECORDED, Fact.PROMOTED, Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.DESTROYED, Fact.BRANCH_DOWN})


def history(
    records: Sequence[Record],
    *,
    environment: str | None = None,
    service: str | None = None,
    limit: int | None = None,
    everything: bool = False,
) -> tuple[Event, ...]:
    """What happened, newest first. A proof belongs to its deployment's line; with `everything` each record is a line."""
    tags: dict[str, str] = {}
    events: list[Event] = []
    last: dict[str, int] = {}
    for record in records:
        entry = record.entry
        tags |= _tags(record)
        if environment not in (None, entry.environment):
            continue
        if entry.fact is Fact.VERIFIED and entry.environment in last and events[last[entry.environment]].release == entry.release:
            at = last[entry.environment]
            events[at] = replace(events[at], verified=entry.at)
        if entry.fact not in _SHOWN and not everything:
            continue
        images = images_of(entry)
        if service is not None and service not in images:
            continue
        if entry.fact is Fact.DEPLOYED:
            last[entry.environment] = len(events)
        pull = entry.details.get("pull")
        named = {name: tags[image] for name, image in images.items() if image in tags}
        events.append(
            Event(
                record.sequence,
                entry.at,
                entry.fact,
                entry.environment,
                entry.release,
                entry.actor,
                images,
                named,
                pull=pull if isinstance(pull, int) else None,
            )
        )
    newest = events[::-1]
    return tuple(newest if limit is None else newest[:limit])


def who_has(records: Iterable[Record], digest: str) -> tuple[Holder, ...]:
    """The environments that run the digest (or one that begins so) by their last deployment on record, by name."""
    running: dict[str, Record] = {}
    for record in records:
        match record.entry.fact:
            case Fact.DEPLOYED:
                running[record.entry.environment] = record
            case Fact.DESTROYED | Fact.BRANCH_DOWN:
                running.pop(record.entry.environment, None)
    wanted = digest.removeprefix("sha256:")
    return tuple(
        Holder(environment, service, image, record.entry.release, record.entry.at, record.entry.actor)
        for environment, record in sorted(running.items())
        for service, image in sorted(images_of(record.entry).items())
        if image.rpartition("sha256:")[2].startswith(wanted)
    )


def _tags(record: Record) -> dict[str, str]:
    """image -> the tag that it was recorded under."""
    tags = record.entry.details.get("tags")
    if not isinstance(tags, dict):
        return {}
    return {image: str(tags[name]) for name, image in images_of(record.entry).items() if name in tags}
