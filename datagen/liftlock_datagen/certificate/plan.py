"""What a check looks at, decided from the specification and both catalogs. Pure: what cannot be looked at is found here, before any row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from liftlock_datagen.catalog.model import Catalog, Column, ColumnType, Table, TableName, TypeKind
from liftlock_datagen.certificate.features import forms_of
from liftlock_datagen.certificate.model import Form, Method
from liftlock_datagen.certificate.numbers import NUMBERS
from liftlock_datagen.certificate.pairing import find_key, find_together
from liftlock_datagen.certificate.rules import Provable, provable
from liftlock_datagen.masking.outcomes import Guarantee, guarantee_of
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.transformers import Invented, Keep, Null, Transformer
from liftlock_datagen.spec.model import DataSpec, Kind, Rows, Rule, TableSpec, ValueSpec

# Fixed in form: nothing but their own kind of value fits in, so they are compared row by row and not searched.
FIXED_TYPES = frozenset(
    {
        "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "money", "oid", "date", "time", "timetz", "timestamp",
        "timestamptz", "interval", "uuid", "bit", "varbit", "point", "line", "lseg", "box", "path", "polygon", "circle",
        "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "int4multirange", "int8multirange",
        "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange",
    }
)  # fmt: skip
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name", "json", "jsonb", "xml", "hstore", "inet", "cidr"})
_ROOMY = 64  # bits of the hash
# What these say may be said of many people, so that seeing it elsewhere says nothing of one.
WEAK_KINDS = frozenset(
    {
        Kind.GIVEN_NAME, Kind.CITY, Kind.REGION, Kind.COUNTRY, Kind.POSTAL_CODE, Kind.GENDER, Kind.CATEGORY, Kind.FLAG, Kind.MOMENT,
        Kind.NUMBER, Kind.AMOUNT, Kind.TECHNICAL, Kind.REFERENCE, Kind.BIRTH_DATE, Kind.COORDINATES,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A value that must not survive. number: among all of the check. path: of a document. searched: looked for everywhere, too.

    made: what its rule does to it in a copy, where that can be seen in the copy alone. new: what a copy makes of it; None where its rows
    were made from the schema alone, and for a path.
    """

    number: int
    table: TableName
    column: Column
    path: str
    value: ValueSpec
    forms: tuple[Form, ...]
    searched: bool
    made: Provable | None = None
    new: Transformer | None = None

    @property
    def keeps_nulls(self) -> bool:
        """Whether NULLs stay and no others come."""
        return self.new is not None and not isinstance(self.new, Null)

    @property
    def keeps_apart(self) -> bool:
        """Whether different values surely stay different: not where a short text has room for a part of the hash alone."""
        if self.new is None or isinstance(self.new, Keep) or (isinstance(self.new, Invented) and self.new.bits < _ROOMY):
            return False
        return guarantee_of(self.new) is Guarantee.PRESERVED

    def __str__(self) -> str:
        return f"{self.table}.{self.column.name}" + (f" {self.path}" if self.path else "")


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A table of both sides. key: columns whose values tell which rows belong together; none: rows cannot be matched. Unique but for the
    method TOGETHER: there, rows that are alike in them are not told apart.

    makers: what the copy made of each column of the key.
    """

    name: TableName
    columns: tuple[Sensitive, ...]
    key: tuple[Column, ...]
    method: Method
    makers: tuple[Transformer, ...] = ()
    quasi_identifiers: tuple[str, ...] = ()
    diverse: tuple[str, ...] = ()

    @property
    def is_made_again(self) -> bool:
        """Whether rows meet by values that the copy made of the source's."""
        return self.method in {Method.PSEUDONYM, Method.TOGETHER} and not all(isinstance(made, Keep) for made in self.makers)


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """Everything that is looked at. kept: columns that stay as they are, by name. gaps: what cannot be looked at, in words.

    generated: no row of the copy comes from the source. seeded: the source's own rows were made from a schema. canaries: texts that people
    planted in the source; their numbers follow those of the sensitive columns.
    """

    tables: tuple[TablePlan, ...]
    kept: tuple[str, ...]
    gaps: tuple[str, ...]
    generated: bool = False
    canaries: tuple[str, ...] = ()
    seeded: bool = False

    @property
    def is_made(self) -> bool:
        """Whether one side is said to hold nothing but what we made, so that what we could have made may be found anywhere."""
        return self.generated or self.seeded

    @property
    def sensitive(self) -> tuple[Sensitive, ...]:
        """All of them, by number."""
        return tuple(column for table in self.tables for column in table.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Whose value a needle is, by number."""
        return (*map(str, self.sensitive), *(f"canary {number} of the classification" for number in range(1, len(self.canaries) + 1)))

    @property
    def first_searched(self) -> int | None:
        """The number of the first sensitive column whose values are looked for everywhere; None where there is none."""
        return next((item.number for item in self.sensitive if item.searched), None)

    @property
    def first_number(self) -> int | None:
        """The number of the first column whose values are numbers of people; None where there is none."""
        return next((item.number for item in self.sensitive if item.value.kind in NUMBERS), None)

    def canaries_of(self, table: TablePlan) -> tuple[int, ...]:
        """Whose canary is planted in each sensitive column of a table: its own, or one that is looked for where its own is not."""
        spare = self.first_searched
        return tuple(item.number if item.searched or spare is None else spare for item in table.columns)

    def table(self, name: TableName) -> TablePlan | None:
        """The plan of a table; None where it has none."""
        return next((table for table in self.tables if table.name == name), None)


def plan_check(
    spec: DataSpec, source: Catalog, copy: Catalog, *, generated: bool = False, seeded: bool = False, has_key: bool = False
) -> CheckPlan:
    """The plan.

    generated: the copy's rows were made from the schema alone, so no row of it belongs to one of the source. They are held against each
    other all the same, by the keys as they are: a row that was taken over would have its key.
    seeded: the source's rows were. has_key: pseudonyms can be made again, so rows can be matched by pseudonymised keys.
    """
    return replace(_Planner(spec, source, copy, generated=generated, has_key=has_key).plan(), seeded=seeded)


class _Planner:
    def __init__(self, spec: DataSpec, source: Catalog, copy: Catalog, *, generated: bool, has_key: bool) -> None:
        self._spec, self._source, self._generated = spec, source, generated
        self._copy: Mapping[TableName, Table] = {table.name: table for table in copy.tables}
        self._gaps: list[str] = []
        self._kept: list[str] = []
        self._count = 0
        self._masks = {
            table.name: {column.name: column.transformer for column in table.columns} for table in plan_mask(source, spec).tables
        }
        self._has_key = has_key

    def plan(self) -> CheckPlan:
        tables = tuple(self._table(table, spec) for table, spec in self._classified())
        return CheckPlan(tables, tuple(self._kept), tuple(self._gaps), self._generated, self._spec.canaries)

    def _classified(self) -> Iterator[tuple[Table, TableSpec]]:
        for table in self._source.tables:
            if table.partition_of is not None:
                continue  # its rows are those of the table that is split
            spec = self._spec.tables.get(table.name)
            if spec is None:
                self._gaps.append(f"{table.name} is not classified, so its values were not looked for")
                continue
            for column in table.columns:
                if column.name not in spec.columns and not column.generated and spec.rows is not Rows.NONE:
                    self._gaps.append(f"{table.name}.{column.name} is not classified, so its values were not looked for")
            yield table, spec

    def _table(self, table: Table, spec: TableSpec) -> TablePlan:
        columns = tuple(self._sensitive(table, spec))
        key, method = self._key(table, spec)
        makers = tuple(self._masks[table.name][column.name] for column in key)
        searched = {column.column.name for column in columns}
        diverse = tuple(name for name in spec.columns if name not in spec.quasi_identifiers and self._is_diverse(spec, name, searched))
        return TablePlan(table.name, columns, key, method, makers, spec.quasi_identifiers, diverse)

    def _is_diverse(self, spec: TableSpec, name: str, changed: set[str]) -> bool:
        """A kept column that says something about people."""
        return name not in changed and spec.columns[name].value.kind in {Kind.HEALTH, Kind.AMOUNT, Kind.GENDER, Kind.BIRTH_DATE}

    def _sensitive(self, table: Table, spec: TableSpec) -> Iterator[Sensitive]:
        for column in table.columns:
            said = spec.columns.get(column.name)
            if said is None:
                continue
            self._gaps += [
                f"{table.name}.{column.name} {path} is not classified, so its values were not looked for" for path in said.undecided
            ]
            if said.paths:
                yield from self._paths(table, column, said.paths)
            elif said.value.rule is Rule.KEEP:
                followed = self._masks[table.name].get(column.name)  # a reference is what it refers to
                self._kept += [f"{table.name}.{column.name}"] if followed is None or isinstance(followed, Keep) else []
            else:
                yield self._one(table, column, "", said.value)

    def _paths(self, table: Table, column: Column, paths: Mapping[str, ValueSpec]) -> Iterator[Sensitive]:
        for path, value in paths.items():
            if value.rule is Rule.KEEP:
                self._kept.append(f"{table.name}.{column.name} {path}")
            else:
                yield self._one(table, column, path, value)

    def _one(self, table: Table, column: Column, path: str, value: ValueSpec) -> Sensitive:
        kind = column.type.element or column.type
        is_text = bool(path) or (kind.kind is TypeKind.BASE and kind.name in _TEXTS)
        searched = value.kind not in {Kind.REFERENCE, Kind.FLAG, Kind.NUMBER, Kind.AMOUNT} and (
            is_text or kind.name in {"uuid", "macaddr", "macaddr8"} or kind.kind is TypeKind.OTHER
        )
        self._count += 1
        made = None if self._generated else provable(ColumnType("text") if path else kind, value)
        new = None if self._generated or path else self._masks[table.name].get(column.name)
        return Sensitive(
            self._count - 1, table.name, column, path, value, forms_of(value.kind, text=is_text), searched, made, new
        )  # fmt: skip

    def _key(self, table: Table, spec: TableSpec) -> tuple[tuple[Column, ...], Method]:
        copy = self._copy.get(table.name)
        if copy is None or spec.rows is Rows.NONE:
            return (), Method.ABSENT
        masks = self._masks[table.name]
        found = find_key(table, masks, generated=self._generated, has_key=self._has_key)
        if found is not None:
            return found
        columns = () if self._generated else find_together(table, spec, masks, has_key=self._has_key)
        unknown = sorted(set(spec.row_key) - {column.name for column in columns})
        if unknown:
            self._gaps.append(
                f"{table.name}: the row key names {', '.join(unknown)}, of which nobody can say what stands in a copy: there is no such"
                " column, or it is neither kept nor can be made again without the pseudonym key"
            )
        return (columns, Method.TOGETHER) if columns and not unknown else ((), Method.VALUES)
