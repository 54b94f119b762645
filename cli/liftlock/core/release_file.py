"""The text of `releases/<environment>.yaml`: read strictly, edited by structure so that only the changed services' lines differ.

The text is all there is: nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping

from liftlock.core.config.document import Document, Entry, MappingNode, Node, ScalarNode, Span
from liftlock.core.config.problems import Problem, config_error
from liftlock.core.config.reading import read_document
from liftlock.core.config.scalars import plain_text, quoted_text
from liftlock.core.config.suggestions import shown, unknown
from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.release import Release, ReleasedImage

HEADER = """\
# yaml-language-server: $schema=../.liftlock-schema/release.json
# What runs: service -> image digest, and for people the tag and the source commit it was built from.
# liftlock writes one line per service here (image record, promote); a promotion changes nothing else.
"""
_KEYS = ("image", "tag", "commit")
_EDITED = "releases/<environment>.yaml"


def parse_release(text: str, file: str) -> Release:
    """What the text releases; ConfigError with one line per problem. An empty text releases nothing."""
    release, problems = inspect_release(read_document(text, file))
    if problems:
        raise config_error(problems)
    return release


def edit_release(text: str | None, changes: Mapping[str, ReleasedImage], file: str = _EDITED) -> str:
    """The text with these services set to these images and every other line as it was; None begins a new file.

    ConfigError where the text is no release file, or holds anchors that would carry a change into other services' lines.
    """
    before = parse_release(text, file) if text is not None else Release({})
    current = HEADER + "services: {}\n" if text is None else text
    for service in sorted(changes):
        if before.services.get(service) != changes[service]:
            current = _set_service(current, service, changes[service], file)
    if text is None or current != text:
        _check(current, {**before.services, **changes}, file)
    return current


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


# --- edits ------------------------------------------------------------------------------------------------------------------------------


def _set_service(text: str, service: str, image: ReleasedImage, file: str) -> str:
    root = read_document(text, file).root
    services = root.get("services") if isinstance(root, MappingNode) else None
    entry = services.entry(service) if isinstance(services, MappingNode) else None
    if entry is not None and not entry.inherited:
        return _replace_service(text, entry, image)
    line = f"{plain_text(service)}: {_canonical(image)}"
    if isinstance(services, MappingNode) and any(not known.inherited for known in services.entries):
        return _add_service(text, services, line)
    newline = _newline(text)
    if services is not None:
        head = text[: services.span.start].rstrip(" \t")
        return f"{head}{newline}  {line}{text[_end(text, services) :]}"
    if isinstance(root, MappingNode) and root.flow:
        return _splice(text, root.span, f"{{services: {{{line}}}}}")
    gap = "" if not text or text == "\ufeff" or text.endswith(("\n", "\r")) else newline
    return f"{text}{gap}services:{newline}  {line}{newline}"


def _replace_service(text: str, entry: Entry, image: ReleasedImage) -> str:
    """Only the scalars that differ, where the same keys are written out; otherwise the whole value in its usual form."""
    node, values = entry.value, _values(image)
    if isinstance(node, MappingNode) and not node.alias and _simple(node) and {part.key.text for part in node.entries} == set(values):
        for part in sorted(node.entries, key=lambda part: part.value.span.start, reverse=True):
            old, new = part.value, values[part.key.text]
            if isinstance(old, ScalarNode) and old.text != new:
                text = _splice(text, old.span, _in_style(new, old.style))
        return text
    start, end = node.span.start, _end(text, node)
    between = text[entry.key.span.end : start]
    if isinstance(node, MappingNode) and not node.flow and not between.strip(" \t\r\n:"):
        start = entry.key.span.end + between.index(":") + 1
    space = "" if text[start - 1 : start] in (" ", "\t") else " "
    return _splice(text, Span(start, end), space + _canonical(image))


def _add_service(text: str, services: MappingNode, line: str) -> str:
    """A new line (in a flow mapping: a new item) behind the last service."""
    own = [entry for entry in services.entries if not entry.inherited]
    end = _end(text, own[-1].value)
    if services.flow:
        return f"{text[:end]}, {line}{text[end:]}"
    first = own[0].key.span.start
    indent = text[max(text.rfind("\n", 0, first), text.rfind("\r", 0, first)) + 1 : first].lstrip("\ufeff")
    rest = min((at for at in (text.find("\n", end), text.find("\r", end)) if at >= 0), default=len(text))
    return f"{text[:rest]}{_newline(text)}{indent}{line}{text[rest:]}"


def _simple(node: MappingNode) -> bool:
    """Whether every value is a scalar of one line that stands here and nowhere else."""
    return all(
        isinstance(part.value, ScalarNode)
        and part.value.style in ("", "'", '"')
        and not (part.inherited or part.value.alias or part.value.anchored)
        and part.value.span.end > part.value.span.start
        and "\n" not in part.value.text
        for part in node.entries
    )


def _values(image: ReleasedImage) -> dict[str, str]:
    given = {"image": str(image.image), "tag": image.tag, "commit": image.commit}
    return {key: value for key, value in given.items() if value is not None}


def _canonical(image: ReleasedImage) -> str:
    parts = [f"{key}: {quoted_text(value) if key == 'image' else plain_text(value)}" for key, value in _values(image).items()]
    return "{" + ", ".join(parts) + "}"


def _in_style(value: str, style: str) -> str:
    """The value in the quotes that the one before it had, where it can be written so."""
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return plain_text(value) if not style else quoted_text(value)


def _end(text: str, node: Node) -> int:
    """Where a node's own characters end: a block's events reach on to whatever follows it."""
    if isinstance(node, MappingNode) and not (node.flow or node.alias):
        return max(_end(text, entry.value) for entry in node.entries if not entry.inherited)
    end = node.span.end
    return end if node.span.start == end else node.span.start + len(text[node.span.start : end].rstrip())


def _newline(text: str) -> str:
    """The file's own line ending."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def _splice(text: str, span: Span, new: str) -> str:
    return text[: span.start] + new + text[span.end :]


def _check(text: str, expected: Mapping[str, ReleasedImage], file: str) -> None:
    """What was written reads back as exactly what was asked for; otherwise nothing is handed out."""
    try:
        found = dict(parse_release(text, file).services)
    except ConfigError as err:
        found, reason = None, f" ({err.message.splitlines()[0]})"
    else:
        reason = ""
    if found != dict(expected):
        raise ConfigError(
            f"{file}: the change cannot be made by editing single lines{reason}",
            hint="the file uses anchors, merge keys or a layout that ties services together; write each service on a line of its own",
        )
