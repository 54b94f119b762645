"""JSON Schemas of the files, for editors."""

from __future__ import annotations

from typing import Any

from liftlock.adapters.config_files.shapes import EnvironmentFile, ProjectFile, ReleaseFile, Shape
from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError

SHAPES: dict[str, type[Shape]] = {"project": ProjectFile, "environment": EnvironmentFile, "release": ReleaseFile}
FILES = {"project": "liftlock.yaml", "environment": "environments/*.yaml", "release": "releases/*.yaml"}


def json_schema(name: str) -> dict[str, Any]:
    """The schema of one kind of file (JSON Schema 2020-12); UsageError where there is no such kind."""
    shape = SHAPES.get(name)
    if shape is None:
        raise UsageError(unknown("schema", name, SHAPES), hint="liftlock config schema lists them")
    schema = shape.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"liftlock/{name}/v1", **schema}
