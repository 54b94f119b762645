"""A release: which digest each service of an environment runs, and the content-addressed name of that set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from liftlock.core.image import ImageRef


@dataclass(frozen=True, slots=True)
class ReleasedImage:
    """One service's line of a release: the immutable image, and for people the tag it had and the source commit it was built from."""

    image: ImageRef
    tag: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """service -> image. Two releases with the same images are the same release, whatever their tags and order."""

    services: Mapping[str, ReleasedImage]

    @property
    def id(self) -> str:
        """`rel-` + 16 hex digits of the SHA-256 of the canonical JSON of {service: repository@digest}."""
        return release_id({name: released.image for name, released in self.services.items()})


def release_id(images: Mapping[str, ImageRef]) -> str:
    """The name of exactly this set of images; the order in which they are given does not matter."""
    canonical = json.dumps({"services": {name: str(image) for name, image in images.items()}}, sort_keys=True, separators=(",", ":"))
    return "rel-" + hashlib.sha256(canonical.encode()).hexdigest()[:16]
