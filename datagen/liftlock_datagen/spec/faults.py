"""What is wrong with a classification in itself, before any database is looked at. Pure; the reader of the file knows the lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rows, Rule, TableSpec, ValueSpec
from liftlock_datagen.spec.names import table_text
from liftlock_datagen.spec.paths import parse_path
from liftlock_datagen.spec.rules import KEYED, OPTIONS, misfit
from liftlock_datagen.vocabulary.words import LOCALES, MIXED


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. path: keys and list positions from the file's root."""

    path: tuple[str | int, ...]
    message: str


def find_faults(spec: DataSpec) -> Iterator[Fault]:
    """Everything that is wrong."""
    if spec.locale not in (MIXED, *LOCALES):
        yield Fault(("locale",), f'there are no word lists for locale "{spec.locale}"; one of {", ".join((MIXED, *LOCALES))}')
    for table in spec.tables.values():
        yield from _in_table(table)
    yield from _in_references(spec)
    yield from _in_subset(spec)
    for name, size in spec.sizes.items():
        if size.rows is not None and size.share is not None:
            yield Fault(("sizes", name), "say rows or share, not both")
        if size.rows is None and size.share is None and not size.tables:
            yield Fault(("sizes", name), "say rows, share or tables")
    for problem, count in Counter(item.problem for item in spec.accepted).items():
        if count > 1:
            second = [i for i, item in enumerate(spec.accepted) if item.problem == problem][1]
            yield Fault(("accepted", second, "problem"), "this problem is accepted twice")
    if not spec.key and (needing := _first_keyed(spec)) is not None:
        path, what = needing
        yield Fault(path, f"{what} needs a key; say where it is found, at the top of the file: key: env:DATA_KEY (or file:PATH)")


def value_path(table: TableSpec, column: str, path: str | None = None) -> tuple[str | int, ...]:
    """Where the column, or the path of a document, stands in the file, with the table's full name as its key."""
    below = ("paths", path) if path is not None else ()
    return ("tables", table_text(table.name), "columns", column, *below)


def _in_table(table: TableSpec) -> Iterator[Fault]:
    for name, column in table.columns.items():
        yield from _in_value(value_path(table, name), column.value)
        yield from _in_paths(table, name, column)
    known = {*table.columns, *table.undecided}
    if table.rows is Rows.NONE:
        return
    for i, name in enumerate(table.quasi_identifiers):
        path = ("tables", table_text(table.name), "quasi-identifiers", i)
        if name not in known:
            yield Fault(path, f'the table has no classified column "{name}"')
        elif name in table.columns and table.columns[name].value.rule not in {Rule.KEEP, Rule.GENERALISE}:
            yield Fault(path, f'"{name}" is neither kept nor generalised, so it tells nobody; take it out of the list')
    if table.subject and table.subject not in known:
        yield Fault(("tables", table_text(table.name), "subject"), f'the table has no classified column "{table.subject}"')


def _in_value(path: tuple[str | int, ...], value: ValueSpec) -> Iterator[Fault]:
    if (why := misfit(value.kind, value.rule)) is not None:
        yield Fault((*path, "rule"), why)
    options = OPTIONS[value.rule]
    for name in value.options:
        if name not in options:
            takes = f"; it takes {', '.join(options)}" if options else "; it takes none"
            yield Fault((*path, "options", name), f'rule {value.rule.value} has no option "{name}"{takes}')
    if value.rule is Rule.CONSTANT and "value" not in value.options:
        yield Fault(path, 'rule constant needs the value: options: {value: "…"}')
    if value.domain and value.rule is not Rule.PSEUDONYM:
        yield Fault((*path, "domain"), f"a domain is the map of pseudonyms; rule {value.rule.value} makes none")


def _in_paths(table: TableSpec, name: str, column: ColumnSpec) -> Iterator[Fault]:
    if (column.paths or column.undecided) and column.value.kind is not Kind.DOCUMENT:
        yield Fault((*value_path(table, name), "paths"), "only a document has paths; say kind: document")
    elif (column.paths or column.undecided) and column.value.rule is not Rule.KEEP:
        yield Fault((*value_path(table, name), "rule"), "the paths say what happens; leave out the rule of the whole document")
    for path, value in column.paths.items():
        place = value_path(table, name, path)
        if parse_path(path) is None:
            yield Fault(place, 'a path is $.key.key, with [*] for the items of a list and .* for any key; odd keys in quotes: $."a b"')
        if value.kind is Kind.DOCUMENT:
            yield Fault((*place, "kind"), "classify what is in it, path by path: $.key.key")
        yield from _in_value(place, value)


def _in_references(spec: DataSpec) -> Iterator[Fault]:
    names: set[str] = set()
    for i, reference in enumerate(spec.references):
        if reference.name in names:
            yield Fault(("references", i, "name"), f'a second reference is called "{reference.name}"')
        names.add(reference.name)
        if len(reference.columns) != len(reference.target_columns):
            yield Fault(
                ("references", i, "target-columns"), f"{len(reference.columns)} columns cannot refer to {len(reference.target_columns)}"
            )


def _in_subset(spec: DataSpec) -> Iterator[Fault]:
    for i, root in enumerate(spec.subset.roots if spec.subset else ()):
        if (root.percent is None) == (not root.where):
            yield Fault(("subset", "roots", i), "say percent or where, one of them")


def _first_keyed(spec: DataSpec) -> tuple[tuple[str | int, ...], str] | None:
    for table in spec.tables.values():
        for name, column in table.columns.items():
            if column.value.rule in KEYED:
                return (*value_path(table, name), "rule"), f"rule {column.value.rule.value}"
            for path, value in column.paths.items():
                if value.rule in KEYED:
                    return (*value_path(table, name, path), "rule"), f"rule {value.rule.value}"
    for i, root in enumerate(spec.subset.roots if spec.subset else ()):
        if root.percent is not None:
            return ("subset", "roots", i, "percent"), "a share of the rows"
    return None
