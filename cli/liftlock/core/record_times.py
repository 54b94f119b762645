"""When things on record happened, as far as it can be believed: clocks of many machines wrote them. Pure.

A time in the future of `now` counts for nothing, and a record never counts as older than one before it in the chain: whoever appends
with a clock that is wrong cannot make a release look as if it had been healthy for longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from liftlock.core.ledger import Record


def believed_times(records: Iterable[Record], now: datetime) -> Iterator[tuple[Record, datetime | None]]:
    """Each record with the time that counts; None where the record says that it comes from the future."""
    latest: datetime | None = None
    for record in records:
        at = record.entry.at
        if at > now:
            yield record, None
            continue
        latest = at if latest is None else max(latest, at)
        yield record, latest
