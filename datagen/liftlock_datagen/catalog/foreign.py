"""What a catalog says of tables whose rows are on other servers. Pure."""

from __future__ import annotations

from liftlock_datagen.catalog.model import Catalog
from liftlock_datagen.errors import Problem, ProblemCode


def foreign_partitions(catalog: Catalog) -> tuple[Problem, ...]:
    """The partitions that are foreign tables: whoever fills their table might write to another server."""
    text = "it is a partition of {}, and the rows that belong there would be written to another server: detach it, or drop it"
    return tuple(
        Problem(str(item.relation), None, ProblemCode.FOREIGN_DATA, text.format(item.partition_of))
        for item in catalog.outside
        if item.partition_of is not None
    )
