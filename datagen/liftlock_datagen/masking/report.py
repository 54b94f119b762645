"""What a run of an anonymised copy did, as data for people and for `--json`. No value of any row is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.spec.model import Privacy


@dataclass(frozen=True, slots=True)
class Crowd:
    """How well rows of a table hide among one another. smallest: the fewest rows that share the quasi-identifiers' values.

    below: rows that share them with fewer than k. groups: different combinations.
    """

    table: str
    columns: tuple[str, ...]
    smallest: int
    below: int
    groups: int


@dataclass(frozen=True, slots=True)
class MaskReport:
    """rows: per table. plan: what was done to each column. key_id and spec_digest: what gives the same again.

    taken_over: how many of them a run that was cut off had copied, from rows of the source that are still the same. unchanged: the target
    already was this copy, and nothing was written.
    """

    rows: Mapping[str, int]
    plan: MaskPlan
    crowds: tuple[Crowd, ...]
    k: int
    key_id: str
    spec_digest: str
    seconds: float
    phases: Mapping[str, float] = field(default_factory=dict)
    taken_over: Mapping[str, int] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def total(self) -> int:
        """The rows of all tables."""
        return sum(self.rows.values())

    @property
    def privacy(self) -> Mapping[Privacy, int]:
        """How many columns and paths there are of each class."""
        return self.plan.privacy


class CrowdError(DatagenError):
    """The k-anonymity gate: rows that too few others look like. The target is as it was."""

    def __init__(self, crowds: Sequence[Crowd], k: int) -> None:
        self.crowds = tuple(crowds)
        lines = "".join(f"\n  {_told(crowd, k)}" for crowd in crowds)
        super().__init__(
            f"the copy is not {k}-anonymous, so it was not swapped in:{lines}",
            hint="generalise or empty a quasi-identifier, or lower k in the classification with a reason",
        )


def _told(crowd: Crowd, k: int) -> str:
    columns = ", ".join(crowd.columns)
    return f"{crowd.table} ({columns}): {crowd.below:,} rows are in groups of fewer than {k}, the smallest of {crowd.smallest}"
