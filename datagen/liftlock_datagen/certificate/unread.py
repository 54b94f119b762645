"""What a check could not look at, and where it was blind: each with its name, so that nobody takes silence for proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from liftlock_datagen.certificate.model import CanaryResult, Excluded
from liftlock_datagen.certificate.reading import Reading
from liftlock_datagen.certificate.relations import foreign_tables


def gaps(reading: Reading) -> Iterator[str]:
    """What was not looked at, whatever the rows said."""
    yield from reading.plan.gaps
    yield from reading.side.unread
    yield from reading.scan.unread
    yield from _blind_for(reading)
    for name in foreign_tables(reading.copy):
        yield f"copy: {name} is a foreign table: its rows are on another server"
    yield from _strangers(reading)


def _strangers(reading: Reading) -> Iterator[str]:
    """Tables with rows that only the copy has, and that nobody has classified: their texts were searched, and no more is known."""
    source, copy = reading.catalogs
    classified, counts = {table.name for table in source.tables} | set(reading.spec.tables), reading.scan.counts
    for table in copy.tables:
        if table.partition_of is None and table.name not in classified and counts[table.name]:
            yield f"copy: {table.name} is not classified, so nobody knows what it holds ({counts[table.name]:,} rows)"


def _blind_for(reading: Reading) -> Iterator[str]:
    """Canaries of people that say nothing of the copy."""
    plan, first = reading.plan, len(reading.plan.sensitive)
    for place in range(len(plan.canaries)):
        name = plan.names[first + place]
        if place not in reading.side.canaries:
            yield f"source: {name} is in no sensitive column, so either it was taken away or the check is blind for it"
        elif reading.table.common[first + place].values:
            yield f"source: {name} is in more than {reading.common} rows, so it was not looked for; plant it once"


def canary_result(reading: Reading, blind: Sequence[str]) -> CanaryResult:
    """Which of the canaries were found. blind: where rows of our own were not seen to be unchanged."""
    scan, plan = reading.scan, reading.plan
    seen = {place for _, place, *_ in (*scan.planted.found, *scan.planted_numbers.found)}
    missed = sorted(map(scan.shown, (scan.expected - seen) | set(blind)))
    compared = sum(len(table.columns) for table in plan.tables if table.key)
    return CanaryResult(len(scan.expected) + compared, tuple(missed), len(plan.canaries), len(reading.side.canaries))


def excluded(reading: Reading) -> Iterator[Excluded]:
    """What was not looked for because it is too common or too short."""
    for item, common in zip(reading.plan.sensitive, reading.table.common, strict=False):
        if common.values or common.short:
            yield Excluded(str(item), common.values, common.rows, common.short)
