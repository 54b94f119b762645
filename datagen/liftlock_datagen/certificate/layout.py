"""What is read of a relation of the copy, and what each cell is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from liftlock_datagen.certificate.findings import Spot
from liftlock_datagen.certificate.plan import TablePlan
from liftlock_datagen.certificate.relations import Relation, column_expression
from liftlock_datagen.certificate.source import expressions, first_sensitive
from liftlock_datagen.spec.model import Kind

ALL = frozenset(Kind)


@dataclass(frozen=True)
class Layout:
    """What is read of a relation. parts: SQL, one for each cell. spots: what the cells are. texts: how many of the last ones are texts."""

    parts: tuple[sql.Composable, ...]
    spots: tuple[Spot, ...]
    texts: int

    @property
    def cells(self) -> int:
        """How many cells of a row are looked at."""
        return len(self.spots) - 1

    @staticmethod
    def of(relation: Relation, table: TablePlan | None, *, is_made: bool) -> Layout:
        """The layout: the row's place, its key and sensitive values (where it has a plan), then every column that may hold text."""
        parts: list[sql.Composable] = expressions(table) if table else [sql.SQL("ctid")]
        masked = kinds_of(table)
        alone = {item.column.name: place for place, item in enumerate(table.columns) if not item.path} if table else {}
        spots = [Spot("")] * len(parts)
        texts = 0
        for column in relation.texts:
            spot = Spot(f"{relation.name}.{column.name}", ALL if is_made else masked.get(column.name, frozenset()))
            if table and column.name in alone:
                spots[first_sensitive(table) + alone[column.name]] = spot
            else:
                parts.append(column_expression(column.name, is_array=column.is_array))
                spots.append(spot)
                texts += 1
        return Layout(tuple(parts), tuple(spots), texts)


def kinds_of(table: TablePlan | None) -> dict[str, frozenset[Kind]]:
    """The kinds of pseudonyms in each column that holds any."""
    found: dict[str, frozenset[Kind]] = {}
    for item in table.columns if table else ():
        found[item.column.name] = found.get(item.column.name, frozenset()) | {item.value.kind}
    return found
