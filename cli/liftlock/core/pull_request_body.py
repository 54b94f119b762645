"""What a pull request of ours carries for liftlock itself: a hidden, versioned block of JSON in its body, and trailers in its commit.

Anybody can edit either, so what is read here is a claim: plans are made anew from Git and the ledger and compared with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Json
from liftlock.core.proposal import ProposalKind
from liftlock.core.release import ReleasedImage

_MOST = 100
_BLOCK = re.compile(r"<!-- liftlock:v(?P<version>\d+) (?P<json>\{.*?\}) -->")


@dataclass(frozen=True, slots=True)
class PullRequestText:
    """What a reviewer reads."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the pull request says it does. source: where a promotion comes from, "" for other kinds.

    services: the ones that were asked for, None for all; changes: each service's new image; parameters: what else was asked for, by name.
    """

    source: str
    target: str
    plan: str
    services: tuple[str, ...] | None
    changes: Mapping[str, ReleasedImage]
    kind: ProposalKind = ProposalKind.PROMOTE
    parameters: Mapping[str, str] = field(default_factory=dict)


def says_the_same(claimed: Metadata | None, asked: Metadata) -> bool:
    """Whether a body's block, read back, is the one that encode_metadata makes of what was asked for."""
    return claimed == (asked if len(asked.changes) <= _MOST else replace(asked, changes={}))


def encode_metadata(metadata: Metadata) -> str:
    """The block, safe inside an HTML comment whatever the names hold.

    Forges take bodies of some 65,000 characters, so the changes of a large promotion are left to its branch, which is what counts anyway.
    """
    listed = metadata.changes if len(metadata.changes) <= _MOST else {}
    body: dict[str, Json] = {
        "kind": metadata.kind.value,
        "source": metadata.source,
        "target": metadata.target,
        "plan": metadata.plan,
        "services": None if metadata.services is None else list(metadata.services),
        "parameters": {name: " ".join(value.split()) for name, value in metadata.parameters.items()},
        "changes": {name: {"image": str(new.image), "tag": new.tag, "commit": new.commit} for name, new in sorted(listed.items())},
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"<!-- liftlock:v2 {text.replace('<', chr(92) + 'u003c').replace('>', chr(92) + 'u003e')} -->"


def decode_metadata(body: str) -> Metadata | None:
    """What the body's block says; None where there is not exactly one of a version that is known, whole and well formed.

    Version 1 knew promotions only.
    """
    blocks = list(_BLOCK.finditer(body))
    if len(blocks) != 1 or blocks[0]["version"] not in ("1", "2"):
        return None
    try:
        data = json.loads(blocks[0]["json"])
        return _metadata(data if blocks[0]["version"] == "2" else {"kind": "promote", "parameters": {}, **data})
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
        return None


def _metadata(data: dict[str, Json]) -> Metadata:
    services, changes, parameters = data["services"], data["changes"], data["parameters"]
    if not isinstance(changes, dict) or not isinstance(services, list | None) or not isinstance(parameters, dict):
        raise TypeError("services is a list, changes and parameters are objects")
    return Metadata(
        source=_text(data["source"]),
        target=_text(data["target"]),
        plan=_text(data["plan"]),
        services=None if services is None else tuple(_text(name) for name in services),
        changes={name: _released(change) for name, change in changes.items()},
        kind=ProposalKind(_text(data["kind"])),
        parameters={name: _text(value) for name, value in parameters.items()},
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
