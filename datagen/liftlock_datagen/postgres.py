"""PostgreSQL 12 to 17 behind the port of port.py. Thin: each operation is one of a package beside this module, loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from liftlock_datagen.catalog.model import Catalog, TableName
    from liftlock_datagen.certificate.model import Certificate, FoundRow, Sides
    from liftlock_datagen.classify.model import Proposal
    from liftlock_datagen.masking.keys import PseudonymKey
    from liftlock_datagen.masking.model import MaskPlan
    from liftlock_datagen.masking.report import MaskReport
    from liftlock_datagen.masking.run import MaskRequest
    from liftlock_datagen.port import Progress
    from liftlock_datagen.profile.model import Profile, ProfileReading
    from liftlock_datagen.review.model import DataPlan
    from liftlock_datagen.snapshots.facts import DatabaseFacts, HeldDatabase
    from liftlock_datagen.spec.model import DataSpec
    from liftlock_datagen.subset.report import SubsetReport
    from liftlock_datagen.synthesis.load import SeedReport
    from liftlock_datagen.synthesis.plan_data import LoadPlan
    from liftlock_datagen.synthesis.request import RowsRequest


class PostgresEngine:
    """DataEngine for PostgreSQL. Keeps nothing between calls."""

    def seed(self, url: str, *, rows: int, seed: int, on_progress: Progress) -> SeedReport:
        """Rows from the schema alone; see synthesis/load.py."""
        from liftlock_datagen.synthesis.load import seed as fill  # noqa: PLC0415

        return fill(url, rows=rows, seed=seed, on_progress=on_progress)

    def facts(self, url: str, *, counted: bool = True) -> DatabaseFacts:
        """What the database says of its rows; see snapshots/facts.py."""
        from liftlock_datagen.snapshots.facts import read_facts  # noqa: PLC0415

        return read_facts(url, counted=counted)

    def held(self, url: str) -> AbstractContextManager[HeldDatabase]:
        """One moment, and what was written behind the marker; see snapshots/seal.py."""
        from liftlock_datagen.snapshots.facts import held  # noqa: PLC0415

        return held(url)

    def vouch(self, url: str) -> None:
        """The seal anew; see snapshots/seal.py."""
        from liftlock_datagen.snapshots.facts import vouch  # noqa: PLC0415

        vouch(url)

    def restore(self, url: str, *, template: str, comment: str, on_note: Callable[[str], None]) -> bool:
        """See snapshots/restore.py."""
        from liftlock_datagen.snapshots.restore import restore_template  # noqa: PLC0415

        return restore_template(url, template=template, comment=comment, on_note=on_note)

    def missing_right(self, url: str) -> tuple[str, str] | None:
        """See database/beside.py."""
        from liftlock_datagen.database.beside import missing_right  # noqa: PLC0415

        return missing_right(url)

    def why_not_written(self, url: str) -> str:
        """See database/standing.py."""
        from liftlock_datagen.database.standing import why_not_written  # noqa: PLC0415

        return why_not_written(url)

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
        """Rows in place or by a database beside; see synthesis/renewal.py."""
        from liftlock_datagen.synthesis.renewal import generate  # noqa: PLC0415

        return generate(url, request, replace_rows=replace_rows, image=image, on_progress=on_progress, on_note=on_note)

    def plan_rows(self, url: str, request: RowsRequest) -> LoadPlan:
        """What generate would load; see synthesis/plan.py."""
        from liftlock_datagen.synthesis.load import plan_database  # noqa: PLC0415

        return plan_database(url, request)

    def plan_mask(self, source_url: str, spec: DataSpec) -> MaskPlan:
        """What an anonymised copy would do; see masking/plan.py."""
        from liftlock_datagen.masking.run import preview  # noqa: PLC0415

        return preview(source_url, spec)

    def anonymise(self, request: MaskRequest, *, on_progress: Progress, on_note: Callable[[str], None] = lambda _: None) -> MaskReport:
        """An anonymised copy, built beside the target; see masking/run.py."""
        from liftlock_datagen.masking.run import anonymise  # noqa: PLC0415

        return anonymise(request, on_progress, on_note)

    def profile(self, url: str, spec: DataSpec | None, *, like: Profile | None = None) -> ProfileReading:
        """The shape of the database; see profile/read.py."""
        from liftlock_datagen.profile.read import read_profile  # noqa: PLC0415

        return read_profile(url, spec, like=like)

    def propose(self, url: str, *, sample: int | None) -> tuple[Catalog, Proposal]:
        """Catalog and sample in one read-only look; see classify/."""
        from liftlock_datagen.classify.database import propose_for  # noqa: PLC0415

        return propose_for(url, sample)

    def review(self, url: str, spec: DataSpec, *, sample: int | None) -> DataPlan:
        """The plan as people review it; see review/."""
        from liftlock_datagen.review.database import review_database  # noqa: PLC0415

        return review_database(url, spec, sample)

    def survey_subset(
        self,
        url: str,
        spec: DataSpec,
        *,
        salt: str,
        row: tuple[TableName, str] | None = None,
        on_rows: Callable[[int], None] = lambda _: None,
    ) -> SubsetReport:
        """What a subset would hold; see subset/report.py."""
        from liftlock_datagen.subset.report import survey  # noqa: PLC0415

        return survey(url, spec, salt=salt, row=row, on_rows=on_rows)

    def check(self, sides: Sides, spec: DataSpec, *, naming: bytes, key: PseudonymKey | None, on_progress: Progress) -> Certificate:
        """The leak certificate; see certificate/check.py."""
        from liftlock_datagen.certificate.check import check_copy  # noqa: PLC0415

        return check_copy(sides, spec, naming=naming, key=key, on_progress=on_progress)

    def find_rows(self, url: str, positions: Sequence[str], naming: bytes) -> tuple[FoundRow, ...]:
        """Rows by their hashed positions; see certificate/find.py."""
        from liftlock_datagen.certificate.find import find_rows  # noqa: PLC0415

        return find_rows(url, positions, naming)
