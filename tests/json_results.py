"""What a command prints with --json, held against the schema that is published for it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from liftlock.commands.result_schema import result_schema
from liftlock.commands.results import result_shapes

_FORMATS = FormatChecker(())


def _is_moment(text: object) -> bool:
    """Whether it is a moment whose offset from UTC is known."""
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


_FORMATS.checks("date-time", raises=ValueError)(_is_moment)


def validated(text: str) -> dict[str, Any]:
    """The document; the test fails where it is not as published."""
    document: dict[str, Any] = json.loads(text)
    kind = document["schema"].removeprefix("liftlock/").removesuffix("/v1")
    Draft202012Validator(result_schema(kind, result_shapes()[kind]), format_checker=_FORMATS).validate(document)
    return document
