"""What the shapes are made of: their base, and scalar types that check themselves in plain words and know their JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from liftlock.core.config import text_rules
from liftlock.core.config.quantities import (
    DURATION_PATTERN,
    MEMORY_PATTERN,
    TIME_PATTERN,
    check_zone,
    parse_duration,
    parse_memory,
    parse_time_of_day,
)
from liftlock.core.config.text_rules import TextRule


class Shape(BaseModel):
    """What all shapes share: nothing unknown, nothing converted silently, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


@dataclass(frozen=True, slots=True)
class Matching:
    """Text that keeps the rule; the rule's own words are the error's."""

    rule: TextRule

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.rule.pattern})$", "maxLength": self.rule.longest}

    def _check(self, value: str) -> str:
        if not self.rule.fits(value):
            raise ValueError(self.rule.says)
        return value


Name = Annotated[str, Matching(text_rules.NAME)]
Variable = Annotated[str, Matching(text_rules.VARIABLE)]
Reference = Annotated[str, Matching(text_rules.REFERENCE)]
Passphrase = Annotated[str, Matching(text_rules.PASSPHRASE)]
ForgeToken = Annotated[str, Matching(text_rules.FORGE_TOKEN)]
SigningKey = Annotated[str, Matching(text_rules.SIGNING_KEY)]
KeyFile = Annotated[str, Matching(text_rules.KEY_FILE)]
Backend = Annotated[str, Matching(text_rules.BACKEND)]
SecretsProvider = Annotated[str, Matching(text_rules.SECRETS_PROVIDER)]
Registry = Annotated[str, Matching(text_rules.REGISTRY)]
Repository = Annotated[str, Matching(text_rules.REPOSITORY)]
HttpPath = Annotated[str, Matching(text_rules.HTTP_PATH)]
Branch = Annotated[str, Matching(text_rules.BRANCH)]
ProjectId = Annotated[str, Matching(text_rules.PROJECT_ID)]
EntryId = Annotated[str, Matching(text_rules.ENTRY_ID)]
ReleaseId = Annotated[str, Matching(text_rules.RELEASE_ID)]
DigestText = Annotated[str, Matching(text_rules.DIGEST)]
PersonKey = Annotated[str, Matching(text_rules.PERSON_KEY)]
Moment = Annotated[str, Matching(text_rules.MOMENT)]
End = Annotated[str, Matching(text_rules.END)]
NonEmpty = Annotated[str, Matching(text_rules.ONE_LINE)]
# Only text here: that it is a digest, and of the right repository, is checked with its place in liftlock.core.
Image = Annotated[str, Field(json_schema_extra={"pattern": r"^[^@\s]+@sha256:[0-9a-f]{64}$"})]
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN})]
Memory = Annotated[
    int, BeforeValidator(parse_memory), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": MEMORY_PATTERN}]})
]
TimeOfDay = Annotated[int, BeforeValidator(parse_time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_PATTERN})]
TimeZone = Annotated[str, BeforeValidator(check_zone), WithJsonSchema({"type": "string"})]
Written = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]
Port = Annotated[int, Field(ge=1, le=65535)]
