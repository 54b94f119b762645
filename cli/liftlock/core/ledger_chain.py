"""The ledger as a chain of lines: every line's hash and place is checked when it is read, its content is parsed when somebody asks. Pure.

The canonical text has its keys in order, so what a line is about (fact, environment, place in the chain) is found at its end without
parsing it. What is found so is checked again whenever the line is parsed; `audit verify` parses all of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import overload

from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import HEAD, MIDDLE, Record, decode, parse

_HASH = slice(len(HEAD), len(HEAD) + 64)
_TEXT = len(HEAD) + 64 + len(MIDDLE)
_HEAD, _MIDDLE = HEAD.encode(), MIDDLE.encode()
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_END_MARK = b'},"environment":"'
_END = re.compile(
    rb'\},"environment":(?P<environment>' + _STRING + rb'),"fact":"(?P<fact>[a-z][a-z-]{0,39})","previous":"(?P<previous>[0-9a-f]{64}|)",'
    rb'"release":(?:null|' + _STRING + rb'),"sequence":(?P<sequence>[1-9][0-9]{0,15})\}\}'
)
_AT = re.compile(rb'\{"actor":' + _STRING + rb',"at":"(?P<at>[^"\\]{10,40})"')
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
        found = _AT.match(self.lines[at], _TEXT)
        try:
            moment = datetime.fromisoformat(found["at"].decode()) if found else None
        except ValueError:
            moment = None
        return moment if moment and moment.tzinfo else self._parse(at).entry.at

    def _parse(self, at: int) -> Record:
        try:
            line = self.lines[at]
            record = parse(line[_TEXT:-1].decode(), line[_HASH].decode())
            before = self.lines[at - 1][_HASH].decode() if at else ""
            found = (record.sequence, record.previous, record.entry.fact, record.entry.environment)
            if found != (at + 1, before, self._facts[at], self._environments[at]):
                raise ValueError("its parts are not where they belong")
        except ValueError as err:
            raise broken(at, self._place, str(err)) from err
        return record


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
        digest = line[_HASH]
        if sha256(line[_TEXT:-1]).hexdigest().encode() != digest or not _is_framed(line):
            raise broken(at, place, _reason(line))
        found = end(line, max(line.rfind(_END_MARK), 0))
        if found is None:
            raise broken(at, place, _reason(line))
        environment, fact, before, sequence = found.groups()
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


def _is_framed(line: bytes) -> bool:
    return line.startswith(_HEAD) and line.startswith(_MIDDLE, _HASH.stop) and line.endswith(b"}")


def _reason(line: bytes) -> str:
    """Why the line is no record."""
    try:
        decode(line.decode())
    except ValueError as err:
        return str(err)
    return "its parts are not in their order"


def _text(string: bytes, at: int, place: Place) -> str:
    try:
        return str(json.loads(string))
    except ValueError as err:
        raise broken(at, place, str(err)) from err


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)
