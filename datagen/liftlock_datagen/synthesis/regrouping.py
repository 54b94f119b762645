"""A grouping in another shape, wherever a plan holds it: all that share one must agree. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from liftlock_datagen.synthesis.spreads import Grouping

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


_Plan = TypeVar("_Plan", bound="DataclassInstance")


def regrouped(value: _Plan, groupings: Mapping[Grouping, Grouping]) -> _Plan:
    """The plan with its groupings in the new shape, however deep they are: all that share one must agree."""
    changed = {}
    for item in fields(value):
        old = getattr(value, item.name)
        new = _renewed(old, groupings)
        if new is not old:
            changed[item.name] = new
    return replace(value, **changed) if changed else value


def _renewed(value: object, groupings: Mapping[Grouping, Grouping]) -> object:
    if isinstance(value, Grouping):
        return groupings.get(value, value)
    if isinstance(value, tuple):
        parts = tuple(_renewed(part, groupings) for part in value)
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    return regrouped(value, groupings) if is_dataclass(value) and not isinstance(value, type) else value
