"""Gates on the rules that people set for a while: freezes, vetoes, holds, and the hold label of a pull request. Pure.

Order of strength: veto, freeze, window, hold, hotfix. Rules that have ended do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from liftlock.core.gates.result import GateMoment, GateResult, passed, refused
from liftlock.core.moments import moment_text
from liftlock.core.policy import Freeze, Hold, Veto

HOLD_LABEL = "liftlock/hold"


def freeze_gate(freezes: Sequence[Freeze], environment: str, services: Collection[str], now: datetime, *, hotfix: bool) -> GateResult:
    """Passes where no freeze of the environment and these services holds now, or each that does lets hotfixes pass."""
    holding = [item for item in freezes if item.start <= now < item.until and _concerns(item, environment, services)]
    refusing = [item for item in holding if not (hotfix and item.hotfix)]
    if refusing:
        said = "; ".join(f"{item.id}: {item.reason} ({item.owner}, until {_local(item)})" for item in refusing)
        return refused(
            "freeze", f"{environment} is frozen by {said}", _where("freezes", refusing), clears_at=max(f.until for f in refusing)
        )
    if holding:
        return passed("freeze", f"frozen, but not for hotfixes: {', '.join(item.id for item in holding)}")
    return passed("freeze", f"{environment} is not frozen")


def active_vetoes(vetoes: Sequence[Veto], environment: str, now: datetime) -> tuple[Veto, ...]:
    """Those that hold for the environment now."""
    return tuple(
        veto for veto in vetoes if (veto.until is None or now < veto.until) and (not veto.environments or environment in veto.environments)
    )


def is_vetoed(veto: Veto, release: str | None, images: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether the veto is of this release, of the same images under another name, or of one of its digests.

    images: service -> `repository@digest`. known: release -> its images, as they were deployed: configuration gives one set of images
    another name in each environment.
    """
    if veto.digest is not None:
        return any(image.rpartition("@")[2] == veto.digest for image in images.values())
    if veto.release == release:
        return True
    meant = known.get(veto.release or "", {})
    return bool(meant) and all(images.get(service) == image for service, image in meant.items())


def veto_gate(vetoes: Sequence[Veto]) -> GateResult:
    """vetoes: the active ones of what would enter. Nothing passes one."""
    if not vetoes:
        return passed("veto", "nobody vetoed it")
    said = "; ".join(f"{veto.id}: {veto.reason} ({veto.owner})" for veto in vetoes)
    ends = [veto.until for veto in vetoes if veto.until is not None]
    until = max(ends) if len(ends) == len(vetoes) else None
    return refused("veto", f"vetoed by {said}", _where("vetoes", vetoes), clears_at=until)


def holds_of(holds: Sequence[Hold], environment: str, service: str, image: str, now: datetime) -> tuple[Hold, ...]:
    """The holds that keep this image out of the service there. One that pins exactly this image does not."""
    return tuple(
        hold
        for hold in holds
        if hold.environment == environment
        and hold.service in (None, service)
        and (hold.until is None or now < hold.until)
        and (hold.image is None or not _pins(hold.image, image))
    )


def hold_gate(holds: Sequence[Hold], *, hotfix: bool) -> GateResult:
    """holds: those that keep something out of what would change."""
    if not holds:
        return passed("hold", "nothing of it is held")
    said = "; ".join(f"{hold.id}: {hold.service or hold.environment} is held, {hold.reason} ({hold.owner})" for hold in holds)
    if hotfix:
        return passed("hold", f"passed by as a hotfix: {said}")
    ends = [hold.until for hold in holds if hold.until is not None]
    until = max(ends) if len(ends) == len(holds) else None
    return refused("hold", said, _where("holds", holds), clears_at=until)


def label_gate(labels: Collection[str]) -> GateResult:
    """Passes while the pull request does not carry the hold label."""
    if HOLD_LABEL in labels:
        return refused("label", f"the pull request carries the label {HOLD_LABEL}; take it off", moment=GateMoment.MERGE)
    return passed("label", "the pull request is not held by a label", moment=GateMoment.MERGE)


def _concerns(freeze: Freeze, environment: str, services: Collection[str]) -> bool:
    here = not freeze.environments or environment in freeze.environments
    return here and (not freeze.services or not set(freeze.services).isdisjoint(services))


def _pins(pin: str, image: str) -> bool:
    """A pin is `repository@sha256:…`, or the digest alone."""
    return image == pin or image.rpartition("@")[2] == pin


def _local(freeze: Freeze) -> str:
    said = moment_text(freeze.until, freeze.zone)
    return said if said.endswith("Z") else f"{said} {freeze.zone}"


def _where(kind: str, rules: Sequence[Freeze | Veto | Hold]) -> str:
    return f"policy/{kind}.yaml: {', '.join(rule.id for rule in rules)}"
