"""The releases of a source that could be promoted into a target, newest first. Pure.

The first is what the source declares now. The others are what it really ran, by the ledger, with the configuration and data that it has
now: the newest of them that passes all gates is promoted, so a release that still soaks keeps none before it from rising. None is older
than what the target has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.core.image import ImageRef
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.release import Release, ReleasedImage

_LABELLED = frozenset({Fact.RECORDED, Fact.PROMOTED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release of the source. images: service -> `repository@digest`. record: the ledger's, None for what is declared now."""

    release: str
    images: Mapping[str, str]
    record: int | None


def candidates(
    source: str, declared_release: Release, records: Sequence[Record], target: Release, services: Collection[str] | None
) -> Iterator[Candidate]:
    """The declared release, then earlier ones, down to what the target has. services: what the promotion is about, None for all."""
    declared = {name: str(released.image) for name, released in declared_release.services.items()}
    yield Candidate(declared_release.id, declared, None)
    present = {name: str(released.image) for name, released in target.services.items()}
    ran = [record for record in records if record.entry.environment == source and record.entry.fact is Fact.DEPLOYED]
    seen, age = {declared_release.id}, _Age(present, ran, records)
    if not _changed(declared, present, services):
        return
    for record in reversed(ran):
        entry = record.entry
        if entry.release is None or entry.release in seen or not _is_usable(declared_release, record):
            continue
        seen.add(entry.release)
        images = images_of(entry)
        changed = _changed(images, present, services)
        if not changed or any(age.of(service) >= record.sequence for service in changed):
            return
        yield Candidate(entry.release, images, record.sequence)


@dataclass
class _Age:
    """How new the target's images are. ran: the source's deployments; records: everything that is on record."""

    present: Mapping[str, str]
    ran: Sequence[Record]
    records: Sequence[Record]
    known: dict[str, int] = field(default_factory=dict)

    def of(self, service: str) -> int:
        """The last deployment of the source that had the target's image of the service; without one, the first record that names it."""
        if service not in self.known:
            self.known[service] = self._find(service)
        return self.known[service]

    def _find(self, service: str) -> int:
        image = self.present.get(service)
        if image is None:
            return 0
        last = next((record.sequence for record in reversed(self.ran) if _image_in(record, service) == image), None)
        return last or next((record.sequence for record in self.records if _image_in(record, service) == image), 0)


@dataclass
class Labels:
    """The tags and source commits of images, as the ledger and release files name them; a release file's word counts first."""

    records: Sequence[Record]
    releases: Sequence[Release]
    _known: dict[str, ReleasedImage] = field(default_factory=dict)
    _recorded: dict[str, tuple[str | None, str | None]] | None = None

    def find(self, image: str) -> ReleasedImage:
        """The image with what is known of it."""
        if not self._known:
            self._known = {str(released.image): released for release in self.releases for released in release.services.values()}
        if image not in self._known:
            tag, commit = self._on_record().get(image, (None, None))
            self._known[image] = ReleasedImage(ImageRef.parse(image), tag, commit)
        return self._known[image]

    def _on_record(self) -> Mapping[str, tuple[str | None, str | None]]:
        if self._recorded is None:
            self._recorded = {}
            for record in self.records:
                if record.entry.fact in _LABELLED:
                    tags, commits = (_texts(record, key) for key in ("tags", "commits"))
                    self._recorded |= {image: (tags.get(name), commits.get(name)) for name, image in images_of(record.entry).items()}
        return self._recorded


def had_images(records: Sequence[Record], environment: str, images: Mapping[str, str]) -> bool:
    """Whether each of these images was recorded for the environment, promoted into it or deployed there."""
    missing = dict(images)
    for record in reversed(records):
        if record.entry.environment == environment and record.entry.fact in (*_LABELLED, Fact.DEPLOYED):
            found = images_of(record.entry)
            missing = {name: image for name, image in missing.items() if found.get(name) != image}
            if not missing:
                return True
    return not missing


def deployed_images(records: Sequence[Record]) -> dict[str, Mapping[str, str]]:
    """release -> its images, for each that was ever deployed anywhere."""
    return {r.entry.release: images_of(r.entry) for r in records if r.entry.fact is Fact.DEPLOYED and r.entry.release is not None}


def _image_in(record: Record, service: str) -> object:
    """Without looking at the others: a release may have thousands."""
    services = record.entry.details.get("services")
    return services.get(service) if isinstance(services, dict) else None


def _changed(images: Mapping[str, str], present: Mapping[str, str], services: Collection[str] | None) -> list[str]:
    names = images if services is None else [name for name in services if name in images]
    return [name for name in names if present.get(name) != images[name]]


def _is_usable(declared: Release, record: Record) -> bool:
    """Whether it ran from committed files, with the configuration and data that the source has now."""
    details = record.entry.details
    return details.get("dirty") is not True and all(
        not now or details.get(key) == now for key, now in (("config", declared.config), ("data", declared.data))
    )


def _texts(record: Record, key: str) -> dict[str, str]:
    found = record.entry.details.get(key)
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}
