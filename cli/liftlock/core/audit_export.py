"""Every change with everybody who had to do with it, one row per change and environment. Pure. docs/audit.md documents the columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from liftlock.core.audit import AuditedChange
from liftlock.core.ledger import Entry, Fact, Record, images_of
from liftlock.core.ledger_chain import select


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change of one environment (or of policy alone: environment is then empty or the one that it is about).

    commit: what brought it into the base branch. written_by: the authors of what it brought; recorded_by: who brought its images in.
    deployed_by, deployed_at, verified_at: the first deployment after it that has all of its images. record: its place in the ledger.
    """

    commit: str
    at: datetime
    kind: str
    authorised: bool
    reasons: tuple[str, ...]
    environment: str
    source: str | None
    release: str | None
    plan: str | None
    services: tuple[str, ...]
    files: tuple[str, ...]
    pull: int | None
    url: str | None
    requested_by: tuple[str, ...]
    written_by: tuple[str, ...]
    recorded_by: tuple[str, ...]
    reviewed_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    gates: str | None
    merged_by: str
    deployed_by: str | None
    deployed_at: datetime | None
    verified_at: datetime | None
    record: int | None


COLUMNS = tuple(field.name for field in fields(AuditRow))


def export(audited: Sequence[AuditedChange], records: Sequence[Record]) -> tuple[AuditRow, ...]:
    """The rows, oldest change first."""
    facts = _Facts(records)
    return tuple(row for found in audited for row in _rows(found, facts))


def cells(row: AuditRow) -> tuple[str | int | bool | None, ...]:
    """The row for a table of text; several values of one cell are separated by `; `."""
    return tuple(_cell(getattr(row, name)) for name in COLUMNS)


def _cell(value: object) -> str | int | bool | None:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.isoformat()
        case tuple():
            return "; ".join(str(item) for item in value)
    raise TypeError(f"no cell for {type(value).__name__}")


def _rows(found: AuditedChange, facts: _Facts) -> Iterator[AuditRow]:
    by_environment = {record.entry.environment: record for record in reversed(found.records)}
    policy = any(not str(file.path).startswith("releases/") for file in found.change.files)
    names = list(found.images) or [next(iter(by_environment), "")] if policy or found.images else [next(iter(by_environment), "")]
    for name in names:
        yield _row(found, name, by_environment.get(name) or next(iter(found.records), None), facts)


def _row(found: AuditedChange, environment: str, record: Record | None, facts: _Facts) -> AuditRow:
    change, images = found.change, found.images.get(environment, {})
    details: Mapping[str, object] = record.entry.details if record else {}
    deployed = facts.deployed(environment, images, after=record.sequence if record else facts.at(change.at))
    pull = details.get("pull")
    return AuditRow(
        commit=change.commit,
        at=change.at,
        kind=found.kind,
        authorised=not found.reasons,
        reasons=found.reasons,
        environment=environment,
        source=_text(details, "source"),
        release=record.entry.release if record else None,
        plan=_text(details, "plan"),
        services=tuple(f"{name}={image}" for name, image in sorted(images.items())),
        files=tuple(str(file.path) for file in change.files),
        pull=pull if isinstance(pull, int) else None,
        url=_text(details, "url"),
        requested_by=_texts(details, "requested_by"),
        written_by=tuple(dict.fromkeys(map(str, change.writers))),
        recorded_by=tuple(dict.fromkeys(facts.recorders[image] for image in images.values() if image in facts.recorders)),
        reviewed_by=tuple(dict.fromkeys(facts.reviewers.get(pull, ()))) if isinstance(pull, int) else (),
        approved_by=_texts(details, "approvers"),
        gates=_text(details, "gates"),
        merged_by=record.entry.actor if record else str(change.committer),
        deployed_by=deployed.entry.actor if deployed else None,
        deployed_at=deployed.entry.at if deployed else None,
        verified_at=facts.proofs.get(deployed.sequence) if deployed else None,
        record=record.sequence if record else None,
    )


def _text(details: Mapping[str, object], key: str) -> str | None:
    value = details.get(key)
    return value if isinstance(value, str) else None


def _texts(details: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = details.get(key)
    return tuple(map(str, value)) if isinstance(value, list) else ()


class _Facts:
    """What the ledger says of people and deployments, to be looked up. proofs: a deployment's number -> when it was proved healthy."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.recorders: dict[str, str] = {}
        self.reviewers: dict[int, list[str]] = {}
        self.proofs: dict[int, datetime] = {}
        self._records = records
        self._by_image: dict[tuple[str, str, str], list[int]] = {}
        self._times: list[tuple[datetime, int]] = []
        latest: dict[str, Record] = {}
        for record in select(records, {Fact.RECORDED, Fact.APPROVED, Fact.DEPLOYED, Fact.VERIFIED}):
            self._keep(record, record.entry, latest)
        self._times.sort()

    def _keep(self, record: Record, entry: Entry, latest: dict[str, Record]) -> None:
        match entry.fact:
            case Fact.RECORDED:
                for image in images_of(entry).values():
                    self.recorders.setdefault(image, entry.actor)
            case Fact.APPROVED:
                pull = entry.details.get("pull")
                if isinstance(pull, int):
                    self.reviewers.setdefault(pull, []).append(entry.actor)
            case Fact.DEPLOYED:
                latest[entry.environment] = record
                self._times.append((entry.at, record.sequence))
                for service, image in images_of(entry).items():
                    self._by_image.setdefault((entry.environment, service, image), []).append(record.sequence)
            case Fact.VERIFIED:
                before = latest.get(entry.environment)
                if before is not None and before.entry.release == entry.release:
                    self.proofs.setdefault(before.sequence, entry.at)

    def at(self, moment: datetime) -> int:
        """The number of the last deployment that was recorded before the moment; 0 where there is none."""
        at = bisect_right(self._times, (moment, 0))
        return max((sequence for _, sequence in self._times[:at]), default=0)

    def deployed(self, environment: str, images: Mapping[str, str], *, after: int) -> Record | None:
        """The first deployment behind that number which has all of the images."""
        wanted = [self._by_image.get((environment, service, image), []) for service, image in images.items() if image != "removed"]
        firsts = [places[at] if (at := bisect_right(places, after)) < len(places) else 0 for places in wanted]
        if not firsts or not all(firsts):
            return None
        common = set(wanted[0]).intersection(*wanted[1:]) if len(wanted) > 1 else {max(firsts)}
        found = min((sequence for sequence in common if sequence >= max(firsts)), default=None)
        return self._records[found - 1] if found is not None else None
