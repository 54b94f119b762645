"""Two environments side by side: which images, configuration and data differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liftlock.core.config.document import Plain
from liftlock.core.history import Origin


@dataclass(frozen=True, slots=True)
class Side:
    """What one environment has. at: when it was deployed, None where it is only declared. commit: of the environments repository.

    config, data: their hashes, None where nobody knows them. values: the declared configuration without images, None where it is unknown.
    """

    environment: str
    release: str | None
    at: datetime | None
    commit: str | None
    dirty: bool
    images: Mapping[str, str]
    origins: Mapping[str, Origin]
    config: str | None
    data: str | None
    values: Mapping[str, Plain] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One side of a comparison, for people and programs. at: when it was deployed, None where it is only declared."""

    environment: str
    release: str | None
    at: datetime | None
    commit: str | None
    dirty: bool
    config: str | None
    data: str | None


@dataclass(frozen=True, slots=True)
class SideImage:
    """An image on one side, with its tag and source commit where they are known."""

    image: str
    tag: str | None
    commit: str | None


@dataclass(frozen=True, slots=True)
class ServiceDifference:
    """A service whose images differ; None on the side that does not have it. commits: the range of source commits between them."""

    service: str
    left: SideImage | None
    right: SideImage | None
    commits: str | None


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A declared value that differs; None on the side that does not set it."""

    path: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """How two environments differ. values: the declared values that do, data included, where both declarations can be read.

    unknown: what could not be compared, and why; then nothing may be called equal.
    """

    left: Seen
    right: Seen
    services: tuple[ServiceDifference, ...]
    config_differs: bool
    data_differs: bool
    values: tuple[ValueDifference, ...]
    unknown: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether anything is known to differ."""
        return bool(self.services) or self.config_differs or self.data_differs


_NOT_BEHAVIOUR = frozenset({"project", "environment", "class", "protected", "release", "config", "data", "common", "port", "ports", "ttl"})


def compare(left: Side, right: Side) -> EnvironmentDifference:
    """What differs between the two."""
    config, data = _differ(left.config, right.config), _differ(left.data, right.data)
    return EnvironmentDifference(
        left=_seen(left),
        right=_seen(right),
        services=tuple(_services(left, right)),
        config_differs=config,
        data_differs=data,
        values=tuple(_values(left.values, right.values)) if config or data else (),
        unknown=tuple(_unknown(left, right)),
    )


def flattened(document: Mapping[str, Plain]) -> dict[str, Plain]:
    """path -> value of everything in an environment's document that says how its services behave; images are left out."""
    return dict(_leaves({key: value for key, value in document.items() if key not in _NOT_BEHAVIOUR}, ""))


def _leaves(value: Plain, path: str) -> Iterator[tuple[str, Plain]]:
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            if not (key == "image" and path.startswith("services.") and path.count(".") == 1):
                yield from _leaves(item, below)
    elif value is not None:
        yield path, value


def _services(left: Side, right: Side) -> Iterator[ServiceDifference]:
    for name in sorted({*left.images, *right.images}):
        if left.images.get(name) != right.images.get(name):
            one, other = _image(left, name), _image(right, name)
            known = one and other and one.commit and other.commit and one.commit != other.commit
            yield ServiceDifference(name, one, other, f"{one.commit}..{other.commit}" if known and one and other else None)


def _image(side: Side, service: str) -> SideImage | None:
    image = side.images.get(service)
    origin = side.origins.get(service, Origin())
    return SideImage(image, origin.tag, origin.commit) if image is not None else None


def _values(left: Mapping[str, Plain] | None, right: Mapping[str, Plain] | None) -> Iterator[ValueDifference]:
    if left is None or right is None:
        return
    for path in sorted({*left, *right}):
        if left.get(path) != right.get(path):
            yield ValueDifference(path, left.get(path), right.get(path))


def _unknown(left: Side, right: Side) -> Iterator[str]:
    for side in (left, right):
        for what, known in (("configuration", side.config), ("data", side.data)):
            if known is None:
                yield f"{side.environment}: its {what} is not on record, and its commit ({side.commit or 'none'}) cannot be read here"
        if side.dirty:
            yield f"{side.environment}: it was deployed from a work tree with uncommitted changes"


def _differ(left: str | None, right: str | None) -> bool:
    return left is not None and right is not None and left != right


def _seen(side: Side) -> Seen:
    return Seen(side.environment, side.release, side.at, side.commit, side.dirty, side.config, side.data)
