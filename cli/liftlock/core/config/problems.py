"""What is wrong with a configuration, each with its place; all of them are reported together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liftlock.core.config.document import Position
from liftlock.core.errors import ConfigError

_SHOWN = 100


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend: where, at which path of the document (may be empty), and what to do about it."""

    position: Position
    path: str
    message: str

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.position), f"{self.path}:" if self.path else "", self.message) if part)


def config_error(problems: Iterable[Problem], *, hint: str | None = None) -> ConfigError:
    """One error with one line per problem, in the order of files and lines, none twice."""
    lines = [str(problem) for problem in sorted(set(problems))]
    more = len(lines) - _SHOWN
    if more > 0:
        lines = [*lines[:_SHOWN], f"… and {more} more"]
    return ConfigError("\n".join(lines), hint=hint)
