"""The gate of a train: what the target runs afterwards must be exactly what the source proved together. Pure."""

from __future__ import annotations

from collections.abc import Collection

from liftlock.core.gates.result import GateResult, passed, pending


def combination_gate(source: str, target: str, surplus: Collection[str], held: Collection[str]) -> GateResult:
    """surplus: the services that the target has and the source has not. Those that are held stay as they are by intent."""
    unexplained = sorted(set(surplus) - set(held))
    if unexplained:
        reason = (
            f"{target} has {', '.join(unexplained)}, which {source} has not: {source} did not prove that combination; "
            "promote them first, remove them, or hold them"
        )
        return pending("combination", reason)
    kept = f" ({', '.join(sorted(surplus))} held)" if surplus else ""
    return passed("combination", f"exactly what {source} has{kept}")
