"""A drift report as text: one block per resource, one line per property with its three sides."""

from __future__ import annotations

from liftlock.core.drift import ABSENT, Cause, DriftedResource, DriftReport, PropertyDrift, ResourceDrift
from liftlock.core.ledger import Json

_MARKS = {
    ResourceDrift.CHANGED: "~",
    ResourceDrift.RECREATED: "~",
    ResourceDrift.MISSING: "-",
    ResourceDrift.UNDECLARED: "+",
    ResourceDrift.NOT_CREATED: "*",
    ResourceDrift.STRAY: "+",
    ResourceDrift.UNKNOWN: "?",
    ResourceDrift.IN_SYNC: " ",
}
_WIDEST = 60


def render_drift(report: DriftReport) -> str:
    """The whole report; its first line is the verdict."""
    return "\n".join([_verdict(report), *(line for resource in report.resources for line in _resource(resource)), *_advice(report)])


def _verdict(report: DriftReport) -> str:
    seen = f"{report.in_sync} in sync, coverage {report.coverage:.0%}"
    if report.clean:
        return f"{report.environment}: no drift ({seen})"
    if not report.complete:
        return f"{report.environment}: incomplete, not every resource could be looked at ({seen})"
    count = len(report.resources)
    return f"{report.environment}: {count} resource{'s' if count > 1 else ''} drifted ({seen})"


def _resource(resource: DriftedResource) -> list[str]:
    kind = resource.type.rpartition(":")[2]
    reason = f": {resource.reason}" if resource.reason else ""
    lines = ["", f"{_MARKS[resource.drift]} {kind} {resource.name}  {resource.drift.value}{reason}"]
    return [*lines, *(line for item in resource.properties for line in _property(item))]


def _property(item: PropertyDrift) -> list[str]:
    sides = {side: _show(value) if side in item.has else ABSENT for side, value in _sides(item)}
    return [
        f"    {item.path}  ({item.cause.value})",
        f"      declared      {sides['declared']}",
        f"      last applied  {sides['applied']}{_arrow(item, {Cause.UNAPPLIED, Cause.BOTH})}",
        f"      live          {sides['live']}{_arrow(item, {Cause.OUTSIDE, Cause.BOTH})}",
    ]


def _sides(item: PropertyDrift) -> list[tuple[str, Json]]:
    return [("declared", item.declared), ("applied", item.applied), ("live", item.live)]


def _arrow(item: PropertyDrift, causes: set[Cause]) -> str:
    return "   <-- differs" if item.cause in causes else ""


def _show(value: Json) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _advice(report: DriftReport) -> list[str]:
    if report.clean:
        return []
    if not report.complete:
        return ["", "Nothing above marked ? is known to be well. Mend what does not answer and run the same command again."]
    unchanged = f"Nothing was changed (state {(report.state_checksum or '')[:12]})."
    return ["", f"{unchanged} To restore what is declared: liftlock env up {report.environment}"]
