"""Proposes a classification of a whole database. Pure: catalog and sample in, proposals out; no proposal holds a sampled value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock_datagen.catalog.model import Catalog, Column, Identity, Table, TableName
from liftlock_datagen.classify.decide import Facts, Family, combine, decide, value_of
from liftlock_datagen.classify.documents import paths_of
from liftlock_datagen.classify.model import UNSHOWN, Candidate, ColumnProposal, Decision, Proposal, TableProposal, Undecided
from liftlock_datagen.classify.names import Surroundings, candidates_by_name, is_plain_event, surroundings
from liftlock_datagen.classify.phrases import phrases
from liftlock_datagen.classify.references import guess_references
from liftlock_datagen.classify.tokens import singular, words_of
from liftlock_datagen.classify.types import DOCUMENTS, TEXTS, base_of, can_hold, candidate_by_type, family_of
from liftlock_datagen.classify.values import candidates_by_values, embedded
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec
from liftlock_datagen.spec.paths import parse_path
from liftlock_datagen.spec.rules import INDIRECT, SENSITIVE

Sample = Mapping[TableName, Mapping[str, Sequence[str]]]
_KEYS = frozenset({"int2", "int4", "int8", "uuid"})


def propose(catalog: Catalog, sample: Sample | None = None) -> Proposal:
    """A proposal for every table and every column that is written. sample: text values by table and column; None for the catalog alone.

    A partition is not proposed: it is what its partitioned table is.
    """
    values = sample or {}
    tables = {table.name: _table(table, catalog, values.get(table.name, {})) for table in catalog.tables if table.partition_of is None}
    return Proposal(tables, guess_references(catalog, values))


def _table(table: Table, catalog: Catalog, values: Mapping[str, Sequence[str]]) -> TableProposal:
    written = [column for column in table.columns if not column.generated]
    around = surroundings(table.name.name, [column.name for column in written])
    columns = {column.name: propose_column(table, column, around, values.get(column.name, ())) for column in written}
    return TableProposal(table.name, columns, _quasi(columns), _subject(table, catalog, around), any(values.values()))


def propose_column(table: Table, column: Column, around: Surroundings, values: Sequence[str]) -> ColumnProposal:
    """What one column holds."""
    facts = _facts(table, column, seen=bool(values))
    if (link := _link(table, column)) is not None:
        return ColumnProposal(value_of(link, facts))
    if base_of(column.type).name in DOCUMENTS:
        return _document(column, around, values, facts)
    listed = _listed(table, column)
    decision = decide(combine(_candidates(column, around, values), listed), replace(facts, seen=facts.seen or bool(listed)))
    return ColumnProposal(_possible(decision, column))


def _possible(decision: Decision, column: Column) -> Decision:
    """The decision as a copy can carry it out: what only its name calls a reference identifies, and search words cannot be made anew."""
    match decision:
        case ValueSpec(kind=Kind.REFERENCE):
            reason = f"{decision.reason}, and no foreign key says to what"
            return ValueSpec(Kind.IDENTIFIER, Rule.KEEP, confidence=decision.confidence, reason=reason)
        case Undecided():
            found: dict[Kind, ValueSpec] = {}
            for item in decision.candidates:
                kind = Kind.IDENTIFIER if item.kind is Kind.REFERENCE else item.kind
                found.setdefault(kind, replace(item, kind=kind))
            return Undecided(tuple(found.values()), decision.reason)
        case ValueSpec(rule=Rule.CONSTANT) if base_of(column.type).name == "tsvector":
            kept = replace(decision, kind=Kind.TECHNICAL, rule=Rule.KEEP, options={})
            return Undecided((kept,), "its words are those of other columns: keep it only where those are kept, or make it generated")
    return decision


def _listed(table: Table, column: Column) -> list[Candidate]:
    """A CHECK that lists a column's values makes it a category, unless its name says more."""
    name = rf'"?{re.escape(column.name)}"?'
    listing = re.compile(rf"\(?{name}\)?(?:::\w+(?: \w+)?)* = ANY \(+ARRAY\[", re.IGNORECASE)
    if any(listing.search(check.expression) for check in table.checks):
        return [Candidate(Kind.CATEGORY, 0.7, "a CHECK lists its values")]
    return []


def _candidates(column: Column, around: Surroundings, values: Sequence[str]) -> list[Candidate]:
    named = [item for item in candidates_by_name(column.name, around) if can_hold(column.type, item.kind)]
    typed = candidate_by_type(column)
    seen = [item for item in candidates_by_values(values) if can_hold(column.type, item.kind)]
    candidates = combine(named[:4], seen, [typed] if typed is not None else [])
    if around.people:
        candidates = _among_people(column, candidates, said=bool(named))
    if base_of(column.type).name in TEXTS and values:
        return _doubted(candidates, values)
    return candidates


