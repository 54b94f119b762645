"""What people call the images that run: their tags and source commits, out of the release files they were deployed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from liftlock.core.errors import LiftlockError
from liftlock.core.history import Origin, Running, tags_of
from liftlock.core.ledger import Fact, Record
from liftlock.core.ledger_chain import select
from liftlock.core.ports.past import Past
from liftlock.core.proposal import release_path
from liftlock.core.release import Release
from liftlock.core.release_file import parse_release


def origins_of(records: Sequence[Record], running: Mapping[str, Running], past: Past) -> dict[tuple[str, str], Origin]:
    """(environment, service) -> what the image that runs there is called. What is not on record is left out."""
    commits = {name: str(found.record.entry.details.get("commit")) for name, found in running.items()}
    own = {name: (commit, release_path(name)) for name, commit in commits.items()}
    releases = releases_at(past, [*own.values(), *_declared(past)])
    everywhere = {str(line.image): Origin(line.tag, line.commit) for release in releases.values() for line in release.services.values()}
    missing = {image for found in running.values() for image in found.images.values()} - set(everywhere)
    everywhere |= _recorded(records, missing)
    found: dict[tuple[str, str], Origin] = {}
    for name, runs in running.items():
        lines = releases[own[name]].services if own[name] in releases else {}
        for service, image in runs.images.items():
            line = lines.get(service)
            origin = Origin(line.tag, line.commit) if line and str(line.image) == image else everywhere.get(image)
            if origin is not None:
                found[name, service] = origin
    return found


def releases_at(past: Past, places: Sequence[tuple[str, PurePosixPath]]) -> dict[tuple[str, PurePosixPath], Release]:
    """The releases that stand at these places; those that are not there or cannot be read are left out."""
    found: dict[tuple[str, PurePosixPath], Release] = {}
    for place, text in past.texts(list(dict.fromkeys(places))).items():
        try:
            found[place] = parse_release(text, str(place[1]))
        except LiftlockError:
            continue  # it says nothing, and what runs is known without it
    return found


def _declared(past: Past) -> list[tuple[str, PurePosixPath]]:
    """The release files of the pipeline on the base branch: they name what is recorded for other environments too."""
    try:
        return [(past.tip(), release_path(stage.environment)) for stage in past.project().pipeline]
    except LiftlockError:
        return []


def _recorded(records: Sequence[Record], images: set[str]) -> dict[str, Origin]:
    """image -> the tag under which it was recorded last."""
    found: dict[str, Origin] = {}
    for record in select(records, {Fact.RECORDED, Fact.PROMOTED}, backwards=True):
        if len(found) == len(images):
            break
        for image, tag in tags_of(record.entry).items():
            if image in images:
                found.setdefault(image, Origin(tag))
    return found
