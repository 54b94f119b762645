"""Whose object it is: labels tell ours from a stranger's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock_engine.values import PropertyMap

CLOCKS_DIFFER = 5.0
"""Seconds that the clock of a Docker engine may be off from ours."""


def declared_labels(inputs: PropertyMap) -> dict[str, str]:
    """The labels that the inputs declare."""
    labels: Any = inputs.get("labels") or ()
    return {label["label"]: label["value"] for label in labels}


def is_ours(owner_labels: tuple[str, ...], live: Mapping[str, str] | None, inputs: PropertyMap) -> bool:
    """Whether a live object carries the same value of every ownership label as the inputs; never without ownership labels."""
    declared = declared_labels(inputs)
    return bool(owner_labels) and all(name in declared and (live or {}).get(name) == declared[name] for name in owner_labels)


def could_be_ours(owner_labels: tuple[str, ...], live: Mapping[str, str] | None, inputs: PropertyMap) -> bool:
    """As `is_ours`; without ownership labels, whether all declared labels are there."""
    return is_ours(owner_labels, live, inputs) if owner_labels else declared_labels(inputs).items() <= dict(live or {}).items()
