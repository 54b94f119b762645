"""How every command shows its result: a table for people or JSON for programs, on stdout."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Annotated, Any

import typer

from liftlock.core.errors import DeploymentError, LiftlockError, UsageError
from liftlock.core.image import Digest, ImageRef

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON (schema: liftlock config schema RESULT).")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


_printed: list[str] = []
"""The kinds of the documents that this process printed."""


def to_json(value: Any) -> Any:
    """Plain JSON of a frozen result: dataclasses become objects, enums their values, times ISO 8601, durations seconds."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str() | ImageRef() | Digest():
            return str(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case Sequence() | set() | frozenset():
            return [to_json(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"no JSON form for {type(value).__name__}")


def print_json(kind: str, value: Any) -> None:
    """One JSON document on stdout. kind names its schema: `liftlock/<kind>/v1`."""
    _printed.append(kind)
    typer.echo(json_text(kind, value), nl=False)


def json_text(kind: str, value: Any) -> str:
    """The document's text."""
    body = to_json(value)
    document = {"schema": f"liftlock/{kind}/v1", **(body if isinstance(body, dict) else {"items": body})}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def has_printed() -> bool:
    """Whether stdout has its document already."""
    return bool(_printed)


def print_error(err: LiftlockError, exit_code: int) -> None:
    """The document of a command that ended with an error; failures are those of a deployment, empty for anything else."""
    failures = err.failures if isinstance(err, DeploymentError) else {}
    print_json("error", {"exit_code": exit_code, "message": err.message, "hint": err.hint, "failures": failures})


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Aligned columns on stdout; `empty` is said where there are no rows."""
    if not rows:
        typer.echo(empty)
        return
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(header), *(len(row[i]) for row in cells)) for i, header in enumerate(headers)]
    for line in ([header.upper() for header in headers], *cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def confirm(question: str, *, yes: bool) -> None:
    """Returns where it is to be done. The question goes to stderr; a no aborts; UsageError where there is nobody to ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask in.", hint="say --yes")
    typer.confirm(question, abort=True, err=True)
