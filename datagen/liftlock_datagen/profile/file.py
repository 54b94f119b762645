"""The profile as a file: `data/<database>.profile.json`. Written so that a reviewer can read it and a second run changes nothing in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import RequestError, SpecError
from liftlock_datagen.profile.model import ColumnProfile, Histogram, Profile, TableProfile, Unit

FORMAT = "liftlock/data-profile/v1"
Share = float


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HistogramShape(_Shape):
    """Bounds of buckets with equal shares of the rows: rounded, and without the extremes."""

    unit: Unit = Field(description="Numbers, days or moments.", examples=["number"])
    bounds: list[float | str] = Field(min_length=2, description="Rising; dates and moments in ISO 8601.", examples=[[0, 10, 50]])
    weights: list[int] = Field([], description="The share of the rows between each two bounds; none: all the same.", examples=[[3, 1]])


class ColumnShape(_Shape):
    """A column's figures."""

    nulls: Share = Field(0.0, ge=0, le=1, description="The share of rows that are NULL.", examples=[0.05])
    distinct: float = Field(0.0, ge=-1, description="How many values differ; below 0: minus their share of the rows.", examples=[-1.0])
    width: int = Field(0, ge=0, description="Bytes on average.", examples=[12])
    correlation: float | None = Field(None, ge=-1, le=1, description="Of the values' order with that on disk.", examples=[0.98])
    frequencies: list[Share] = Field([], description="Shares of the most common values, without the values.", examples=[[0.4, 0.1]])
    values: dict[str, Share] = Field({}, description="Shares of values: enums, flags, kept categories.", examples=[{"paid": 0.7}])
    histogram: HistogramShape | None = Field(None, description="Where the values lie.")


class TableShape(_Shape):
    """A table's figures."""

    rows: int | None = Field(ge=0, description="An estimate; null where the table was never analysed.", examples=[120000])
    bytes: int = Field(0, ge=0, description="On disk, without indexes.", examples=[8192000])
    index_bytes: int = Field(0, ge=0, description="Of all indexes.", examples=[4096000])
    columns: dict[str, ColumnShape] = Field({}, description="By name; columns without statistics are left out.")


class ProfileFile(_Shape):
    """The shape of a database, as liftlock data profile writes it."""

    format: Literal["liftlock/data-profile/v1"] = Field(description="Format and version of this file.", examples=[FORMAT])
    tables: dict[str, dict[str, TableShape]] = Field(description="Schema, then table.")


def profile_text(profile: Profile) -> str:
    """The file's text: tables and columns by name, one column a line."""
    schemas: dict[str, dict[str, Any]] = {}
    for found in sorted(profile.tables):
        schemas.setdefault(found.schema, {})[found.name] = profile.tables[found]
    lines = ["{", f'  "format": {json.dumps(FORMAT)},', '  "tables": {']
    for place, (schema, tables) in enumerate(schemas.items()):
        lines += [f"    {_quoted(schema)}: {{"]
        for at, (name, table) in enumerate(tables.items()):
            lines += [*_table_lines(name, table), "      }" + _comma(at, tables)]
        lines += ["    }" + _comma(place, schemas)]
    return "\n".join([*lines, "  }", "}", ""])


def _table_lines(name: str, table: TableProfile) -> list[str]:
    head = f'"rows": {json.dumps(table.rows)}, "bytes": {table.bytes}, "index_bytes": {table.index_bytes},'
    lines = [f"      {_quoted(name)}: {{", f"        {head}", '        "columns": {']
    for place, (column, shape) in enumerate(sorted(table.columns.items())):
        lines += [f"          {_quoted(column)}: {_column_text(shape)}" + _comma(place, table.columns)]
    return [*lines, "        }"]


def _column_text(shape: ColumnProfile) -> str:
    found: dict[str, Any] = {"nulls": float(shape.nulls), "distinct": float(shape.distinct), "width": shape.width}
    if shape.correlation is not None:
        found["correlation"] = float(shape.correlation)
    if shape.frequencies:
        found["frequencies"] = shape.frequencies
    if shape.values:
        found["values"] = dict(shape.values)
    if shape.histogram:
        found["histogram"] = _histogram_shown(shape.histogram)
    return json.dumps(found, ensure_ascii=False)


def _histogram_shown(histogram: Histogram) -> dict[str, Any]:
    shown: dict[str, Any] = {"unit": histogram.unit, "bounds": [_shown(histogram.unit, bound) for bound in histogram.bounds]}
    return shown | ({"weights": histogram.weights} if histogram.weights else {})


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _comma(place: int, among: Mapping[str, Any]) -> str:
    return "," if place + 1 < len(among) else ""


def _shown(unit: Unit, bound: float) -> float | int | str:
    match unit:
        case Unit.DAY:
            return (date(1970, 1, 1) + timedelta(days=bound)).isoformat()
        case Unit.MOMENT:
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=bound)).strftime("%Y-%m-%dT%H:%M:%SZ")
        case Unit.NUMBER:
            return int(bound) if bound.is_integer() else bound


def parse_profile(text: str, where: str) -> Profile:
    """The profile that the text holds. where: the file's name, for errors."""
    try:
        found = ProfileFile.model_validate_json(text)
        tables = {TableName(s, n): _table(table) for s, named in found.tables.items() for n, table in named.items()}
    except (ValidationError, ValueError) as err:
        first = err.errors()[0] if isinstance(err, ValidationError) else {"loc": (), "msg": str(err)}
        at = ".".join(map(str, first["loc"]))
        raise SpecError(f"{where}: {at + ': ' if at else ''}{first['msg']}", hint="write it anew: liftlock data profile") from None
    return Profile(tables)


def read_profile_file(path: Path) -> Profile:
    """The profile in the file; RequestError where there is none, SpecError where it is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise RequestError(f"{path}: {err.strerror}", hint="write one: liftlock data profile PLACE --output FILE") from err
    except UnicodeDecodeError:
        raise SpecError(f"{path}: it is no UTF-8 text", hint="write it anew: liftlock data profile") from None
    return parse_profile(text, str(path))


def _table(shape: TableShape) -> TableProfile:
    return TableProfile(shape.rows, shape.bytes, shape.index_bytes, {name: _column(column) for name, column in shape.columns.items()})


def _column(shape: ColumnShape) -> ColumnProfile:
    histogram = None
    if shape.histogram is not None:
        bounds = tuple(_bound(shape.histogram.unit, bound) for bound in shape.histogram.bounds)
        if any(after < before for before, after in pairwise(bounds)):
            raise ValueError("the bounds of a histogram must rise")
        if shape.histogram.weights and (len(shape.histogram.weights) != len(bounds) - 1 or min(shape.histogram.weights) < 1):
            raise ValueError("the weights of a histogram are one number above 0 between each two bounds")
        histogram = Histogram(shape.histogram.unit, bounds, tuple(shape.histogram.weights))
    values = tuple(shape.values.items())
    return ColumnProfile(shape.nulls, shape.distinct, shape.width, shape.correlation, tuple(shape.frequencies), values, histogram)


def _bound(unit: Unit, bound: float | str) -> float:
    if unit is Unit.NUMBER:
        return float(bound)
    if unit is Unit.DAY:
        return float((date.fromisoformat(str(bound)) - date(1970, 1, 1)).days)
    return (datetime.fromisoformat(str(bound)) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
