"""Reads the labelled columns and says what the classification makes of them: `python -m tests.unit.data.labelled` prints the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from liftlock_datagen.catalog.model import Column, ColumnType, ForeignKey, Identity, Index, IndexPart, Table, TableName, TypeKind
from liftlock_datagen.classify.model import Decision, Undecided
from liftlock_datagen.classify.names import surroundings
from liftlock_datagen.classify.propose import propose_column
from liftlock_datagen.spec.model import Kind, ValueSpec
from liftlock_datagen.spec.rules import SENSITIVE

SEEN = Path(__file__).with_name("columns.txt")
UNSEEN = Path(__file__).with_name("unseen.txt")
_KNOWN = ("whose words the rules know", "labelled before the rules saw them")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One column, what a person says it holds, and what is proposed."""

    place: str
    expected: frozenset[Kind]
    decision: Decision

    @property
    def sensitive(self) -> bool:
        """Whether every right answer says something of a person."""
        return self.expected <= SENSITIVE

    @property
    def kind(self) -> Kind | None:
        """The proposed kind; None where a person has to decide."""
        return None if isinstance(self.decision, Undecided) else self.decision.kind


@dataclass(frozen=True, slots=True)
class Score:
    """columns; right: of the decided; leaks: sensitive columns that would be kept as harmless."""

    columns: int
    decided: int
    right: int
    sensitive: int
    caught: int
    called_sensitive: int
    rightly_called_sensitive: int
    leaks: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Of the sensitive columns, the share that is proposed as sensitive."""
        return self.caught / self.sensitive

    @property
    def safe(self) -> float:
        """Of the sensitive columns, the share that is not passed on as harmless."""
        return 1 - len(self.leaks) / self.sensitive

    @property
    def precision(self) -> float:
        """Of the columns proposed as sensitive, the share that is."""
        return self.rightly_called_sensitive / self.called_sensitive


def labelled(file: Path = SEEN, *, with_samples: bool) -> list[Labelled]:
    """All columns of the file with their proposals."""
    found = []
    for table, lines in _tables(file):
        parsed = [_column(line) for line in lines]
        whole = Table(TableName("public", table), tuple(column for column, *_ in parsed))
        around = surroundings(table, [column.name for column in whole.columns])
        for column, expected, flags, values in parsed:
            one = _with_constraints(whole, column, flags)
            proposal = propose_column(one, column, around, values if with_samples else ())
            found.append(Labelled(f"{table}.{column.name}", expected, _whole(proposal.decision)))
    return found


def score(columns: list[Labelled]) -> Score:
    """The figures."""
    decided = [item for item in columns if item.kind is not None]
    sensitive = [item for item in columns if item.sensitive]
    called = [item for item in decided if item.kind in SENSITIVE]
    return Score(
        columns=len(columns),
        decided=len(decided),
        right=sum(_called(item) in item.expected for item in decided),
        sensitive=len(sensitive),
        caught=sum(item.kind in SENSITIVE for item in sensitive),
        called_sensitive=len(called),
        rightly_called_sensitive=sum(bool(item.expected & SENSITIVE) for item in called),
        leaks=tuple(f"{item.place}: {item.kind}" for item in sensitive if item.kind is not None and item.kind not in SENSITIVE),
    )


def figures() -> str:
    """The measured figures as the table in docs/data/classification.md."""
    pairs = [(score(labelled(file, with_samples=True)), score(labelled(file, with_samples=False))) for file in (SEEN, UNSEEN)]
    unseen = pairs[1][0]

    def row(title: str, value: Callable[[Score], str]) -> str:
        cells = [" / ".join(dict.fromkeys((value(full), value(bare)))) for full, bare in pairs]
        return f"| {title} | {' | '.join(cells)} |"

    return "\n".join(
        (
            row("labelled columns in six languages", lambda s: f"{s.columns}, {_KNOWN[s.columns == unseen.columns]}"),
            "|---|---|---|",
            row(
                "sensitive columns proposed as sensitive (recall), with samples / from names and types alone", lambda s: _percent(s.recall)
            ),
            row("sensitive columns that would have been kept", lambda s: f"{len(s.leaks)} of {s.sensitive}"),
            row("columns proposed as sensitive that are (precision)", lambda s: _percent(s.precision)),
            row("decided columns of the right kind", lambda s: _percent(s.right / s.decided)),
            row("left to a person", lambda s: _percent(1 - s.decided / s.columns)),
        )
    )


def _called(item: Labelled) -> Kind | None:
    """The kind; the file declares no foreign keys, without which a reference is proposed as an identifier."""
    return Kind.REFERENCE if item.kind is Kind.IDENTIFIER and Kind.REFERENCE in item.expected else item.kind


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _whole(decision: Decision) -> Decision:
    """A document without a sample has one candidate, which is right: what is left to a person is its paths."""
    if isinstance(decision, Undecided) and len(decision.candidates) == 1 and decision.candidates[0].kind is Kind.DOCUMENT:
        return ValueSpec(Kind.DOCUMENT, decision.candidates[0].rule)
    return decision


def _tables(file: Path) -> Iterator[tuple[str, list[str]]]:
    table = ""
    lines: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            if table:
                yield table, lines
            table, lines = line.strip("[]"), []
        elif line and not line.startswith("#"):
            lines.append(line)
    yield table, lines


def _column(line: str) -> tuple[Column, frozenset[Kind], frozenset[str], list[str]]:
    head, _, rest = line.partition(" = ")
    kinds, _, values = rest.partition(" : ")
    name, type, *flags = head.split()
    column = Column(name, _type(type), nullable="pk" not in flags, identity=Identity.ALWAYS if "identity" in flags else Identity.NONE)
    return column, frozenset(map(Kind, kinds.split("|"))), frozenset(flags), [value.strip() for value in values.split(";") if value.strip()]


def _type(name: str) -> ColumnType:
    if name == "enum":
        return ColumnType("mood", TypeKind.ENUM, labels=("a", "b"))
    if name.startswith("_"):
        return ColumnType(name, TypeKind.ARRAY, element=ColumnType(name[1:]))
    return ColumnType(name)


def _with_constraints(table: Table, column: Column, flags: frozenset[str]) -> Table:
    indexes = [Index("i", (IndexPart(column.name, column.name),), True, "pk" in flags, "")] if flags & {"pk", "unique"} else []
    keys = [ForeignKey("f", (column.name,), TableName("public", "others"), ("id",))] if "fk" in flags else []
    return Table(table.name, table.columns, tuple(indexes), tuple(keys))


if __name__ == "__main__":
    print(figures())  # noqa: T201
