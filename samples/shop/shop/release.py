"""Which version of the shop this is, and what that version can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """One version. schema: the number of the last migration it needs. healthy: False for the version that is broken on purpose."""

    version: str
    commit: str
    schema: int
    loyalty: bool
    healthy: bool


_FEATURES = {"v1": (1, False, True), "v2": (2, True, True), "v3": (2, True, False)}


def this_release(environment: Mapping[str, str]) -> Release:
    """The release that the image's environment names (SHOP_VERSION, SHOP_COMMIT)."""
    version = environment.get("SHOP_VERSION", "v1")
    if version not in _FEATURES:
        raise SystemExit(f'shop: SHOP_VERSION is "{version}"; there are {", ".join(_FEATURES)}')
    schema, loyalty, healthy = _FEATURES[version]
    return Release(version, environment.get("SHOP_COMMIT", "unknown"), schema, loyalty, healthy)
