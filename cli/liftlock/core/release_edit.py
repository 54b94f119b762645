"""The text of `releases/<environment>.yaml` with other images, edited by structure: only the changed services' lines differ. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.core.config.document import Document, Entry, MappingNode, Node, ScalarNode, Span
from liftlock.core.config.extents import end_of, newline_of
from liftlock.core.config.scalars import plain_text, quoted_text
from liftlock.core.errors import ConfigError
from liftlock.core.release import ReleasedImage
from liftlock.core.release_file import parse_like, read_sound

HEADER = """\
# yaml-language-server: $schema=../.liftlock-schema/release.json
# What runs: service -> image digest, and for people the tag and the source commit it was built from.
# liftlock writes one line per service here (image record, promote); a promotion changes nothing else.
"""
_EDITED = "releases/<environment>.yaml"
Splice = tuple[Span, str]
"""Characters of a text, and what stands there instead."""


def edit_release(text: str | None, changes: Mapping[str, ReleasedImage], file: str = _EDITED) -> str:
    """The text with these services set to these images and every other line as it was; None begins a new file.

    ConfigError where the text is no release file, or holds anchors that would carry a change into other services' lines.
    """
    if text is None:
        after = _new_file(changes)
        _check(None, after, changes, file)
        return after
    before = read_sound(text, file)
    services = before.release.services
    changed = {name: changes[name] for name in sorted(changes) if services.get(name) != changes[name]}
    if not changed:
        return text
    after = _edited(before.document, changed)
    _check(text, after, {**services, **changed}, file)
    return after


def _new_file(services: Mapping[str, ReleasedImage]) -> str:
    lines = "".join(f"  {_line(name, services[name])}\n" for name in sorted(services))
    return f"{HEADER}services:\n{lines}" if services else f"{HEADER}services: {{}}\n"


def _edited(document: Document, changed: Mapping[str, ReleasedImage]) -> str:
    """Every change as a replacement of characters of the one text, made in one go; the mapping is in the order of new lines."""
    text, root = document.text, document.root
    services = root.get("services") if isinstance(root, MappingNode) else None
    own = {e.key.text: e for e in services.entries if not e.inherited} if isinstance(services, MappingNode) else {}
    splices = [splice for name, image in changed.items() if name in own for splice in _replace_service(text, own[name], image)]
    lines = [_line(name, image) for name, image in changed.items() if name not in own]
    if lines and isinstance(services, MappingNode) and services.entries:
        splices.append(_add_services(text, services, lines))
    elif lines:
        splices += _first_services(text, root, services, lines)
    return _spliced(text, splices)


def _replace_service(text: str, entry: Entry, image: ReleasedImage) -> list[Splice]:
    """Only the scalars that differ, where the same keys are written out; otherwise the whole value in its usual form."""
    node, values = entry.value, _values(image)
    if isinstance(node, MappingNode) and not node.alias and _simple(node) and {part.key.text for part in node.entries} == set(values):
        parts = ((part.value, values[part.key.text]) for part in node.entries)
        return [(old.span, _in_style(new, old.style)) for old, new in parts if isinstance(old, ScalarNode) and old.text != new]
    start, end = node.span.start, end_of(text, node)
    between = text[entry.key.span.end : start]
    if isinstance(node, MappingNode) and not node.flow and not between.strip(" \t\r\n:"):
        start = entry.key.span.end + between.index(":") + 1
    space = "" if text[start - 1 : start] in (" ", "\t") else " "
    return [(Span(start, end), space + _canonical(image))]


def _add_services(text: str, services: MappingNode, lines: Sequence[str]) -> Splice:
    """New lines (in a flow mapping: new items) behind the last service."""
    own = [entry for entry in services.entries if not entry.inherited]
    if services.flow:
        end = end_of(text, own[-1].value) if own else services.span.end - 1
        return Span(end, end), "".join(f", {line}" for line in lines)
    first = own[0].key.span.start if own else services.span.start
    indent = text[max(text.rfind("\n", 0, first), text.rfind("\r", 0, first)) + 1 : first].lstrip("\ufeff")
    rest = _end_of_line(text, end_of(text, own[-1].value if own else services))
    return Span(rest, rest), "".join(f"{newline_of(text)}{indent}{line}" for line in lines)


def _first_services(text: str, root: Node | None, services: Node | None, lines: Sequence[str]) -> list[Splice]:
    """The first services of a file that has none of its own."""
    newline = newline_of(text)
    below = [f"{newline}  {line}" for line in lines]
    if services is not None:
        start, end = services.span.start, end_of(text, services)
        head = len(text[:start].rstrip(" \t"))
        rest = _end_of_line(text, end)
        return [(Span(head, end), below[0]), (Span(rest, rest), "".join(below[1:]))]
    if isinstance(root, MappingNode) and root.flow:
        return [(root.span, f"{{services: {{{', '.join(lines)}}}}}")]
    gap = "" if not text or text == "\ufeff" or text.endswith(("\n", "\r")) else newline
    return [(Span(len(text), len(text)), f"{gap}services:{''.join(below)}{newline}")]


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


def _line(service: str, image: ReleasedImage) -> str:
    return f"{plain_text(service)}: {_canonical(image)}"


def _canonical(image: ReleasedImage) -> str:
    parts = [f"{key}: {quoted_text(value) if key == 'image' else plain_text(value)}" for key, value in _values(image).items()]
    return "{" + ", ".join(parts) + "}"


def _in_style(value: str, style: str) -> str:
    """The value in the quotes that the one before it had, where it can be written so."""
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return plain_text(value) if not style else quoted_text(value)


def _end_of_line(text: str, at: int) -> int:
    return min((found for found in (text.find("\n", at), text.find("\r", at)) if found >= 0), default=len(text))


def _spliced(text: str, splices: Sequence[Splice]) -> str:
    """The text with all replacements made. Where two ask for the same characters the last one wins, and the check finds it."""
    pieces: list[str] = []
    at = 0
    for span, new in sorted(splices, key=lambda splice: (splice[0].start, splice[0].end)):
        pieces += [text[at : span.start], new]
        at = max(at, span.end)
    return "".join([*pieces, text[at:]])


def _check(before: str | None, text: str, expected: Mapping[str, ReleasedImage], file: str) -> None:
    """What was written reads back as exactly what was asked for; otherwise nothing is handed out."""
    try:
        found = dict(parse_like(before, text, file).services)
    except ConfigError as err:
        found, reason = None, f" ({err.message.splitlines()[0]})"
    else:
        reason = ""
    if found != dict(expected):
        raise ConfigError(
            f"{file}: the change cannot be made by editing single lines{reason}",
            hint="the file uses anchors, merge keys or a layout that ties services together; write each service on a line of its own",
        )
