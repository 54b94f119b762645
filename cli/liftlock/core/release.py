"""A release: which digest each service of an environment runs, under which configuration and data; and the name of exactly that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from liftlock.core.image import ImageRef


@dataclass(frozen=True, slots=True)
class ReleasedImage:
    """One service's line of a release: the immutable image, and for people the tag it had and the source commit it was built from."""

    image: ImageRef
    tag: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """service -> image, and the hashes of the environment's configuration and data (core/fingerprint.py; empty where they are not known).

    Two releases with the same images, configuration and data are the same release, whatever their tags and order.
    left_out: the project's services that the environment does not declare; their lines run nowhere and count for nothing.
    """

    services: Mapping[str, ReleasedImage]
    config: str = ""
    data: str = ""
    left_out: frozenset[str] = frozenset()

    @property
    def images(self) -> dict[str, ImageRef]:
        """service -> image of what runs."""
        return {name: released.image for name, released in self.services.items() if name not in self.left_out}

    @property
    def id(self) -> str:
        """`rel-` + 16 hex digits: see release_id."""
        return release_id(self.images, self.config, self.data)

    def with_images(self, images: Mapping[str, ReleasedImage]) -> Release:
        """The release with these services at these images."""
        return replace(self, services={**self.services, **images})


def release_id(images: Mapping[str, ImageRef], config: str = "", data: str = "") -> str:
    """`rel-` + 16 hex digits of the SHA-256 of the canonical JSON of {services: {name: repository@digest}, config, data}.

    The order in which the images are given does not matter.
    """
    body = {"services": {name: str(image) for name, image in images.items()}, "config": config, "data": data}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return "rel-" + hashlib.sha256(canonical.encode()).hexdigest()[:16]
