"""What somebody asks for: how many rows of which seed, in which language and shape; and the named sizes that say it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import RequestError
from liftlock_datagen.profile.model import Profile
from liftlock_datagen.spec.model import Size
from liftlock_datagen.vocabulary.words import MIXED

SIZES: Mapping[str, Size] = MappingProxyType({"tiny": Size(rows=1_000), "small": Size(rows=100_000), "production": Size(share=1.0)})


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """At least `rows` rows over all tables. counts: tables whose rows are said. profile: the shape of the rows.

    named: those of counts that somebody named for this run, so they have to be there; a profile may count tables that are gone.
    """

    rows: int
    seed: int = 1
    locale: str = MIXED
    counts: Mapping[TableName, int] = field(default_factory=dict)
    profile: Profile | None = None
    named: tuple[TableName, ...] = ()

    @property
    def details(self) -> str:
        """A hash of all that is asked beyond rows and seed; empty where nothing is."""
        if self.locale == MIXED and not self.counts and self.profile is None:
            return ""
        from liftlock_datagen.profile.file import profile_text  # noqa: PLC0415 - loads pydantic, which most runs do not need

        counts = sorted((str(name), count) for name, count in self.counts.items())
        text = repr((self.locale, counts, profile_text(self.profile) if self.profile else ""))
        return "blake2b:" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class SizedRows:
    """Rows over all tables, and those of single tables."""

    rows: int
    counts: Mapping[TableName, int] = field(default_factory=dict)


def rows_of_size(name: str, sizes: Mapping[str, Size], profile: Profile | None) -> SizedRows:
    """What the size means. sizes: the classification's own, which win over tiny, small and production.

    Raises RequestError for a size that nobody defined, and for a share of a profile where there is none.
    """
    known = {**SIZES, **sizes}
    size = known.get(name)
    if size is None:
        raise RequestError(f'there is no size "{name}"', hint=f"one of {', '.join(sorted(known))}; or say --rows N")
    if size.share is None:
        return SizedRows(max(size.rows or 0, sum(size.tables.values()), 1), size.tables)
    if profile is None or not profile.rows:
        raise RequestError(
            f'size "{name}" is a share of what a profile counted, and there is no profile with rows',
            hint="write one: liftlock data profile PLACE --output FILE, then --profile FILE; or say --rows N",
        )
    counted = {table: found.rows for table, found in profile.tables.items() if found.rows}
    shared = {table: max(1, round(rows * size.share)) for table, rows in counted.items()} | dict(size.tables)
    return SizedRows(max(size.rows or 0, sum(shared.values())), shared if size.share == 1.0 else size.tables)
