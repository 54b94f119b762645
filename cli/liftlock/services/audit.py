"""The auditor: is the ledger whole, and did every change come the way it should? Reads only, and never what a machine remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from liftlock.core.audit import Finding, FindingKind, audit, findings
from liftlock.core.audit_export import AuditRow, export
from liftlock.core.errors import ConfigError, IncompleteError
from liftlock.core.ledger import Record
from liftlock.core.ledger_chain import BrokenLedgerError
from liftlock.core.ports import Ledger
from liftlock.core.ports.past import Past
from liftlock.core.promotion_record import Unproved


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was looked at and what was found. broken: what is wrong with the ledger's own chain; then nothing could be held against it.

    changes: how many commits changed releases/ or policy/; sound: how many of them are as they should be.
    """

    tip: str
    records: int
    changes: int
    sound: int
    broken: str | None
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken is None and not self.findings


Unprovens = Callable[[Sequence[Record]], Sequence[Unproved]]
"""Which promotions on record nobody proved to be the key holder's; none where the project does not sign."""


class Audit:
    """Holds Git against the ledger. Everything is read anew: the ledger from its commits, the base branch from its first commit on."""

    def __init__(self, ledger: Ledger, past: Past, unproved: Unprovens = lambda _: ()) -> None:
        self._ledger, self._past, self._unproved = ledger, past, unproved

    def verify(self) -> AuditReport:
        """The report. IncompleteError where something could not be read, which is neither clean nor broken."""
        self._past.fetch()
        tip, changes = self._past.tip(), self._past.changes()
        try:
            records = self._ledger.verify()
        except BrokenLedgerError as err:
            return AuditReport(tip, 0, len(changes), 0, err.message, ())
        audited = audit(changes, records, self._first())
        sound = sum(not found.reasons for found in audited)
        found = (*findings(audited, records), *self._unsigned(records))
        return AuditReport(tip, len(records), len(changes), sound, None, found)

    def export(self, since: datetime | None = None, until: datetime | None = None) -> tuple[AuditRow, ...]:
        """A row for every change in [since, until). IncompleteError where the ledger is broken."""
        self._past.fetch()
        changes, records = self._past.changes(), self._ledger.verify()
        audited = audit(changes, records, self._first())
        return export([found for found in audited if _within(found.change.at, since, until)], records)

    def _unsigned(self, records: Sequence[Record]) -> Iterator[Finding]:
        for missing in self._unproved(records):
            entry = records[missing.sequence - 1].entry
            said = f"ledger record {missing.sequence} (promoted {missing.environment}): {missing.reason}"
            yield Finding(FindingKind.UNPROVED, None, missing.sequence, entry.at, entry.actor, said)

    def _first(self) -> frozenset[str]:
        """The environments that nothing is promoted into."""
        try:
            pipeline = self._past.project().pipeline
        except ConfigError as err:
            raise IncompleteError(f"who may record images where cannot be read: {err.message}", hint=err.hint) from err
        return frozenset(stage.environment for stage in pipeline if not stage.upstream)


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)
