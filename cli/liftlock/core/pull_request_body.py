"""What a promotion's pull request carries for liftlock itself: a hidden, versioned block of JSON in its body.

Anybody can edit a body, so what is read here is a claim: plans are made anew from Git and the ledger and compared with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Json
from liftlock.core.release import ReleasedImage

_BLOCK = re.compile(r"<!-- liftlock:v(?P<version>\d+) (?P<json>\{.*?\}) -->")


@dataclass(frozen=True, slots=True)
class PullRequestText:
    """What a reviewer reads."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the pull request says it does. services: the ones that were asked for, None for all; changes: each service's new image."""

    source: str
    target: str
    plan: str
    services: tuple[str, ...] | None
    changes: Mapping[str, ReleasedImage]


def encode_metadata(metadata: Metadata) -> str:
    """The block, safe inside an HTML comment whatever the names hold."""
    body: dict[str, Json] = {
        "source": metadata.source,
        "target": metadata.target,
        "plan": metadata.plan,
        "services": None if metadata.services is None else list(metadata.services),
        "changes": {
            name: {"image": str(new.image), "tag": new.tag, "commit": new.commit} for name, new in sorted(metadata.changes.items())
        },
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"<!-- liftlock:v1 {text.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def decode_metadata(body: str) -> Metadata | None:
    """What the body's block says; None where there is not exactly one of a version that is known, whole and well formed."""
    blocks = list(_BLOCK.finditer(body))
    if len(blocks) != 1 or blocks[0]["version"] != "1":
        return None
    try:
        return _metadata(json.loads(blocks[0]["json"]))
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
        return None


def _metadata(data: dict[str, Json]) -> Metadata:
    services, changes = data["services"], data["changes"]
    if not isinstance(changes, dict) or not isinstance(services, list | None):
        raise TypeError("services is a list, changes an object")
    return Metadata(
        source=_text(data["source"]),
        target=_text(data["target"]),
        plan=_text(data["plan"]),
        services=None if services is None else tuple(_text(name) for name in services),
        changes={name: _released(change) for name, change in changes.items()},
    )


def _released(change: Json) -> ReleasedImage:
    if not isinstance(change, dict):
        raise TypeError("a change is an object")
    tag, commit = change["tag"], change["commit"]
    return ReleasedImage(
        ImageRef.parse(_text(change["image"])), None if tag is None else _text(tag), None if commit is None else _text(commit)
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
