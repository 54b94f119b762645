"""SLSA provenance: who built an image, and from which repository. Pure; what builders write differs, so each known place is named here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from liftlock.core.ledger import Json

PROVENANCE = "https://slsa.dev/provenance/"
# Where a repository's address is followed by a reference (`@refs/heads/main`), or comes with Git's own prefix and suffix.
_ADDRESS = re.compile(r"(?:git\+)?(?P<address>[a-z]+://[^/@#\s]+/[^@#\s]+?)(?:\.git)?/?(?:[@#].*)?", re.IGNORECASE)
# Version 1: what the builder was told by others. Version 0.2: what started the build.
_SOURCES = (
    ("buildDefinition", "externalParameters", "workflow", "repository"),
    ("buildDefinition", "externalParameters", "source", "uri"),
    ("buildDefinition", "externalParameters", "source"),
    ("buildDefinition", "externalParameters", "configSource", "uri"),
    ("buildDefinition", "externalParameters", "buildConfigSource", "repository"),
    ("buildDefinition", "externalParameters", "repository"),
    ("invocation", "configSource", "uri"),
)


def builder_of(predicate: Mapping[str, Json]) -> str | None:
    """The builder's id; None where none is named."""
    return _text(predicate, ("runDetails", "builder", "id")) or _text(predicate, ("builder", "id"))


def source_of(predicate: Mapping[str, Json]) -> str | None:
    """The address of the repository that was built, without its revision; None where none is named.

    What a build merely depends on does not count: everybody may depend on a trusted repository.
    """
    found = next((text for place in _SOURCES if (text := _text(predicate, place))), None)
    return None if found is None else repository_address(found)


def repository_address(text: str) -> str:
    """The repository's address without Git's prefix, suffix and revision, so that two spellings of it are equal."""
    match = _ADDRESS.fullmatch(text.strip())
    return match["address"] if match else text.strip()


def is_builder(wanted: str, found: str) -> bool:
    """Whether the builder is the one that is wanted: the same id, or the same one before its version (`@…`)."""
    return wanted in (found, found.partition("@")[0])


def _text(value: Json | Mapping[str, Json], place: tuple[str, ...]) -> str | None:
    at: object = value
    for key in place:
        at = at.get(key) if isinstance(at, Mapping) else None
    return at if isinstance(at, str) and at else None
