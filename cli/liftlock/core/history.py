"""What the ledger tells: what happened, and where an image runs. Pure.

Facts that this version does not know are shown like the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from liftlock.core.ledger import Entry, Fact, Record, images_of
from liftlock.core.ledger_chain import select


@dataclass(frozen=True, slots=True)
class Event:
    """One line of history. services: service -> `repository@digest`; verified: when the deployment was first proved healthy.

    kind, source, plan, gates, approvers, pull, url: of a proposal, as the merge had them. reason: why, where a person said so.
    """

    sequence: int
    at: datetime
    fact: str
    environment: str
    release: str | None
    actor: str
    services: Mapping[str, str]
    tags: Mapping[str, str]
    verified: datetime | None = None
    pull: int | None = None
    url: str | None = None
    kind: str | None = None
    source: str | None = None
    plan: str | None = None
    gates: str | None = None
    approvers: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are asked for: of one environment, of one service, in [since, until), the newest so many, every record a line."""

    environment: str | None = None
    service: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    everything: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether something is left out but for its number."""
        return any(value is not None for value in (self.environment, self.service, self.since, self.until))


@dataclass(frozen=True, slots=True)
class Origin:
    """What a person calls an image: its tag and the source commit it was built from, where they are known."""

    tag: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """An environment whose last deployment has the image. since: the first deployment of it that no other image came after."""

    environment: str
    service: str
    image: str
    release: str | None
    since: datetime
    actor: str
    tag: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """What an environment runs by its last deployment. since: service -> the record that brought its image."""

    record: Record
    since: Mapping[str, Record]

    @property
    def images(self) -> Mapping[str, str]:
        """service -> `repository@digest`."""
        return images_of(self.record.entry)


_LEFT_OUT = frozenset({Fact.VERIFIED, Fact.APPROVED, Fact.PROMOTION_OPENED, Fact.BRANCH_UP, Fact.EVIDENCE, Fact.POLICY_PROPOSED})
_NAMING = frozenset({Fact.RECORDED, Fact.PROMOTED})
_ENDINGS = frozenset({Fact.DESTROYED, Fact.BRANCH_DOWN})


def history(records: Sequence[Record], wanted: Filter) -> tuple[Event, ...]:
    """What happened, newest first. A proof belongs to its deployment's line; with `everything` each record is a line of its own."""
    found = tuple(islice(_events(records, wanted), wanted.limit))
    return _with_tags(records, found)


def _events(records: Sequence[Record], wanted: Filter) -> Iterable[Event]:
    proofs: dict[str, Entry] = {}
    for record in select(records, environment=wanted.environment, since=wanted.since, until=wanted.until, backwards=True):
        entry = record.entry
        if entry.fact is Fact.VERIFIED:
            proofs[entry.environment] = entry
        if entry.fact in _LEFT_OUT and not wanted.everything:
            continue
        event = _event(record)
        if entry.fact is Fact.DEPLOYED:
            proof = proofs.pop(entry.environment, None)
            event = replace(event, verified=proof.at if proof and proof.release == entry.release else None)
        if wanted.service is None or wanted.service in event.services:
            yield event


def _event(record: Record) -> Event:
    entry, details = record.entry, record.entry.details
    pull, approvers = details.get("pull"), details.get("approvers")
    return Event(
        record.sequence,
        entry.at,
        entry.fact.value,
        entry.environment,
        entry.release,
        entry.actor,
        images_of(entry),
        {},
        pull=pull if isinstance(pull, int) else None,
        url=_text(entry, "url"),
        kind=_text(entry, "kind"),
        source=_text(entry, "source"),
        plan=_text(entry, "plan"),
        gates=_text(entry, "gates"),
        approvers=tuple(map(str, approvers)) if isinstance(approvers, list) else (),
        reason=_text(entry, "reason"),
    )


def _text(entry: Entry, key: str) -> str | None:
    value = entry.details.get(key)
    return value if isinstance(value, str) else None


def _with_tags(records: Sequence[Record], events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events with the tags under which their images were recorded last before them."""
    open_images = {image for event in events for image in event.services.values()}
    named: dict[str, list[tuple[int, str]]] = {}
    earliest = events[-1].sequence if events else 0
    for record in select(records, _NAMING, backwards=True):
        if not open_images:
            break
        for image, tag in tags_of(record.entry).items():
            named.setdefault(image, []).append((record.sequence, tag))
            if record.sequence <= earliest:
                open_images.discard(image)

    def latest(image: str, sequence: int) -> str | None:
        return next((tag for at, tag in named.get(image, ()) if at <= sequence), None)

    return tuple(
        replace(event, tags={name: said for name, image in event.services.items() if (said := latest(image, event.sequence)) is not None})
        for event in events
    )


def tags_of(entry: Entry) -> Mapping[str, str]:
    """image -> the tag that the entry says it had."""
    tags = entry.details.get("tags")
    return {image: str(tags[name]) for name, image in images_of(entry).items() if name in tags} if isinstance(tags, dict) else {}


def running(records: Sequence[Record]) -> dict[str, Running]:
    """environment -> what it runs by its last deployment on record; those that are gone are left out."""
    found: dict[str, Running] = {}
    for record in select(records, {Fact.DEPLOYED, *_ENDINGS}):
        entry = record.entry
        if entry.fact in _ENDINGS:
            found.pop(entry.environment, None)
            continue
        before = found.get(entry.environment)
        old = before.images if before else {}
        since = {name: before.since[name] if before and old.get(name) == image else record for name, image in images_of(entry).items()}
        found[entry.environment] = Running(record, since)
    return found


def who_has(environments: Mapping[str, Running], wanted: str, origins: Mapping[tuple[str, str], Origin]) -> tuple[Holder, ...]:
    """Where an image runs, by name: one whose digest or source commit begins so, or whose tag it is.

    origins: (environment, service) -> what the image that runs there is called.
    """
    return tuple(
        Holder(name, service, image, since.release, since.at, since.actor, origin.tag, origin.commit)
        for name, found in sorted(environments.items())
        for service, image in sorted(found.images.items())
        for since, origin in [(found.since[service].entry, origins.get((name, service), Origin()))]
        if _is_meant(wanted, image, origin)
    )


def _is_meant(wanted: str, image: str, origin: Origin) -> bool:
    digest = image.rpartition("sha256:")[2]
    if wanted.startswith("sha256:"):
        return digest.startswith(wanted.removeprefix("sha256:"))
    long = len(wanted) >= 7
    return wanted == origin.tag or (long and (digest.startswith(wanted) or (origin.commit or "").startswith(wanted)))
