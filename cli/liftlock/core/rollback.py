"""A rollback, decided: to which release, which images that takes, and what keeps the bad release from coming back. Pure.

It is a promotion backwards by people's decision: no evidence is asked for but that the images are still there, and that the release was
healthy where it goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from liftlock.core.errors import BlockedError, LiftlockError, PolicyError, UsageError
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.measure import Measure
from liftlock.core.policy import Hold, Policy, Rule, Veto
from liftlock.core.policy_change import has_ended
from liftlock.core.policy_edit import kind_of
from liftlock.core.proposal import AddRule, Edit, ProposalKind, ReleaseEdit, RemoveRule, edit_values
from liftlock.core.release import Release, ReleasedImage

_HOLD = "rollback"


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """to: a release's id, None for the last one proved healthy before the present one. service: only this one."""

    environment: str
    reason: str
    owner: str
    to: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """What an environment ran once. images: service -> `repository@digest`; healthy: a later record proved it."""

    release: str
    images: Mapping[str, str]
    sequence: int
    healthy: bool


def plan_rollback(request: RollbackRequest, present: Release, records: Sequence[Record], policy: Policy, now: datetime) -> Measure:
    """The release file reverted, the present release vetoed, and a hold set, as one measure without approvals.

    UsageError or BlockedError where there is nothing to go back to.
    """
    environment = request.environment
    history = deployments(environment, records)
    title = f"Roll {environment} back"
    if held := _rolled_back(request, policy, now):
        note = f"{environment} was rolled back already ({held.id}: {held.reason}); to go further back, name the release: --to RELEASE"
        return Measure(ProposalKind.ROLLBACK, environment, title, request.reason, (), note=note)
    target = _target(request, present, history, policy, now)
    _refuse_vetoed(request, target, policy, now)
    images = _images(request, present, target, records)
    if not images:
        note = f"{environment} declares {target.release} already"
        return Measure(ProposalKind.ROLLBACK, environment, title, request.reason, (), note=note)
    after = present.with_images(images)
    edits: list[Edit] = [ReleaseEdit(environment, images), *_rules(request, present, policy, now)]
    lines = [f"- {name}: {present.services[name].image.digest} -> {new.image}" for name, new in sorted(images.items())]
    return Measure(
        kind=ProposalKind.ROLLBACK,
        target=environment,
        title=f"{title} to {after.id}" + (f" ({request.service})" if request.service else ""),
        reason=request.reason,
        edits=tuple(edits),
        lines=tuple(lines),
        release=after.id,
        parameters={"left": present.id, "to": target.release},
    )


def why_no_rollback(
    edits: Sequence[Edit], said: RollbackRequest, present: Release, records: Sequence[Record], policy: Policy, now: datetime
) -> str | None:
    """Why a branch's edits are none that plan_rollback gives for what its commit said; None where they are. Owner and service are read
    from the edits.

    A rollback passes without evidence and by freezes, so nothing but what the environment really ran may come in through it.
    """
    if said.to is None:
        return "its commit does not say which release it goes back to"
    owner = next((edit.rule.owner for edit in edits if isinstance(edit, AddRule)), said.owner)
    services = [name for edit in edits if isinstance(edit, ReleaseEdit) for name in edit.images]
    found, history = sorted(map(_essence, edits)), deployments(said.environment, records)
    try:
        for service in (None, *services[:1]):
            request = replace(said, owner=owner, service=service)
            images = _images(request, present, _target(request, present, history, policy, now), records)
            if found == sorted(map(_essence, (ReleaseEdit(said.environment, images), *_rules(request, present, policy, now)))):
                return None
    except LiftlockError as err:
        return err.message
    return f"it is not what a rollback of {said.environment} to {said.to} changes"


def _essence(edit: Edit) -> str:
    """The edit as text, however many spaces its reason has."""
    return " ".join(json.dumps(edit_values(edit), sort_keys=True).split())


def deployments(environment: str, records: Sequence[Record]) -> tuple[Deployed, ...]:
    """What the environment ran, oldest first. One that failed, or of which nothing was proved, is not healthy."""
    found: list[Deployed] = []
    for record in records:
        entry = record.entry
        if entry.environment != environment or entry.release is None:
            continue
        if entry.fact is Fact.DEPLOYED and entry.details.get("dirty") is not True:
            found.append(Deployed(entry.release, dict(images_of(entry)), record.sequence, healthy=False))
        elif entry.fact is Fact.VERIFIED and found and found[-1].release == entry.release:
            last = found[-1]
            found[-1] = Deployed(last.release, last.images, last.sequence, healthy=True)
    return tuple(found)


