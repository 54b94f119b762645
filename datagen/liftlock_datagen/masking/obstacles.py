"""What a table's constraints say against the transformers that were chosen for its columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from liftlock_datagen.catalog.model import Catalog, Index, Table
from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.masking.outcomes import Guarantee, guarantee_of
from liftlock_datagen.masking.transformers import Addresses, Chosen, Fixed, Invented, Keep, Letters, Null, Transformer
from liftlock_datagen.spec.model import Kind

_RISK = 1e-6  # that any two rows of a table get the same text
_HARDWARE_BITS = 46


def constraint_problems(table: Table, transformers: Mapping[str, Transformer], rows: int) -> Iterator[Problem]:
    """Every constraint that the copy might break, with its column."""
    changed = {name: found for name, found in transformers.items() if not isinstance(found, Keep)}
    for column in table.columns:
        found = changed.get(column.name)
        if isinstance(found, Null) and not column.nullable:
            yield _problem(table, column.name, ProblemCode.NULL_NOT_ALLOWED, "the rule makes it NULL, and the column is NOT NULL")
        if found is not None and column.type.name == "tsvector" and not isinstance(found, Null):
            text = "its words come from other columns: make it generated in the schema, or use rule empty"
            yield _problem(table, column.name, ProblemCode.DERIVED_COLUMN, text)
        if found is not None:
            yield from _room(table, column.name, found, rows)
    yield from _unique(table, transformers)
    yield from _checks(table, changed)
    if table.exclusions and changed:
        yield from _exclusions(table, changed)
    if table.partition_key is not None and table.partition_key.strategy != "h":
        for name in sorted(set(sorted_by(table)) & set(changed)):
            text = "rows are kept in partitions by it, and its new values may belong to none: keep it"
            yield _problem(table, name, ProblemCode.PARTITION_KEY, text)


def outside_problems(catalog: Catalog) -> Iterator[Problem]:
    """Everything that leads to other servers: in the copy it would read their live rows, with the passwords that it holds."""
    for item in catalog.outside:
        text = (
            "it leads to another server, whose rows nobody masks: it is left out of the copy. Drop it, or accept the problem with a reason"
        )
        yield Problem(str(item), None, ProblemCode.FOREIGN_DATA, text)


def sorted_by(table: Table) -> tuple[str, ...]:
    """The columns that say in which partition a row is."""
    texts = [part.column or part.expression for part in table.partition_key.parts] if table.partition_key else []
    return tuple(column.name for column in table.columns if any(column.name == text or _mentions(text, column.name) for text in texts))


def _unique(table: Table, transformers: Mapping[str, Transformer]) -> Iterator[Problem]:
    unique = [index for index in table.indexes if index.unique]
    broken = {index.name: tuple(_breaking(index, transformers)) for index in unique}
    sure = [set(index.columns) for index in unique if not broken[index.name] and index.predicate is None and index.columns]
    for index in unique:
        if any(names <= {part.column for part in index.parts} for names in sure):
            continue
        for name in broken[index.name]:
            text = f'unique index "{index.name}" needs different values, and the rule may make two of them alike: use a kind that is'
            yield _problem(table, name, ProblemCode.UNIQUENESS_LOST, f"{text} unique by construction (identifier, email, username)")


def _breaking(index: Index, transformers: Mapping[str, Transformer]) -> Iterator[str]:
    """The columns whose new values may be alike where the index wants different ones."""
    for name, found in transformers.items():
        if isinstance(found, Keep):
            continue
        named = any(part.column == name for part in index.parts)
        inside = [part.expression for part in index.parts if part.column is None and _mentions(part.expression, name)]
        if isinstance(found, Null):
            if (named or inside) and not index.nulls_distinct:
                yield name
        elif (named or inside) and guarantee_of(found) is not Guarantee.PRESERVED:
            yield name
        elif any(not _only_folds(text, name) or isinstance(found, Letters) for text in inside):
            yield name  # different texts of the same letters, or whatever else the expression drops
        elif index.predicate is not None and _mentions(_without_null_tests(index.predicate, name), name):
            yield name  # a row may come under the condition that was not under it


def _only_folds(expression: str, name: str) -> bool:
    return re.fullmatch(rf'(lower|upper)\(\(?"?{re.escape(name)}"?\)?(::\w+)?\)', expression) is not None


def _without_null_tests(predicate: str, name: str) -> str:
    return re.sub(rf'"?{re.escape(name)}"? IS (NOT )?NULL', "", predicate)


def _columns(table: Table, index: Index) -> tuple[str, ...]:
    """The columns that the index is over, by name or within an expression."""
    named = [part.column for part in index.parts if part.column]
    texts = " ".join(part.expression for part in index.parts if not part.column)
    return tuple(dict.fromkeys([*named, *(column.name for column in table.columns if _mentions(texts, column.name))]))


def _mentions(text: str, column: str) -> bool:
    return re.search(rf'(?<![\w"]){re.escape(column)}(?!\w)|"{re.escape(column)}"', text) is not None


def _room(table: Table, column: str, found: Transformer, rows: int) -> Iterator[Problem]:
    """The birthday bound: whether so many different texts find room."""
    unique = [index for index in table.indexes if index.unique and column in _columns(table, index)]
    match found:
        case Invented(kind=Kind.PHONE, unique=True, bits=bits) if unique and bits < 64 and rows * rows / 2 ** (bits + 1) > _RISK:
            text = f"{rows:,} different numbers that nobody has find no room in {found.length} characters: widen the column to 24"
            yield _problem(table, column, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, text)
        case Invented(unique=True, bits=bits) if unique and bits < 64 and rows * rows / 2 ** (bits + 1) > _RISK:
            text = f"{rows:,} different texts of {found.length} characters hold {bits} bits of the hash, too few: widen the column, or use"
            yield _problem(table, column, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, f"{text} kind identifier (a permutation of its letters)")
        case Invented(kind=Kind.EMAIL, length=length) if 0 < length < 20:
            text = f"no e-mail address of a reserved domain that differs from all others has {length} characters: widen the column"
            yield _problem(table, column, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, text)
        case Addresses(hardware=hardware, unique=True) if hardware and rows * rows / 2 ** (_HARDWARE_BITS + 1) > 1e-2:
            yield _problem(table, column, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, f"{rows:,} local hardware addresses would collide")
        case Chosen(values=values) if unique:
            yield _problem(table, column, ProblemCode.UNIQUE_DOMAIN_TOO_SMALL, f"there are {len(values)} values in all")


def _checks(table: Table, changed: Mapping[str, Transformer]) -> Iterator[Problem]:
    for check in table.checks:
        for name in sorted(changed):
            if _mentions(check.expression, name) and not _obeys(check.expression, name, changed[name]):
                text = f'nothing proves that its new values meet CHECK "{check.name}"; the database decides during the run'
                yield Problem(str(table.name), name, ProblemCode.UNPROVED_CHECK, text, "accept it with a reason, or keep the column")


def _obeys(expression: str, name: str, found: Transformer) -> bool:
    """The forms of checks that are known to hold for what a transformer makes."""
    if isinstance(found, Null):
        return "IS NOT NULL" not in expression  # a check that is unknown holds
    plain = re.sub(r"::\w+(\(\d+\))?( varying)?", "", expression).replace("(", "").replace(")", "").strip()
    column = re.escape(name)
    if re.fullmatch(rf'"?{column}"? IS NOT NULL', plain):
        return True
    if isinstance(found, Fixed):
        return False
    if re.fullmatch(rf'"?{column}"? (<>|!=) \'\'|(char_)?length(btrim|TRIM BOTH FROM )? ?"?{column}"? (> 0|>= 1)', plain):
        return True
    integers = type(found).__name__ == "Integers" and re.fullmatch(rf'"?{column}"? (> 0|>= 1|>= 0)', plain)
    email = isinstance(found, Invented) and found.kind is Kind.EMAIL and re.fullmatch(rf'"?{column}"? ~~\*? \'%@%\'', plain)
    lower = isinstance(found, Invented) and found.kind in {Kind.EMAIL, Kind.USERNAME}
    lowered = lower and re.fullmatch(rf'"?{column}"? = lower"?{column}"?|lower"?{column}"? = "?{column}"?', plain)
    return bool(integers or email or lowered)


def _exclusions(table: Table, changed: Mapping[str, Transformer]) -> Iterator[Problem]:
    names = ", ".join(str(exclusion) for exclusion in table.exclusions)
    for name, found in sorted(changed.items()):
        if guarantee_of(found) is not Guarantee.PRESERVED and any(_mentions(str(exclusion), name) for exclusion in table.exclusions):
            yield _problem(table, name, ProblemCode.UNIQUENESS_LOST, f"it takes part in an exclusion constraint ({names}): keep it")


def _problem(table: Table, column: str | None, code: ProblemCode, text: str) -> Problem:
    return Problem(str(table.name), column, code, text)
