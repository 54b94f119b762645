"""What values a column that is planned jointly with others may take, as Python values. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from liftlock_datagen.catalog.model import Column
from liftlock_datagen.synthesis.expressions import ColumnUse, Compare, Constant, Expression, Membership, parts_of
from liftlock_datagen.synthesis.families import Family
from liftlock_datagen.synthesis.forms import Listed, Word
from liftlock_datagen.synthesis.generators import Null, Scaled
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.sampling import sample_texts
from liftlock_datagen.synthesis.sql_values import OPAQUE, NotEvaluableError, read_text
from liftlock_datagen.synthesis.subjects import Choice
from liftlock_datagen.synthesis.text_columns import meets
from liftlock_datagen.vocabulary.words import Vocabularies

_EPOCH = datetime(1970, 1, 1)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Domain:
    """The values to begin with, and whether the column may be NULL. known: its values are planned here; else only whether there is one."""

    column: Column
    limits: Limits
    values: tuple[Any, ...]
    nullable: bool
    known: bool

    def admits(self, value: Any) -> bool:
        """Whether the column's type and its other checks allow the value."""
        if value is None:
            return self.nullable
        limits = self.limits
        if limits.allowed is not None and limits.family is not Family.NUMBER:
            shown = str(value).lower() if isinstance(value, bool) else value
            return shown in limits.choices
        if isinstance(value, str):
            fits = limits.min_length <= len(value) <= (limits.max_length or len(value)) and value not in limits.excluded
            return fits and all(meets(value, rule) for rule in limits.rules)
        units = to_units(value, limits)
        if units is None:
            return True
        allowed = limits.allowed is None or any(Decimal(text) == value for text in limits.choices)
        return units == units.to_integral_value() and limits.low <= units <= limits.high and allowed

    def rounded(self, value: Any, *, up: bool) -> Any:
        """The value as the column can hold it: the next one up or down."""
        units = to_units(value, self.limits)
        if units is None:
            return value
        return from_units(units.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR), self.limits)

    def moved(self, value: Any, steps: int) -> Any:
        """The value that many of the smallest steps further."""
        units = to_units(value, self.limits)
        return value if units is None else from_units(units + steps, self.limits)


def to_units(value: Any, limits: Limits) -> Decimal | None:
    """The value in the units that the limits count in; None for what cannot be counted."""
    match limits.family, value:
        case Family.NUMBER, Decimal():
            return value.scaleb(limits.scale)
        case Family.MOMENT, datetime():
            return Decimal((value - _EPOCH) // timedelta(microseconds=1)) / 1000000
        case Family.MOMENT, date():
            return Decimal((value - _EPOCH.date()).days * 86400)
        case Family.DATE, datetime():
            return Decimal((value - _EPOCH) // timedelta(microseconds=1)) / 86400000000
        case Family.DATE, date():
            return Decimal((value - _EPOCH.date()).days)
        case Family.TIME, time():
            return Decimal(value.hour * 3600 + value.minute * 60 + value.second)
        case Family.INTERVAL, timedelta():
            return Decimal(value // timedelta(microseconds=1)) / 60000000
        case _:
            return None


def from_units(units: Decimal, limits: Limits) -> Any:
    """The value of so many units."""
    match limits.family:
        case Family.NUMBER:
            return units.scaleb(-limits.scale)
        case Family.MOMENT:
            return _EPOCH + timedelta(seconds=int(units))
        case Family.DATE:
            return _EPOCH.date() + timedelta(days=int(units))
        case Family.TIME:
            return (_EPOCH + timedelta(seconds=int(units) % 86400)).time()
        case _:
            return timedelta(minutes=int(units))


def domain_of(column: Column, limits: Limits, choice: Choice | None, about: Iterable[Expression], vocabularies: Vocabularies) -> Domain:
    """The column's domain. choice: what it would hold by itself; None for one whose values others decide. about: the checks."""
    nullable = not limits.required
    if choice is None:
        return Domain(column, limits, (OPAQUE,), nullable, known=False)
    if isinstance(choice.generator, Null):
        return Domain(column, limits, (), nullable=True, known=True)
    named = [value for text in _constants(column.name, about) if (value := _read(limits, text)) is not None]
    drawn = [value for text in _sampled(choice, vocabularies) if (value := _read(limits, text)) is not None]
    domain = Domain(column, limits, (), nullable, known=True)
    named = [value for value in named if value is not OPAQUE and domain.admits(value)]
    open_text = limits.family is Family.TEXT and limits.allowed is None
    values = named if open_text and named else [*drawn, *named]
    return Domain(column, limits, tuple(values), nullable, known=OPAQUE not in values)


def _sampled(choice: Choice, vocabularies: Vocabularies) -> list[str]:
    texts = list(sample_texts(choice.generator, vocabularies).texts[:_MOST])
    if isinstance(choice.generator, Scaled) and isinstance(choice.generator.form, Listed | Word):
        return texts
    return [re.sub(r"\\(.)", lambda found: {"t": "\t", "n": "\n", "r": "\r"}.get(found[1], found[1]), text) for text in texts]


def _read(limits: Limits, text: str) -> Any:
    try:
        return read_text(limits.family, text)
    except (ValueError, ArithmeticError, NotEvaluableError):
        return None


def _constants(name: str, trees: Iterable[Expression]) -> Iterator[str]:
    """The literals that the column is compared with."""
    for tree in trees:
        match tree:
            case Compare("=" | "<>", ColumnUse(found), Constant(str(text))) if found == name:
                yield text
            case Membership(ColumnUse(found), texts) if found == name:
                yield from texts
        yield from _constants(name, parts_of(tree))
