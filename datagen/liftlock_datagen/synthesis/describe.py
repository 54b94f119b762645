"""A column's plan in a person's words, for a table that somebody reviews. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from liftlock_datagen.synthesis.draws import Earlier, GroupOf, Later, Milestone, Permuted, Popular, Serial, Source, Uniform
from liftlock_datagen.synthesis.forms import Day, Form, Listed, Moment, Whole, Word
from liftlock_datagen.synthesis.generators import Null, Reference, Repeated, Scaled
from liftlock_datagen.synthesis.plan_data import ColumnPlan, TablePlan
from liftlock_datagen.synthesis.spreads import Covering, Piecewise

_MOST_SHOWN = 4


def describe_column(column: ColumnPlan, table: TablePlan) -> str:
    """What the column gets."""
    match column.generator:
        case Null():
            return "always NULL"
        case Reference(link, parent, target):
            return f"{parent}.{target}, {_spread(table.link(link).source)}"
        case Scaled(source, form):
            return f"{_form(form)}{_source(source, form)}"
        case Repeated(inner, Covering(count)):
            return f"{_words(inner)}, {count:,} different"
        case generator:
            return _words(generator)


def _words(value: object) -> str:
    """The name of the class in words: PersonName is "person name"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(value).__name__).lower()
    return f"{words}, unique" if getattr(value, "unique", False) else words


def _form(form: Form) -> str:
    match form:
        case Listed(values):
            shown = ", ".join(values[:_MOST_SHOWN])
            return f"one of {shown}{f' and {len(values) - _MOST_SHOWN} more' if len(values) > _MOST_SHOWN else ''}"
        case Word(vocabulary):
            return f"a word of list {vocabulary}"
        case Day():
            return "day"
        case Moment():
            return "moment"
        case Whole():
            return "number"
        case _:
            return _words(form)


def _spread(source: Source) -> str:
    match source:
        case Popular(_, None) | GroupOf():
            return "few parents often, most seldom"
        case Popular():
            return "as often as in the profile"
        case Permuted():
            return "each parent once"
        case Earlier():
            return "an earlier row"
        case _:
            return _words(source)


def _source(source: Source, form: Form) -> str:
    listed = isinstance(form, Listed | Word)
    match source:
        case Serial(first):
            return "" if listed else f", counted from {_shown(first, form)}"
        case Uniform(low, high, skewed):
            return "" if listed else f" {_shown(low, form)} to {_shown(high, form)}{', small ones often' if skewed else ''}"
        case Permuted():
            return ", unique"
        case Piecewise(bounds):
            return (
                ", as often as in the profile"
                if listed
                else f" {_shown(bounds[0], form)} to {_shown(bounds[-1] - 1, form)}, by the profile"
            )
        case Covering():
            return ", as often as in the profile"
        case Milestone(_, _, _, _, _, shares):
            return ", in the order of a row's life" + (", by the profile" if shares else "")
        case Later(bases):
            return f", not before {', '.join(bases)}"
        case _:
            return ", by the key"


def _shown(number: int, form: Form) -> str:
    match form:
        case Whole(scale) if scale > 0:
            return f"{number / 10**scale:,.{scale}f}"
        case Day():
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).strftime("%Y-%m-%d")
        case Moment():
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M")
        case _:
            return f"{number:,}"
