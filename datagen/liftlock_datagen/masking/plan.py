"""Catalog and classification to a plan of an anonymised copy. Pure: every reason against it is found here, before anything is read.

A pseudonymised key reaches every column that refers to it, declared or virtual: a column of kind `reference` takes the rule of what it
refers to. All columns of one domain share one map, so a domain is made as its most demanding column needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock_datagen.catalog.model import Catalog, Column, Table, TableName
from liftlock_datagen.errors import UNACCEPTABLE, Problem, ProblemCode
from liftlock_datagen.masking.books import with_books
from liftlock_datagen.masking.choice import INTEGERS, Choice, Domain, UnfitError
from liftlock_datagen.masking.domains import domains_of, of_its_own, unique_columns, written
from liftlock_datagen.masking.model import ColumnMask, MaskPlan, TableMask
from liftlock_datagen.masking.obstacles import constraint_problems, outside_problems
from liftlock_datagen.masking.references import Place, followed, linked, reference_problems
from liftlock_datagen.masking.together import agreeing
from liftlock_datagen.masking.transformers import KEEP, Bounds, Elements, Shifted, Transformer
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rows, Rule, TableSpec
from liftlock_datagen.vocabulary.words import load_vocabularies


def plan_mask(catalog: Catalog, spec: DataSpec, *, rows: Mapping[TableName, int] | None = None) -> MaskPlan:
    """The plan for a copy of a database with this catalog.

    Args:
        catalog: of the source. spec: the classification.
        rows: about how many each table holds, for the bounds of unique texts; unknown ones count as a million.
    """
    return _Planner(catalog, spec, rows or {}).plan()


_UNKNOWN_ROWS = 1_000_000


class _Planner:
    """What the parts of one plan share."""

    def __init__(self, catalog: Catalog, spec: DataSpec, rows: Mapping[TableName, int]) -> None:
        # a partition's rows go by what is said of its partitioned table
        load_vocabularies(spec.locale)  # an unknown one is said before anything is read
        self._catalog = catalog
        self._tables = (*(table for table in catalog.tables if table.partition_of is None), *catalog.books)
        self._spec = with_books(catalog, spec)
        self._rows = rows
        self._problems: list[Problem] = []
        self._specs = dict(self._classified())
        self._linked = linked(catalog, spec)
        self._domains = domains_of(self._tables, self._specs)

    def plan(self) -> MaskPlan:
        """All tables, and all problems."""
        tables = tuple(self._table(table) for table in self._tables)
        self._problems += reference_problems(self._catalog, self._spec, {place: spec.value for place, spec in self._specs.items()})
        for table, mask in zip(self._tables, tables, strict=True):
            transformers = {column.name: column.transformer for column in mask.columns}
            self._problems += constraint_problems(table, transformers, self._rows.get(table.name, _UNKNOWN_ROWS))
        self._problems += outside_problems(self._catalog)
        accepted = {item.problem for item in self._spec.accepted}
        left = {problem for problem in self._problems if problem.id not in accepted or problem.code in UNACCEPTABLE}
        problems = sorted(left, key=str)
        return MaskPlan(tables, tuple(problems), self._catalog.digest, self._spec.digest, self._spec.k)

    def _classified(self) -> Iterator[tuple[Place, ColumnSpec]]:
        """Every written column with what is said of it; references with what is said of their target. Unclassified ones are problems."""
        said: dict[Place, ColumnSpec] = {}
        for table in self._tables:
            spec = self._spec.tables.get(table.name)
            if spec is None:
                self._problem(table, None, ProblemCode.UNCLASSIFIED_TABLE, "the table is not classified")
                continue
            for column in written(table):
                if column.name in spec.columns:
                    said[table.name, column.name] = spec.columns[column.name]
                    self._undecided_paths(table, column.name, spec)
                elif spec.rows is not Rows.NONE:
                    self._problem(table, column.name, ProblemCode.UNCLASSIFIED_COLUMN, "the column is not classified")
        targets = followed(self._catalog, self._spec)
        for place, found in said.items():
            target = _of_target(place, found, said, targets)
            if target.value.kind is Kind.REFERENCE and target.value.rule is Rule.KEEP:
                self._untold_reference(place)
            yield place, target

    def _untold_reference(self, place: Place) -> None:
        """A reference to nothing that is classified would pass as it is, whatever it holds."""
        table, column = place
        if self._spec.tables[table].rows is not Rows.NONE:
            text = (
                "it is a reference, and neither a foreign key nor an entry of references leads from it to a classified column: add the"
                " reference, or say what it holds (kind identifier, email, ...)"
            )
            self._problems.append(Problem(str(table), column, ProblemCode.REFERENCE_WITHOUT_TARGET, text))

    def _undecided_paths(self, table: Table, column: str, spec: TableSpec) -> None:
        for path in spec.columns[column].undecided if spec.rows is not Rows.NONE else ():
            self._problem(table, f"{column} {path}", ProblemCode.UNCLASSIFIED_PATH, "the path is not classified")

    def _table(self, table: Table) -> TableMask:
        spec = self._spec.tables.get(table.name) or TableSpec(table.name, {})
        classified = [
            (column, self._specs[table.name, column.name]) for column in written(table) if (table.name, column.name) in self._specs
        ]
        chosen = agreeing(
            {column.name: found.value for column, found in classified},
            {column.name: self._transformer(table, column, spec, found) for column, found in classified},
            {column for name, column in self._linked if name == table.name},
        )
        columns = [ColumnMask(column.name, column.type, found.value, chosen[column.name], found.paths) for column, found in classified]
        generated = tuple(column.name for column in table.columns if column.generated)
        return TableMask(table.name, tuple(columns), generated, spec.rows, spec.quasi_identifiers)

    def _transformer(self, table: Table, column: Column, spec: TableSpec, found: ColumnSpec) -> Transformer:
        subject = self._specs.get((table.name, spec.subject))
        choice = Choice(
            domain=lambda name: self._domain(name, table, column, found),
            key=_row_key(table),
            subject=spec.subject,
            subject_domain=subject.value.pseudonym_domain if subject else spec.subject,
            locale=self._spec.locale,
        )
        try:
            chosen = choice.column(column.type, found)
        except UnfitError as err:
            self._problem(table, column.name, ProblemCode.UNSUPPORTED_TRANSFORM, str(err))
            return KEEP
        self._subject_problems(table, column, chosen, subject_known=subject is not None)
        return of_its_own(chosen, f"{table.name}.{column.name}")

    def _subject_problems(self, table: Table, column: Column, chosen: Transformer, *, subject_known: bool) -> None:
        """A date moves by its subject; by one number of days for all rows, one known date would tell all others."""
        match chosen:
            case Elements(element=inner) | Bounds(bound=inner):
                self._subject_problems(table, column, inner, subject_known=subject_known)
            case Shifted(subject=""):
                text = (
                    "without a subject all rows move by the same days, so one known date tells all others: name the column that says whom"
                )
                text += " a row is about as the table's subject, or generalise"
                self._problem(table, column.name, ProblemCode.SHIFT_WITHOUT_SUBJECT, text)
            case Shifted(subject=name) if not subject_known:
                self._problem(table, column.name, ProblemCode.UNSUPPORTED_TRANSFORM, f"the table's subject {name} is no column of it")

    def _domain(self, name: str, table: Table, column: Column, spec: ColumnSpec) -> Domain:
        """The map of that name; what is made anew for a column needs one that fits this column alone."""
        if spec.value.rule is not Rule.SYNTHETIC:
            return self._domains.get(name, Domain(name))
        kind = column.type.element or column.type
        return Domain(name, unique=column.name in unique_columns(table), length=kind.length or 0, bits=INTEGERS.get(kind.name, 0))

    def _problem(self, table: Table, column: str | None, code: ProblemCode, text: str) -> None:
        self._problems.append(Problem(str(table.name), column, code, text))


def _row_key(table: Table) -> tuple[str, ...]:
    key = table.primary_key
    return tuple(part.column for part in key.parts if part.column) if key else ()


def _of_target(place: Place, found: ColumnSpec, said: Mapping[Place, ColumnSpec], targets: Mapping[Place, Place]) -> ColumnSpec:
    """A reference takes what is said of the column that it refers to, however far away."""
    seen = {place}
    while found.value.kind is Kind.REFERENCE and found.value.rule is Rule.KEEP and place in targets:
        place = targets[place]
        if place in seen or place not in said:
            break
        seen.add(place)
        found = said[place]
    return found
