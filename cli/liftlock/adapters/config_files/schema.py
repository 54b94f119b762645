"""JSON Schemas of the files, for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from liftlock.adapters.config_files.data_shapes import DataFile
from liftlock.adapters.config_files.policy_shapes import FreezesFile, HoldsFile, PeopleFile, VetoesFile
from liftlock.adapters.config_files.shapes import EnvironmentFile, ProjectFile, ReleaseFile
from liftlock.core.config.quantities import duration_text
from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError
from liftlock.core.policy_file import KINDS, policy_path
from liftlock_datagen.profile.file import ProfileFile

SHAPES: dict[str, type[BaseModel]] = {
    "project": ProjectFile,
    "environment": EnvironmentFile,
    "release": ReleaseFile,
    "freezes": FreezesFile,
    "vetoes": VetoesFile,
    "holds": HoldsFile,
    "people": PeopleFile,
    "data": DataFile,
    "profile": ProfileFile,
}
FILES = (
    {"project": "liftlock.yaml", "environment": "environments/*.yaml", "release": "releases/*.yaml", "data": "data/*.yaml"}
    | {"profile": "data/*.profile.json"}
    | {kind: str(policy_path(kind)) for kind in KINDS}
)


def json_schema(name: str) -> dict[str, Any]:
    """The schema of one kind of file (JSON Schema 2020-12); UsageError where there is no such kind."""
    shape = SHAPES.get(name)
    if shape is None:
        raise UsageError(unknown("schema", name, SHAPES), hint="liftlock config schema lists them")
    schema = shape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"liftlock/{name}/v1", **schema}


class _Generator(GenerateJsonSchema):
    """Writes defaults as users write them: 30s, not PT30S."""

    def encode_default(self, dft: Any) -> Any:
        """The default in JSON."""
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)
