"""The gate on the registry: what would be deployed must still be there. Pure; asking is costly, so it comes after all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from liftlock.core.gates.result import GateResult, count, failed, passed, unknown


@dataclass(frozen=True, slots=True)
class Presence:
    """What the registry said of a digest: there, not there, or (reason set) nothing at all."""

    present: bool
    reason: str | None = None


NOT_ASKED = Presence(present=False, reason="not asked yet")


def digests_gate(presences: Mapping[str, Presence]) -> GateResult:
    """Passes when the registry answered that it has every image (`repository@digest` -> its answer)."""
    missing = sorted(image for image, presence in presences.items() if not presence.present and presence.reason is None)
    unasked = sorted(f"{image} ({presence.reason})" for image, presence in presences.items() if presence.reason is not None)
    if missing:
        return failed("digests", f"the registry does not have {', '.join(missing)}; push the image again or record another")
    if unasked:
        return unknown("digests", f"the registry could not be asked for {', '.join(unasked)}")
    return passed("digests", f"the registry has {count(len(presences), 'image')}")