def _among_people(column: Column, candidates: list[Candidate], *, said: bool) -> list[Candidate]:
    """In a table of people a day that nobody calls by an event may be a birthday, and a number without a known name a matter of health."""
    family = family_of(base_of(column.type))
    if column.type.name == "date" and not is_plain_event(column.name) and all(item.kind is not Kind.BIRTH_DATE for item in candidates):
        return combine(candidates, [Candidate(Kind.BIRTH_DATE, 0.72, "a day in a table of people may be a birthday")])
    if family is Family.NUMBER and not said and candidates:
        return combine(replace(item, confidence=min(item.confidence, 0.6)) for item in candidates)
    return candidates


def _doubted(candidates: list[Candidate], values: Sequence[str]) -> list[Candidate]:
    """What is kept must not be prose with an address in it, whatever its name says."""
    found = embedded(values)
    if found is None:
        return candidates
    return combine(candidates, [Candidate(Kind.FREE_TEXT, 0.85, f"{found} stand in the sampled values")])


def _facts(table: Table, column: Column, *, seen: bool) -> Facts:
    unique = any(index.unique and len(index.parts) == 1 and index.parts[0].column == column.name for index in table.indexes)
    return Facts(column.nullable, unique, family_of(base_of(column.type)), seen)


def _link(table: Table, column: Column) -> Candidate | None:
    """What constraints say: foreign keys refer, and numbers that the database gives identify."""
    for key in table.foreign_keys:
        if column.name in key.columns:
            return Candidate(Kind.REFERENCE, 0.97, f"a foreign key refers to {key.target}")
    primary = table.primary_key
    in_key = primary is not None and any(part.column == column.name for part in primary.parts)
    given = column.sequence is not None or column.identity is not Identity.NONE or "uuid" in (column.default or "")
    if column.type.name in _KEYS and (given or (in_key and primary is not None and len(primary.parts) == 1)):
        return Candidate(Kind.IDENTIFIER, 0.95, "the database gives it" if given else "it is the primary key, and no text")
    return None


def _document(column: Column, around: Surroundings, values: Sequence[str], facts: Facts) -> ColumnProposal:
    """A document is proposed path by path where a sample shows some; otherwise a person decides."""
    paths = paths_of(values) if column.type.element is None else {}
    if not paths or set(paths) == {"$"}:
        whole = value_of(Candidate(Kind.DOCUMENT, 0.9, f"its type is {base_of(column.type).name}"), facts)
        return ColumnProposal(Undecided((whole,), UNSHOWN))
    inner = {path: _path(path, around, found) for path, found in sorted(paths.items())}
    whole = ValueSpec(Kind.DOCUMENT, Rule.KEEP, confidence=0.95, reason=f"{len(inner)} paths in {len(values)} sampled documents")
    return ColumnProposal(whole, inner)


def _path(path: str, around: Surroundings, values: Sequence[str]) -> Decision:
    """A path is decided as a column of text would be, by its last words and its values."""
    steps = [step for step in parse_path(path) or () if isinstance(step, str)]
    name = "_".join(steps[-2:])
    owner = frozenset(singular(word) for step in steps[:-1] for word in words_of(step)) or around.table
    inner = Surroundings(owner, around.neighbours, bool(owner & phrases().people))
    named = candidates_by_name(steps[-1] if steps else "", inner) or candidates_by_name(name, inner)
    seen = candidates_by_values(values)
    plain = _of_scalars(values)
    return decide(_doubted(combine(named[:4], seen, plain), values), Facts())


def _of_scalars(values: Sequence[str]) -> list[Candidate]:
    if values and all(value in {"true", "false"} for value in values):
        return [Candidate(Kind.FLAG, 0.85, "it is true or false")]
    if values and all(_is_number(value) for value in values) and any(len(value) < 7 for value in values):
        return [Candidate(Kind.NUMBER, 0.5, "its sampled values are numbers")]
    return []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quasi(columns: Mapping[str, ColumnProposal]) -> tuple[str, ...]:
    """Two or more columns that stay, at least coarsely, and that many people share."""
    kept = (Rule.KEEP, Rule.GENERALISE)
    decided = [(name, item.decision) for name, item in columns.items() if isinstance(item.decision, ValueSpec)]
    direct = any(value.kind in SENSITIVE - INDIRECT - {Kind.FREE_TEXT, Kind.DOCUMENT, Kind.URL, Kind.FILE} for _, value in decided)
    found = tuple(name for name, value in decided if value.kind in INDIRECT and value.rule in kept)
    return found if len(found) >= 2 and direct else ()


def _subject(table: Table, catalog: Catalog, around: Surroundings) -> str:
    """The column that says which person a row is about: the key of people, or the only reference to people."""
    primary = table.primary_key
    if around.table & phrases().people and primary is not None and len(primary.parts) == 1:
        return primary.parts[0].column or ""
    names = {item.name for item in catalog.tables if {singular(word) for word in words_of(item.name.name)} & phrases().people}
    found = [key.columns[0] for key in table.foreign_keys if key.target in names and len(key.columns) == 1]
    return found[0] if len(found) == 1 else ""
