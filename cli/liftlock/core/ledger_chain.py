"""The ledger as a chain of lines: every line's hash and place is checked when it is read, its content is parsed when somebody asks. Pure.

The canonical text has its keys in order, so what a line is about (fact, environment, place in the chain) is found at its end without
parsing it, and its details are parsed when somebody looks into them; `audit verify` looks into all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import overload

from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import FACTS, HEAD, MIDDLE, Entry, Fact, Record, decode
from liftlock.core.ledger_details import Details

_HASH = slice(len(HEAD), len(HEAD) + 64)
_TEXT = len(HEAD) + 64 + len(MIDDLE)
_HEAD, _MIDDLE = HEAD.encode(), MIDDLE.encode()
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_END_MARK = b'},"environment":"'
_END = re.compile(
    rb'\},"environment":(?P<environment>' + _STRING + rb'),"fact":"(?P<fact>[a-z][a-z-]{0,39})","previous":"(?P<previous>[0-9a-f]{64}|)",'
    rb'"release":(?P<release>null|' + _STRING + rb'),"sequence":(?P<sequence>[1-9][0-9]{0,15})\}\}'
)
_BEGIN = re.compile(rb'\{"actor":(?P<actor>' + _STRING + rb'),"at":"(?P<at>[^"\\]{10,40})","details":')
_OUT_OF_ORDER = "its parts are not in their order"
_MUDDLED = "it does not follow the record before it"

Place = Callable[[int], str]
"""Position of a line (from 0) -> where in Git it is, for a message."""


class BrokenLedgerError(IncompleteError):
    """The ledger is there but not whole; until somebody has found out why, nothing in it counts."""


class Records(Sequence[Record]):
    """The records of lines whose chain was checked. A record is parsed when it is asked for; BrokenLedgerError where it cannot be."""

    def __init__(self, lines: list[bytes], facts: Sequence[str], environments: Sequence[str], place: Place) -> None:
        self.lines, self._facts, self._environments, self._place = lines, facts, environments, place
        self._parsed: dict[int, Record] = {}
        self._actors: dict[bytes, str] = {}

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Record, ...]: ...

    def __getitem__(self, index: int | slice) -> Record | tuple[Record, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        at = range(len(self))[index]
        if at not in self._parsed:
            self._parsed[at] = self._parse(at)
        return self._parsed[at]

    def __iter__(self) -> Iterator[Record]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return self.lines == other.lines if isinstance(other, Records) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # a list of lines has none either

    def environments(self) -> frozenset[str]:
        """Every environment that a record names."""
        return frozenset(self._environments)

    def select(
        self, facts: Collection[str] | None, environment: str | None, since: datetime | None, until: datetime | None, *, backwards: bool
    ) -> Iterator[Record]:
        """The records of these facts, of this environment, in [since, until); only they are parsed, and they are not kept."""
        order = range(len(self) - 1, -1, -1) if backwards else range(len(self))
        for at in order:
            if (facts is not None and self._facts[at] not in facts) or environment not in (None, self._environments[at]):
                continue
            if (since or until) and not _within(self._moment(at), since, until):
                continue
            yield self._parsed.get(at) or self._parse(at)

    def _moment(self, at: int) -> datetime:
        found = _BEGIN.match(self.lines[at], _TEXT)
        try:
            moment = datetime.fromisoformat(found["at"].decode()) if found else None
        except ValueError:
            moment = None
        return moment if moment and moment.tzinfo else self._parse(at).entry.at

    def _parse(self, at: int) -> Record:
        """The record, with its details left for later: between what begins and what ends a line stands nothing else."""
        line = self.lines[at]
        begin, end = _BEGIN.match(line, _TEXT), _END.match(line, line.rfind(_END_MARK))
        if begin is None or end is None or begin.end() > end.start():
            raise broken(at, self._place, _OUT_OF_ORDER)
        (actor, when), (_, _, previous, release, _) = begin.groups(), end.groups()
        try:
            moment = datetime.fromisoformat(when.decode())
            if moment.tzinfo is None:
                raise ValueError("its time has no zone")
            entry = Entry(
                fact=FACTS.get(self._facts[at]) or Fact(self._facts[at]),
                environment=self._environments[at],
                actor=self._actors.get(actor) or self._actors.setdefault(actor, _string(actor)),
                at=moment,
                release=None if release == b"null" else _string(release),
                details=Details(line[begin.end() : end.start() + 1], partial(broken, at, self._place)),
            )
        except ValueError as err:
            raise broken(at, self._place, str(err)) from err
        return Record(at + 1, previous.decode(), entry, line[_HASH].decode())


def select(
    records: Sequence[Record],
    facts: Collection[str] | None = None,
    *,
    environment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    backwards: bool = False,
) -> Iterator[Record]:
    """The records of these facts (None: all), of this environment, in [since, until); oldest first, or newest first."""
    if isinstance(records, Records):
        yield from records.select(facts, environment, since, until, backwards=backwards)
        return
    for record in reversed(records) if backwards else records:
        entry = record.entry
        if facts is not None and entry.fact not in facts:
            continue
        if environment in (None, entry.environment) and _within(entry.at, since, until):
            yield record


def environments_of(records: Sequence[Record]) -> frozenset[str]:
    """Every environment that a record names."""
    return records.environments() if isinstance(records, Records) else frozenset(record.entry.environment for record in records)


def read_chain(lines: list[bytes], place: Place) -> Records:
    """The records that the lines hold, oldest first. BrokenLedgerError names the first one that is broken or out of its place."""
    facts: list[str] = []
    environments: list[str] = []
    known: dict[bytes, str] = {}
    previous = b""
    sha256, end = hashlib.sha256, _END.fullmatch
    for at, line in enumerate(lines):
        digest, found = line[_HASH], end(line, max(line.rfind(_END_MARK), 0))
        if found is None or line[: _HASH.start] != _HEAD or line[_HASH.stop : _TEXT] != _MIDDLE:
            raise broken(at, place, _reason(line))
        if sha256(memoryview(line)[_TEXT:-1]).hexdigest().encode() != digest:
            raise broken(at, place, _reason(line))
        environment, fact, before, _, sequence = found.groups()
        if before != previous or int(sequence) != at + 1:
            raise broken(at, place, _MUDDLED)
        if environment not in known:
            known[environment] = _text(environment, at, place)
        environments.append(known[environment])
        facts.append(known.get(fact) or known.setdefault(fact, fact.decode()))
        previous = digest
    return Records(lines, facts, environments, place)


def broken(at: int, place: Place, reason: str) -> BrokenLedgerError:
    """The error that names a broken record by its number and its commit."""
    where = place(at)
    return BrokenLedgerError(
        f"ledger record {at + 1} ({where}) is broken: {reason}",
        hint="nothing after it can be trusted; find who wrote it: git log " + where,
    )


def _reason(line: bytes) -> str:
    """Why the line is no record."""
    try:
        decode(line.decode())
    except ValueError as err:
        return str(err)
    return _OUT_OF_ORDER


def _text(string: bytes, at: int, place: Place) -> str:
    try:
        return _string(string)
    except ValueError as err:
        raise broken(at, place, str(err)) from err


def _string(text: bytes) -> str:
    """What a JSON string says."""
    return str(json.loads(text)) if b"\\" in text else text[1:-1].decode()


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)
