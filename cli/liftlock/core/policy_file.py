"""The text of policy/*.yaml, read strictly: what holds for a while, why, by whom and until when. Nothing is read from disk here.

A rule that cannot be read is an error with its place, never no rule. Edits are in policy_edit.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from liftlock.core.config.document import Document, MappingNode, Node, ScalarNode, SequenceNode
from liftlock.core.config.entries import EntryReader, Known
from liftlock.core.config.problems import Problem, config_error
from liftlock.core.config.reading import read_document
from liftlock.core.config.suggestions import shown, unknown
from liftlock.core.config.text_rules import DIGEST, ENTRY_ID, IMAGE, PERSON_KEY, RELEASE_ID
from liftlock.core.moments import ALWAYS
from liftlock.core.policy import Freeze, Hold, Person, Policy, Veto

POLICY = PurePosixPath("policy")
KINDS = ("freezes", "vetoes", "holds", "people")
_COMMON = ("until", "zone", "reason", "owner")
KEYS: Mapping[str, tuple[str, ...]] = {
    "freezes": ("id", "environments", "services", "from", *_COMMON, "hotfix"),
    "vetoes": ("id", "release", "digest", "environments", *_COMMON),
    "holds": ("id", "environment", "service", "image", *_COMMON, "rollback"),
    "people": ("name", "keys"),
}
_T = TypeVar("_T")


def policy_path(kind: str) -> PurePosixPath:
    """Where the entries of one kind are declared."""
    return POLICY / f"{kind}.yaml"


def parse_policy(texts: Mapping[str, str], known: Known | None = None) -> Policy:
    """The policy that the texts (by kind) declare; ConfigError with one line per problem. known: None where names are not checked."""
    documents = {kind: read_document(text, str(policy_path(kind))) for kind, text in texts.items()}
    policy, problems = inspect_policy(documents, known)
    if problems:
        raise config_error(problems)
    return policy


def inspect_policy(documents: Mapping[str, Document], known: Known | None = None) -> tuple[Policy, tuple[Problem, ...]]:
    """What can be read of the documents (by kind), and everything that is wrong with them."""
    problems: list[Problem] = []

    def entries(kind: str, build: Callable[[EntryReader], _T | None]) -> tuple[_T, ...]:
        document = documents.get(kind)
        readers = _readers(document, kind, known, problems) if document else []
        return tuple(found for reader in readers if (found := build(reader)) is not None)

    policy = Policy(entries("freezes", _freeze), entries("vetoes", _veto), entries("holds", _hold), entries("people", _person))
    problems += _one_person_each(documents.get("people"))
    return policy, tuple(problems)


def _readers(document: Document, kind: str, known: Known | None, problems: list[Problem]) -> list[EntryReader]:
    readers: list[EntryReader] = []
    ids: dict[str, int] = {}
    for index, node in enumerate(_items(document, kind, problems)):
        path = f"{kind}[{index}]"
        if not isinstance(node, MappingNode):
            problems.append(Problem(node.position, path, f"this is a mapping with the keys {', '.join(KEYS[kind])}"))
            continue
        reader = EntryReader(node, path, known, problems)
        reader.only(KEYS[kind])
        name = node.get("id")
        if isinstance(name, ScalarNode) and name.text in ids:
            reader.wrong("id", f'"{shown(name.text)}" is already the id of the entry at line {ids[name.text]}')
        elif isinstance(name, ScalarNode):
            ids[name.text] = name.position.line
        readers.append(reader)
    return readers


def _items(document: Document, kind: str, problems: list[Problem]) -> Iterable[Node]:
    root = document.root
    if root is None:
        return ()
    if not isinstance(root, MappingNode):
        problems.append(Problem(root.position, "", f"{document.file} is a mapping with the key {kind}"))
        return ()
    for entry in root.entries:
        if entry.key.text != kind:
            problems.append(Problem(entry.key.position, shown(entry.key.text), unknown("key", entry.key.text, [kind])))
    node = root.get(kind)
    if node is None or (isinstance(node, ScalarNode) and node.value is None):
        return ()
    if not isinstance(node, SequenceNode):
        problems.append(Problem(node.position, kind, "this is a list: each entry begins with -"))
        return ()
    return node.items


def _freeze(reader: EntryReader) -> Freeze | None:
    zone, start = reader.zone(), ALWAYS
    name, reason, owner = reader.text("id", ENTRY_ID), reader.text("reason"), reader.text("owner")
    environments, services, hotfix = reader.names("environments", "environment"), reader.names("services", "service"), reader.flag("hotfix")
    if reader.has("from"):
        start = reader.moment("from", zone) or ALWAYS
    until = reader.moment("until", zone)
    if until is not None and until <= start:
        reader.wrong("until", "the end is not after the start")
    if name is None or reason is None or owner is None or until is None:
        return None
    return Freeze(name, environments, services, start, until, zone or "UTC", reason, owner, hotfix)


def _veto(reader: EntryReader) -> Veto | None:
    zone = reader.zone()
    name, reason, owner = reader.text("id", ENTRY_ID), reader.text("reason"), reader.text("owner")
    release, digest = reader.text("release", RELEASE_ID, required=False), reader.text("digest", DIGEST, required=False)
    environments, (ended, until) = reader.names("environments", "environment"), reader.end(zone)
    if reader.has("release") == reader.has("digest"):
        reader.wrong("release", "a veto names either a release (rel-…) or a digest (sha256:…)")
        return None
    if name is None or reason is None or owner is None or not ended or (release is None and digest is None):
        return None
    return Veto(name, release, digest, environments, reason, owner, until, zone or "UTC")


def _hold(reader: EntryReader) -> Hold | None:
    zone = reader.zone()
    name, reason, owner = reader.text("id", ENTRY_ID), reader.text("reason"), reader.text("owner")
    environment, service = reader.text("environment"), reader.text("service", required=False)
    for kind in ("environment", "service"):
        if reader.has(kind):
            reader.check_name(reader.node.get(kind), kind, kind)
    image, rollback = reader.text("image", IMAGE, required=False), reader.text("rollback", RELEASE_ID, required=False)
    ended, until = reader.end(zone)
    if image is not None and service is None:
        reader.wrong("image", "a pin is of one service: name it with service")
    if name is None or reason is None or owner is None or environment is None or not ended:
        return None
    return Hold(name, environment, service, image, reason, owner, until, zone or "UTC", rollback)


def _person(reader: EntryReader) -> Person | None:
    name, node = reader.text("name"), reader.node.get("keys")
    items = node.items if isinstance(node, SequenceNode) else ()
    if not items or not all(isinstance(item, ScalarNode) and PERSON_KEY.fits(item.text) for item in items):
        reader.wrong("keys", 'keys is a list of addresses and accounts: [ada@shop.example, "@ada"]')
        return None
    return Person(name, frozenset(item.text.casefold() for item in items if isinstance(item, ScalarNode))) if name else None


def _one_person_each(document: Document | None) -> Iterable[Problem]:
    """Who would be two people could approve what the other one made."""
    first: dict[str, int] = {}
    items = _items(document, "people", []) if document else ()
    for index, item in enumerate(items):
        keys = item.get("keys") if isinstance(item, MappingNode) else None
        for key in keys.items if isinstance(keys, SequenceNode) else ():
            text = key.text.casefold() if isinstance(key, ScalarNode) else ""
            if first.setdefault(text, index) != index:
                yield Problem(key.position, f"people[{index}].keys", f'"{shown(text)}" is already a key of people[{first[text]}]')
