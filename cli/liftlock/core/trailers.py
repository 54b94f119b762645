"""Trailers: what liftlock writes into the last paragraph of its commits' messages, and an auditor reads back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from liftlock.core.proposal import ProposalKind
from liftlock.core.pull_request_body import Metadata
from liftlock.core.release import ReleasedImage

_TRAILER = re.compile(r"^(?P<key>Liftlock-[A-Za-z-]+|Approved-by): (?P<value>.+)$", re.MULTILINE)
Trailers = Mapping[str, tuple[str, ...]]


def trailer(key: str, value: str) -> str:
    """One trailer; whatever the value holds, it stays one line."""
    return f"{key}: {' '.join(value.split())}"


def message(title: str, lines: Iterable[str], trailers: Iterable[str]) -> str:
    """A commit message: title, what changes, and the trailers as last paragraph."""
    body = "\n".join(lines)
    return "\n\n".join(part for part in (" ".join(title.split()), body, "\n".join(trailers)) if part)


def read_trailers(text: str) -> Trailers:
    """key -> values of the trailers in a message's last paragraph."""
    found: dict[str, tuple[str, ...]] = {}
    for match in _TRAILER.finditer(text.replace("\r\n", "\n").rstrip().rpartition("\n\n")[2]):
        found[match["key"]] = (*found.get(match["key"], ()), match["value"].rstrip())
    return found


def metadata_trailers(metadata: Metadata) -> tuple[str, ...]:
    """What was asked for, so that the branch can be judged again from Git alone. The changes themselves are in its files."""
    found = [trailer("Liftlock-Proposal", metadata.kind.value), trailer("Liftlock-Target", metadata.target)]
    found += [trailer("Liftlock-Source", metadata.source)] if metadata.source else []
    found += [trailer("Liftlock-Service", name) for name in metadata.services or ()]
    found += [trailer("Liftlock-Parameter", f"{name}={value}") for name, value in sorted(metadata.parameters.items())]
    return (*found, trailer("Liftlock-Plan", metadata.plan))


def read_metadata(text: str, changes: Mapping[str, ReleasedImage]) -> Metadata | None:
    """What a commit's message says was asked for; None where it does not say it, as commits of earlier versions."""
    found = read_trailers(text)
    kind, target, plan = (found.get(f"Liftlock-{key}", ()) for key in ("Proposal", "Target", "Plan"))
    if not (len(kind) == len(target) == len(plan) == 1) or kind[0] not in set(ProposalKind):
        return None
    pairs = (value.partition("=") for value in found.get("Liftlock-Parameter", ()))
    return Metadata(
        source=(found.get("Liftlock-Source") or ("",))[0],
        target=target[0],
        plan=plan[0],
        services=found.get("Liftlock-Service"),
        changes=changes,
        kind=ProposalKind(kind[0]),
        parameters={name: value for name, _, value in pairs},
    )
