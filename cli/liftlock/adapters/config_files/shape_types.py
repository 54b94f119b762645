"""The scalar types of the shapes: each checks itself in plain words and knows its JSON Schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from liftlock.core.config.quantities import DURATION_PATTERN, MEMORY_PATTERN, parse_duration, parse_memory


@dataclass(frozen=True, slots=True)
class Matching:
    """Text that the pattern matches as a whole; `says` tells a person what it should be."""

    pattern: str
    says: str
    longest: int = 4096

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$", "maxLength": self.longest}

    def fits(self, value: str) -> bool:
        """Whether the text is as it should be."""
        return len(value) <= self.longest and re.fullmatch(self.pattern, value) is not None

    def _check(self, value: str) -> str:
        if not self.fits(value):
            raise ValueError(self.says)
        return value


_PATH = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_NAME_RULE = "a name begins with a letter and has only a-z, 0-9 and inner -, at most 40 characters"
_REPOSITORY_RULE = "a repository is a path below the registry, such as shop/api: no host, no tag, no digest"
_VARIABLE_RULE = "an environment variable has only letters, digits and _, and begins with no digit"
_REFERENCE_RULE = "a secret is never written here; say where it is found: env:NAME or file:PATH"

NAME = Matching(r"[a-z]([-a-z0-9]*[a-z0-9])?", _NAME_RULE, 40)
Name = Annotated[str, NAME]
Variable = Annotated[str, Matching(r"[A-Za-z_][A-Za-z0-9_]*", _VARIABLE_RULE, 200)]
Reference = Annotated[str, Matching(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", _REFERENCE_RULE)]
Registry = Annotated[
    str, Matching(rf"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{{1,5}})?(/{_PATH})*", "a registry is HOST or HOST:PORT, without https://", 255)
]
Repository = Annotated[str, Matching(rf"{_PATH}(/{_PATH})*", _REPOSITORY_RULE, 255)]
HttpPath = Annotated[str, Matching(r"/[!-~]*", "a path begins with / and has no spaces", 1000)]
Branch = Annotated[str, Matching(r"[A-Za-z0-9][A-Za-z0-9._/-]*", "this is the name of a Git branch", 200)]
NonEmpty = Annotated[str, Matching(r"[^\x00-\x1f]+", "this is one line of text and not empty")]
# Only text here: that it is a digest, and of the right repository, is checked with its place in liftlock.core.
Image = Annotated[str, Field(json_schema_extra={"pattern": r"^[^@\s]+@sha256:[0-9a-f]{64}$"})]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN})]
Memory = Annotated[
    int, BeforeValidator(parse_memory), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": MEMORY_PATTERN}]})
]
Written = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]
Port = Annotated[int, Field(ge=1, le=65535)]
