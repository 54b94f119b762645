"""What a kind of database must be able to do. The use cases of liftlock call only this; PostgreSQL's implementation is in postgres.py.

A second engine implements the same operations over its own catalog; the data that passes (catalog, spec, problems, reports) is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from liftlock_datagen.catalog.model import Catalog, TableName
    from liftlock_datagen.certificate.model import Certificate, FoundRow, Sides
    from liftlock_datagen.classify.model import Proposal
    from liftlock_datagen.masking.keys import PseudonymKey
    from liftlock_datagen.masking.model import MaskPlan
    from liftlock_datagen.masking.report import MaskReport
    from liftlock_datagen.masking.run import MaskRequest
    from liftlock_datagen.profile.model import Profile, ProfileReading
    from liftlock_datagen.review.model import DataPlan
    from liftlock_datagen.snapshots.facts import DatabaseFacts, HeldDatabase
    from liftlock_datagen.spec.model import DataSpec
    from liftlock_datagen.subset.report import SubsetReport
    from liftlock_datagen.synthesis.load import SeedReport
    from liftlock_datagen.synthesis.plan_data import LoadPlan
    from liftlock_datagen.synthesis.request import RowsRequest

Progress = Callable[[str, int, int], None]
"""Called with what is worked on, its rows so far, and its rows in all."""


class DataEngine(Protocol):
    """Operations on databases, by URL. Every one raises DatagenError (PlanError among them), whose message holds no password."""

    def seed(self, url: str, *, rows: int, seed: int, on_progress: Progress) -> SeedReport:
        """Fills an empty, migrated database with rows from its schema; does nothing where the same was done before."""
        ...

    def facts(self, url: str, *, counted: bool = True) -> DatabaseFacts:
        """Schema, origin of the rows, their number (0 where they are not to be counted) and size."""
        ...

    def held(self, url: str) -> AbstractContextManager[HeldDatabase]:
        """The database at one moment that lasts as long as the block, and whether its marker still tells of every row."""
        ...

    def vouch(self, url: str) -> None:
        """Says that the marker tells of the rows that are there now: of a copy of rows of which that is known."""
        ...

    def restore(self, url: str, *, template: str, comment: str, on_note: Callable[[str], None]) -> bool:
        """Makes the database what a pristine copy in the same server is; False, with nothing touched, where there is no such copy.

        template: the copy's name there. comment: what it must carry to be the right one.
        """
        ...

    def missing_right(self, url: str) -> tuple[str, str] | None:
        """The right without which the database cannot be replaced, and what gives it; None where nothing is missing. Only reads."""
        ...

    def why_not_written(self, url: str) -> str:
        """What the server itself says that speaks against writing there, where an address alone cannot show it; empty for nothing."""
        ...

    def generate(
        self,
        url: str,
        request: RowsRequest,
        *,
        replace_rows: bool = False,
        image: str = "",
        on_progress: Progress,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> SeedReport:
        """Fills the database with what is asked; one that holds other rows is replaced by another that is built beside it."""
        ...

    def plan_rows(self, url: str, request: RowsRequest) -> LoadPlan:
        """What generate would load. Only reads."""
        ...

    def plan_mask(self, source_url: str, spec: DataSpec) -> MaskPlan:
        """What an anonymised copy would do to each column, and everything that speaks against it. Only the catalog is read."""
        ...

    def anonymise(self, request: MaskRequest, *, on_progress: Progress, on_note: Callable[[str], None] = lambda _: None) -> MaskReport:
        """Replaces a database by an anonymised copy of another, which is never changed. No message holds a value of a row."""
        ...

    def profile(self, url: str, spec: DataSpec | None, *, like: Profile | None = None) -> ProfileReading:
        """The shape of the database, from its statistics; reads no table. like: for made rows, shows what that profile shows."""
        ...

    def propose(self, url: str, *, sample: int | None) -> tuple[Catalog, Proposal]:
        """The catalog, and a proposal for every column. sample: how many values of each may be looked at; None for none."""
        ...

    def review(self, url: str, spec: DataSpec, *, sample: int | None) -> DataPlan:
        """What an anonymised copy of the database would do. sample: how many documents are looked through for paths; None for none."""
        ...

    def survey_subset(
        self,
        url: str,
        spec: DataSpec,
        *,
        salt: str,
        row: tuple[TableName, str] | None = None,
        on_rows: Callable[[int], None] = lambda _: None,
    ) -> SubsetReport:
        """Which rows the classification's subset would take, and why one of them. Only reads. salt: decides what a share chooses."""
        ...

    def check(self, sides: Sides, spec: DataSpec, *, naming: bytes, key: PseudonymKey | None, on_progress: Progress) -> Certificate:
        """What of the source's sensitive values is still in the copy. Only reads; no value is in the result.

        naming: a secret that rows are named with.
        """
        ...

    def find_rows(self, url: str, positions: Sequence[str], naming: bytes) -> tuple[FoundRow, ...]:
        """The rows that a certificate of this database names by hashes, with the secret that it named them with. Only reads."""
        ...
