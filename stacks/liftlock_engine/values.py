"""Property values as engine and providers hold them: plain JSON values plus the two that JSON has not, unknown and secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias


class _Unknown(Enum):
    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN
"""A value that only a real run will tell; appears in previews."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is encrypted in the state and masked everywhere else."""

    value: Value

    def __repr__(self) -> str:
        return "Secret([masked])"


Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | Secret | _Unknown | None"
PropertyMap: TypeAlias = Mapping[str, Value]
