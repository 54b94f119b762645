"""Git held against the ledger: which changes of releases/ and policy/ came the way they should, and which did not. Pure.

What counts of a message are the trailers in the last paragraph of the very commit that brought the change into the base branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from liftlock.core.errors import ConfigError
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.ledger_chain import select
from liftlock.core.policy_file import policy_path
from liftlock.core.ports.past import BaseChange, FileChange
from liftlock.core.proposal import RELEASES, release_path
from liftlock.core.release import ReleasedImage
from liftlock.core.release_file import parse_release
from liftlock.core.trailers import Trailers, read_trailers

BEGUN, RECORDED, UNAUTHORISED = "begun", "recorded", "unauthorised"
_COMMITS = {Fact.RECORDED: "commit", Fact.PROMOTED: "merge_commit", Fact.POLICY_CHANGED: "merge_commit"}
_WITH_POLICY = frozenset({"rollback", "rollforward"})


class FindingKind(StrEnum):
    """UNAUTHORISED: a change that the ledger knows nothing of. MISMATCH: Git and ledger say different things.

    MISSING: a record without its commit. UNPROVED: a promotion's record that the project's key did not sign.
    """

    UNAUTHORISED = "unauthorised"
    MISMATCH = "mismatch"
    MISSING = "missing"
    UNPROVED = "unproved"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. commit, record: where it is; who: the committer, or the record's actor."""

    kind: FindingKind
    commit: str | None
    record: int | None
    at: datetime
    who: str
    message: str


@dataclass(frozen=True, slots=True)
class AuditedChange:
    """A change with what the ledger has of it. kind: begun, recorded, unauthorised, or what was proposed (promote, hotfix, …, policy).

    images: environment -> service -> image as the change sets it. reasons: why it is not as it should be; () where it is.
    """

    change: BaseChange
    kind: str
    records: tuple[Record, ...]
    images: Mapping[str, Mapping[str, str]]
    reasons: tuple[str, ...]


def audit(changes: Sequence[BaseChange], records: Sequence[Record], first: frozenset[str]) -> tuple[AuditedChange, ...]:
    """Each change judged, oldest first. first: the environments into which images are recorded."""
    linked: dict[str, list[Record]] = {}
    for record in select(records, _COMMITS):
        if (commit := _commit(record)) is not None:
            linked.setdefault(commit, []).append(record)
    read = _Reader()
    return tuple(_judge(change, linked.get(change.commit, []), first, read) for change in changes)


def findings(audited: Sequence[AuditedChange], records: Sequence[Record]) -> tuple[Finding, ...]:
    """Everything that is not as it should be: changes in their order, then records whose commit is none of the changes."""
    return (*_of_changes(audited), *_of_records(audited, records))


def _of_changes(audited: Sequence[AuditedChange]) -> Iterator[Finding]:
    for found in audited:
        change = found.change
        kind = FindingKind.UNAUTHORISED if found.kind == UNAUTHORISED else FindingKind.MISMATCH
        record = found.records[0].sequence if found.records else None
        for reason in found.reasons:
            yield Finding(kind, change.commit, record, change.at, str(change.committer), reason)


def _of_records(audited: Sequence[AuditedChange], records: Sequence[Record]) -> Iterator[Finding]:
    known = {found.change.commit for found in audited}
    for record in select(records, _COMMITS):
        commit, entry = _commit(record), record.entry
        if commit is None or commit not in known:
            where = f"names commit {commit[:12]}, which is no change of the base branch" if commit else "names no commit"
            said = f"ledger record {record.sequence} ({entry.fact.value} {entry.environment}) {where}"
            yield Finding(FindingKind.MISSING, commit, record.sequence, entry.at, entry.actor, said)


def _judge(change: BaseChange, records: Sequence[Record], first: frozenset[str], read: _Reader) -> AuditedChange:
    images, problems = read.images(change)
    if not change.parents:
        return AuditedChange(change, BEGUN, tuple(records), images, ())
    if not records:
        return AuditedChange(change, UNAUTHORISED, (), images, (_unknown(change),))
    proposals = [record for record in records if record.entry.fact is not Fact.RECORDED]
    kind = str(proposals[0].entry.details.get("kind", "promote")) if proposals else RECORDED
    trailers = read_trailers(change.message)
    reasons = [*problems, *_of_files(change, records, images)]
    for record in records:
        reasons += _of_record(record, first) if record.entry.fact is Fact.RECORDED else _of_trailers(record, trailers)
        reasons += _of_release(record, trailers)
    return AuditedChange(change, kind, tuple(records), images, tuple(f"{_named(change)}: {reason}" for reason in dict.fromkeys(reasons)))


def _unknown(change: BaseChange) -> str:
    plan = read_trailers(change.message).get("Liftlock-Plan")
    why = f"its message claims {', '.join(plan)}, but no record has this commit" if plan else "no proposal and no image record brought it"
    return f"{_named(change)}: {why}"


