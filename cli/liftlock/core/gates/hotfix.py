"""The gate of the hotfix lane: what passes other gates by does so for a while only. Pure."""

from __future__ import annotations

from datetime import datetime

from liftlock.core.gates.result import GateResult, passed, refused


def hotfix_gate(reason: str, requester: str, expires: datetime, now: datetime) -> GateResult:
    """Passes until the hotfix expires."""
    said = f"{reason} (asked for by {requester}, until {expires.isoformat(timespec='minutes')})"
    if now >= expires:
        return refused("hotfix", f"the hotfix has expired: {said}; open it again if it is still needed")
    return passed("hotfix", said)
