"""What a shape says of the value at a path, read from the models themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The model's fields under the names that they have in files."""
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def bare(annotation: Any) -> Any:
    """The annotation without Annotated and without `| None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return bare(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return bare(next(arg for arg in typing.get_args(annotation) if arg is not type(None)))
    return annotation


def as_model(annotation: Any) -> type[BaseModel] | None:
    """The model that the annotation stands for, None where it stands for something else."""
    kind = bare(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def values_of(annotation: Any) -> Any | None:
    """The annotation of a mapping's values; None where it is no mapping."""
    kind = bare(annotation)
    return typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None


def model_at(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that describes what stands at the path."""
    annotation: Any = model
    for part in path:
        kind = bare(annotation)
        owner = as_model(kind)
        if owner is not None:
            annotation = next((field.annotation for name, field in fields_of(owner) if name == part), None)
        elif typing.get_origin(kind) in (dict, list):
            annotation = typing.get_args(kind)[-1]
        else:
            return None
    return as_model(annotation)
