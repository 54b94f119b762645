"""What is known of both databases when both were read; everything that is said of a copy is said of this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liftlock_datagen.catalog.model import Catalog
from liftlock_datagen.certificate.copy_scan import CopyScan
from liftlock_datagen.certificate.hashing import Hasher
from liftlock_datagen.certificate.needles import NeedleTable
from liftlock_datagen.certificate.plan import CheckPlan
from liftlock_datagen.certificate.relations import Relation
from liftlock_datagen.certificate.source import SourceSide
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.spec.model import DataSpec


@dataclass(frozen=True, slots=True)
class Reading:
    """One check. catalogs: of source and copy. secret: what row positions are hashed with. common: in how many rows a value is too common.

    key: of the pseudonyms, where it is at hand. relations: of the source. side: what its rows said. table: its needles. scan: what the
    copy's rows and other texts said.
    """

    spec: DataSpec
    source: Connection
    copy: Connection
    catalogs: tuple[Catalog, Catalog]
    plan: CheckPlan
    hasher: Hasher
    secret: bytes
    common: int
    key: PseudonymKey | None
    relations: Sequence[Relation]
    side: SourceSide
    table: NeedleTable
    scan: CopyScan
