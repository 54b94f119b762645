"""The one word that a promotion's gates come to, as a check that a forge can require before a merge. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.core.gates.result import GatePhase, GateResult
from liftlock.core.ports import Check, CheckState

CHECK = "liftlock/promotion"
_LONGEST = 140  # what GitHub takes; the others take more


def promotion_check(gates: Sequence[GateResult], stale: str | None, url: str | None) -> Check:
    """Passed when it could be merged now; failed when it never can be as it is; pending when it may be later."""
    blockers = [gate for gate in gates if not gate.passed]
    if stale is not None:
        return Check(CHECK, CheckState.FAILED, url, _short(f"outdated: {stale}"))
    if not blockers:
        return Check(CHECK, CheckState.PASSED, url, _short(f"all {len(gates)} gates pass" if gates else "no gate stands in the way"))
    failed = [gate for gate in blockers if gate.phase is GatePhase.FAILED]
    said = "; ".join(f"{gate.key}: {gate.reason}" for gate in failed or blockers)
    return Check(CHECK, CheckState.FAILED if failed else CheckState.PENDING, url, _short(said))


def ordinary_check(releases: Sequence[str], url: str | None) -> Check:
    """For what is no promotion: passed, unless it changes releases that only a promotion may change. releases: those environments."""
    if releases:
        said = f"not a promotion, and not the base's release of {', '.join(releases)}: bring the base in, or take the change out"
        return Check(CHECK, CheckState.FAILED, url, _short(said))
    return Check(CHECK, CheckState.PASSED, url, "not a promotion, and it changes no release of a later environment")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