def _rolled_back(request: RollbackRequest, policy: Policy, now: datetime) -> Hold | None:
    """The hold of a rollback that still stands: asking again is not asking to go further back."""
    if request.to is not None:
        return None
    about = (hold for hold in policy.holds if hold.environment == request.environment and hold.service in (None, request.service))
    return next((hold for hold in about if hold.rollback and not has_ended(hold, now)), None)


def _target(request: RollbackRequest, present: Release, history: Sequence[Deployed], policy: Policy, now: datetime) -> Deployed:
    environment = request.environment
    if request.to is not None:
        found = next((item for item in reversed(history) if item.release == request.to), None)
        if found is None:
            known = ", ".join(dict.fromkeys(item.release for item in reversed(history))) or "none"
            raise UsageError(f"{environment} never ran {request.to}", hint=f"it ran, newest first: {known}")
        return found
    for item in reversed(_before(present, history)):
        if item.healthy and _differs(item, present, request.service) and _veto_of(item, environment, policy, now) is None:
            return item
    if not present.services:
        raise BlockedError(
            f"{environment} has no release yet: there is nothing to go back from", hint=f"run: liftlock history --env {environment}"
        )
    raise BlockedError(
        f"no release before {present.id} was proved healthy in {environment}",
        hint=f"name one: liftlock rollback {environment} --to RELEASE",
    )


def _before(present: Release, history: Sequence[Deployed]) -> Sequence[Deployed]:
    """What ran before the present release came; all of it where it never came."""
    images = {name: str(image) for name, image in present.images.items()}
    last = next((place for place in reversed(range(len(history))) if history[place].images == images), None)
    return history if last is None else history[:last]


def _differs(item: Deployed, present: Release, service: str | None) -> bool:
    names = [service] if service else list(present.images)
    return any(name in item.images and item.images[name] != str(present.images.get(name)) for name in names)


def _refuse_vetoed(request: RollbackRequest, target: Deployed, policy: Policy, now: datetime) -> None:
    veto = _veto_of(target, request.environment, policy, now)
    if veto is not None:
        raise PolicyError(
            f"{target.release} is vetoed by {veto.id}: {veto.reason} ({veto.owner})",
            hint=f"take another release: --to RELEASE, or lift the veto: liftlock unveto {veto.id}",
        )


def _veto_of(target: Deployed, environment: str, policy: Policy, now: datetime) -> Veto | None:
    digests = {image.rpartition("@")[2] for image in target.images.values()}
    here = (veto for veto in policy.vetoes if not veto.environments or environment in veto.environments)
    return next((veto for veto in here if not has_ended(veto, now) and (veto.release == target.release or veto.digest in digests)), None)


def _images(request: RollbackRequest, present: Release, target: Deployed, records: Sequence[Record]) -> dict[str, ReleasedImage]:
    """The images that differ, with the tags that the ledger knows. A service that was not there then stays as it is."""
    if request.service is not None and request.service not in present.services:
        raise UsageError(
            f"{request.environment} releases no service {request.service!r}", hint=f"it has: {', '.join(sorted(present.services))}"
        )
    wanted = [request.service] if request.service else sorted(present.services)
    tags = _tags(records)
    return {
        name: ReleasedImage(ImageRef.parse(target.images[name]), tags.get(target.images[name]))
        for name in wanted
        if name in target.images and str(present.services[name].image) != target.images[name]
    }


def _rules(request: RollbackRequest, present: Release, policy: Policy, now: datetime) -> tuple[Edit, ...]:
    """The veto of what is left, so that it comes back nowhere, and the hold that a roll-forward lifts."""
    environment, service, reason = request.environment, request.service, f"rolled back: {request.reason}"
    digest = present.services[service].image.digest.text if service else None
    bad, release = (digest.replace(":", "-")[:19], None) if digest else (present.id, present.id)
    veto = Veto(bad, release, digest, (), reason, request.owner, None)
    name = f"{_HOLD}-{environment}" + (f"-{service}" if service else "")
    hold = Hold(name, environment, service, None, reason, request.owner, None, rollback=present.id)
    return (*_setting(veto, policy.vetoes, now), *_setting(hold, policy.holds, now))


def _setting(rule: Rule, rules: Sequence[Rule], now: datetime) -> tuple[Edit, ...]:
    """The rule set, if none of its name holds; one that has ended gives way."""
    known = next((found for found in rules if found.id == rule.id), None)
    if known is None:
        return (AddRule(rule),)
    return (RemoveRule(kind_of(rule), rule.id), AddRule(rule)) if has_ended(known, now) else ()


def _tags(records: Sequence[Record]) -> dict[str, str]:
    """`repository@digest` -> the tag under which it was recorded."""
    found: dict[str, str] = {}
    for record in records:
        tags = record.entry.details.get("tags")
        if record.entry.fact is Fact.RECORDED and isinstance(tags, dict):
            images = images_of(record.entry)
            found |= {images[name]: str(tag) for name, tag in tags.items() if name in images}
    return found