def _named(change: BaseChange) -> str:
    return f"{', '.join(str(file.path) for file in change.files)} changed by {change.commit[:12]} ({change.committer})"


def _of_files(change: BaseChange, records: Sequence[Record], images: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What the commit changes against what its records say."""
    allowed = {path for record in records for path in _paths(record)}
    for file in change.files:
        if file.path not in allowed:
            yield f"the ledger's record says nothing of {file.path}"
    for record in records:
        entry = record.entry
        if entry.fact is Fact.POLICY_CHANGED:
            continue
        here, said = images.get(entry.environment, {}), images_of(entry)
        for service in sorted({*here, *said}):
            if here.get(service) != said.get(service):
                yield (f"it sets {service} of {entry.environment} to {here.get(service, 'what it was')}, "
                       f"ledger record {record.sequence} says {said.get(service, 'nothing of it')}")  # fmt: skip


def _paths(record: Record) -> Iterator[PurePosixPath]:
    """The files that the record's change may touch."""
    entry, details = record.entry, record.entry.details
    if entry.fact in (Fact.RECORDED, Fact.PROMOTED):
        yield release_path(entry.environment)
    if entry.fact is Fact.PROMOTED and details.get("kind") in _WITH_POLICY:
        yield from (policy_path("vetoes"), policy_path("holds"))
    rules = details.get("rules")
    for rule in rules if isinstance(rules, list) else []:
        for edit in rule.values() if isinstance(rule, dict) else []:
            if isinstance(edit, dict) and isinstance(edit.get("kind"), str):
                yield policy_path(str(edit["kind"]))


def _of_record(record: Record, first: frozenset[str]) -> Iterator[str]:
    if record.entry.environment not in first:
        yield f"images are recorded for {' or '.join(sorted(first)) or 'no environment'} only, not for {record.entry.environment}"


def _of_trailers(record: Record, trailers: Trailers) -> Iterator[str]:
    """The merge's trailers against its record. A rebase keeps the branch's own message, which knows neither gates nor approvers."""
    details, where = record.entry.details, f"ledger record {record.sequence}"
    if "Liftlock-Plan" not in trailers:
        yield f"its message has no Liftlock-Plan trailer, {where} says {details.get('plan')}"
    elif trailers["Liftlock-Plan"] != (details.get("plan"),):
        yield f"its trailers say {', '.join(trailers['Liftlock-Plan'])}, {where} says {details.get('plan')}"
    if "Liftlock-Gates" not in trailers:
        return
    approvers = details.get("approvers")
    said, known = sorted(set(trailers.get("Approved-by", ()))), sorted(map(str, approvers)) if isinstance(approvers, list) else []
    if said != sorted(set(known)):
        yield f"its trailers say that {_people(said)} approved it, {where} says {_people(known)}"
    if trailers["Liftlock-Gates"] != (details.get("gates"),):
        yield f"its trailers and {where} name different gates"


def _of_release(record: Record, trailers: Trailers) -> Iterator[str]:
    """A message that was written when the release was decided names it."""
    entry, said = record.entry, trailers.get("Liftlock-Release", ())
    decided = entry.fact is Fact.RECORDED or "Liftlock-Gates" in trailers
    if entry.release is not None and decided and said != (entry.release,):
        yield f"its trailers say {', '.join(said) or 'no release'}, ledger record {record.sequence} says {entry.release}"


def _people(names: Sequence[str]) -> str:
    return ", ".join(names) or "nobody"


def _commit(record: Record) -> str | None:
    found = record.entry.details.get(_COMMITS[record.entry.fact])
    return found if isinstance(found, str) else None


class _Reader:
    """Release files as they were; each text is parsed once."""

    def __init__(self) -> None:
        self._last: dict[PurePosixPath, tuple[str, Mapping[str, ReleasedImage]]] = {}

    def images(self, change: BaseChange) -> tuple[dict[str, Mapping[str, str]], list[str]]:
        """environment -> service -> image that the change sets (`removed` where it takes it out); and what cannot be read."""
        found: dict[str, Mapping[str, str]] = {}
        problems: list[str] = []
        for file in change.files:
            if file.path.parent != RELEASES or file.path.suffix != ".yaml":
                continue
            try:
                found[file.path.stem] = self._set(file)
            except ConfigError as err:
                problems.append(f"{file.path} cannot be read: {err.message}")
        return found, problems

    def _set(self, file: FileChange) -> dict[str, str]:
        before, after = self._services(file.path, file.before), self._services(file.path, file.after)
        gone = {name: "removed" for name in before if name not in after}
        return gone | {name: str(new.image) for name, new in after.items() if before.get(name) != new}

    def _services(self, path: PurePosixPath, text: str | None) -> Mapping[str, ReleasedImage]:
        if text is None:
            return {}
        known = self._last.get(path)
        if known is None or known[0] != text:
            known = self._last[path] = (text, parse_release(text, str(path)).services)
        return known[1]
