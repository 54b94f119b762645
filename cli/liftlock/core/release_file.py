"""The text of `releases/<environment>.yaml`, read strictly; liftlock.core.release_edit writes it.

The text is all there is: nothing is read or written here.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from liftlock.core.config.document import Document, Entry, MappingNode, Node, ScalarNode
from liftlock.core.config.problems import Problem, config_error
from liftlock.core.config.reading import read_document
from liftlock.core.config.suggestions import shown, unknown
from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.release import Release, ReleasedImage
from liftlock.core.release_lines import Lines, changed_services, lines_of

_KEYS = ("image", "tag", "commit")


def parse_release(text: str, file: str) -> Release:
    """What the text releases; ConfigError with one line per problem. An empty text releases nothing."""
    return read_sound(text, file).release


def parse_like(known: str | None, text: str, file: str) -> Release:
    """The same; a text that differs from the known one in a few services' lines is read by these lines."""
    if known is None or known == text:
        return parse_release(text, file)
    before = read_sound(known, file)
    changed = changed_services(before.lines, text)
    return before.release.with_images(changed) if changed is not None else parse_release(text, file)


@dataclass(frozen=True, slots=True)
class SoundRelease:
    """A release file that was read and has no problem."""

    document: Document
    release: Release
    lines: Lines


@functools.lru_cache(maxsize=4)  # a thousand pull requests start from one base
def read_sound(text: str, file: str) -> SoundRelease:
    """What stands in the text, read once for the texts that are asked for again and again; ConfigError with one line per problem."""
    document = read_document(text, file)
    release, problems = inspect_release(document)
    if problems:
        raise config_error(problems)
    return SoundRelease(document, release, lines_of(document))


def inspect_release(document: Document) -> tuple[Release, tuple[Problem, ...]]:
    """What can be read of a release document, and everything that is wrong with it."""
    problems: list[Problem] = []
    services: dict[str, ReleasedImage] = {}
    for entry in _services(document, problems):
        image = _released(entry, problems)
        if image is not None:
            services[entry.key.text] = image
    return Release(services), tuple(problems)


def image_of(node: Node, path: str, subject: str, problems: list[Problem]) -> ImageRef | None:
    """The image that a node spells; None, and a problem, where it is no digest. subject: what `image resolve` is asked for."""
    if not isinstance(node, ScalarNode) or not node.text:
        problems.append(Problem(node.position, path, "an image is text: repository@sha256:…"))
        return None
    if "@" not in node.text:
        tag = node.text.rpartition("/")[2].partition(":")[2] or "latest"
        problems.append(
            Problem(node.position, path, f'"{shown(tag)}" is a tag; use a digest (run: liftlock image resolve {shown(subject)})')
        )
        return None
    try:
        return ImageRef.parse(node.text)
    except ConfigError:
        problems.append(Problem(node.position, path, f'"{shown(node.text)}" is not repository@sha256: and 64 hex digits'))
        return None


def _services(document: Document, problems: list[Problem]) -> tuple[Entry, ...]:
    root = document.root
    if root is None:
        return ()
    if not isinstance(root, MappingNode):
        problems.append(Problem(root.position, "", "a release file is a mapping with the key services"))
        return ()
    for entry in root.entries:
        if entry.key.text != "services":
            problems.append(Problem(entry.key.position, shown(entry.key.text), unknown("key", entry.key.text, ["services"])))
    services = root.get("services")
    if services is None or (isinstance(services, ScalarNode) and services.value is None):
        return ()
    if not isinstance(services, MappingNode):
        problems.append(Problem(services.position, "services", "this is a mapping of service: {image, tag, commit}"))
        return ()
    return services.entries


def _released(entry: Entry, problems: list[Problem]) -> ReleasedImage | None:
    path, node = f"services.{shown(entry.key.text)}", entry.value
    if not isinstance(node, MappingNode):
        problems.append(Problem(node.position, path, 'this is a mapping: {image: "repository@sha256:…", tag: …, commit: …}'))
        return None
    for part in node.entries:
        if part.key.text not in _KEYS:
            problems.append(Problem(part.key.position, f"{path}.{shown(part.key.text)}", unknown("key", part.key.text, _KEYS)))
    image = node.get("image")
    if image is None:
        problems.append(Problem(entry.key.position, path, "image is missing"))
        return None
    tag, commit = (_label(node.get(key), f"{path}.{key}", problems) for key in ("tag", "commit"))
    ref = image_of(image, f"{path}.image", entry.key.text, problems)
    return ReleasedImage(ref, tag, commit) if ref else None


def _label(node: Node | None, path: str, problems: list[Problem]) -> str | None:
    """A tag or commit: for people, so numbers are taken as they are written."""
    if node is None or (isinstance(node, ScalarNode) and node.value is None):
        return None
    if not isinstance(node, ScalarNode) or not node.text or not node.text.isprintable():
        problems.append(Problem(node.position, path, "this is one line of text"))
        return None
    return node.text
