"""What a promotion is decided from and what it comes to: frozen values only. Deciding is in promotion.py and promotion_gates.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from liftlock.core.errors import UsageError
from liftlock.core.gates.attestation import Attested
from liftlock.core.gates.registry import Presence
from liftlock.core.gates.result import GateMoment, GateResult, earliest_clearing
from liftlock.core.gates.review import Exclusion
from liftlock.core.ledger import Json, Record
from liftlock.core.policy import Policy
from liftlock.core.project import Project, Stage
from liftlock.core.proposal import Action, Edit, ProposalKind, ReleaseEdit, RemoveRule
from liftlock.core.proposal_pull import ProposalPull
from liftlock.core.pull_request_body import Metadata
from liftlock.core.release import Release, ReleasedImage


@dataclass(frozen=True, slots=True)
class Hotfix:
    """Why the usual way is too long, until when it may be merged, and who asks (`NAME <EMAIL>` or `@login`)."""

    reason: str
    expires: datetime
    requester: str


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What is asked for. services: only these; None for all that the source has. train: exactly what the source has, together.

    hotfix: through the hotfix lane. lifts: the holds of rollbacks that a roll-forward lifts, by id.
    """

    source: str
    target: str
    services: tuple[str, ...] | None = None
    train: bool = False
    hotfix: Hotfix | None = None
    lifts: tuple[str, ...] = ()

    @property
    def kind(self) -> ProposalKind:
        """Which lane."""
        if self.lifts:
            return ProposalKind.ROLLFORWARD
        return ProposalKind.HOTFIX if self.hotfix else ProposalKind.PROMOTE

    def edits(self, images: Mapping[str, ReleasedImage]) -> tuple[Edit, ...]:
        """What its branch changes, in the order in which a branch is read."""
        return (*(RemoveRule("holds", name) for name in self.lifts), ReleaseEdit(self.target, images))

    @property
    def parameters(self) -> dict[str, str]:
        """What else was asked for, by name, as the pull request carries it."""
        found = {"train": "yes"} if self.train else {}
        found |= {"lifts": ",".join(self.lifts)} if self.lifts else {}
        if self.hotfix is not None:
            said = {"reason": self.hotfix.reason, "requester": self.hotfix.requester}
            found |= {"expires": self.hotfix.expires.isoformat(), **{key: " ".join(text.split()) for key, text in said.items()}}
        return found

    @classmethod
    def of(cls, metadata: Metadata) -> PromotionRequest:
        """What a pull request says was asked for; UsageError where it lacks what its lane needs."""
        said, hotfix = metadata.parameters, None
        if metadata.kind is ProposalKind.HOTFIX:
            try:
                expires = datetime.fromisoformat(said["expires"])
                hotfix = Hotfix(said["reason"], expires, said["requester"])
            except (KeyError, ValueError) as err:
                raise UsageError("the hotfix says no reason, no end or no requester", hint="open it again: liftlock promote open") from err
        lifts = tuple(name for name in said.get("lifts", "").split(",") if name)
        return cls(metadata.source, metadata.target, metadata.services, said.get("train") == "yes", hotfix, lifts)


@dataclass(frozen=True, slots=True)
class Observed:
    """The world as it was seen. releases: every upstream environment's and the target's, at the base commit.

    pulls: the open promotions into the target. presences: `repository@digest` -> what the registry said, of those that were asked for.
    excluded: pull request -> who may not approve it and why, where that was looked up. attested: `repository@digest` -> what is attested
    of it, of those that were asked for.
    """

    base: str
    releases: Mapping[str, Release]
    records: Sequence[Record]
    pulls: Sequence[ProposalPull]
    presences: Mapping[str, Presence]
    excluded: Mapping[int, Sequence[Exclusion]]
    now: datetime
    policy: Policy = field(default_factory=Policy)
    attested: Mapping[str, Attested] = field(default_factory=dict)

    def is_asked(self, image: str, stage: Stage) -> bool:
        """Whether the registry was asked for all that the stage wants to know of the image."""
        return image in self.presences and (stage.gates.asks_attestation is None or image in self.attested)


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """One service's image in the target, before (None: it has none yet) and after."""

    service: str
    old: ReleasedImage | None
    new: ReleasedImage


@dataclass(frozen=True, slots=True)
class ConsideredRelease:
    """A release of the source that could have been promoted. record: the ledger's, None for what the source declares now.

    blockers: why it was not chosen; clears_at: when all of them can have passed at the earliest, if that is known.
    """

    release: str
    record: int | None
    chosen: bool
    blockers: tuple[GateResult, ...]
    clears_at: datetime | None


class PlanOutcome(StrEnum):
    """What `promote plan` comes to."""

    NOTHING = "nothing"
    CHANGES = "changes"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """What a promotion would change, what stands in its way, and what is to be done now (no action where a gate blocks).

    source_release: what the source must have proved. release: what the target will run. rollback: what it runs now, if anything.
    digest: names the content of the promotion (what, from where, to where, under which gates) but not the moment of planning.
    considered: the source's releases, newest first, down to the chosen one. unasked: images that only the registry is missing for.
    """

    request: PromotionRequest
    outcome: PlanOutcome
    base: str
    source_release: str
    release: str
    rollback: str | None
    changes: tuple[ServiceChange, ...]
    gates: tuple[GateResult, ...]
    actions: tuple[Action, ...]
    branch: str
    digest: str
    pull: int | None
    considered: tuple[ConsideredRelease, ...] = ()
    notes: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()

    @property
    def blockers(self) -> tuple[GateResult, ...]:
        """The gates that keep the pull request from being opened."""
        return tuple(gate for gate in self.gates if gate.moment is GateMoment.OPEN and not gate.passed)

    @property
    def merge_blockers(self) -> tuple[GateResult, ...]:
        """The gates that keep it from being merged."""
        return tuple(gate for gate in self.gates if not gate.passed)

    @property
    def clears_at(self) -> datetime | None:
        """When it can be merged at the earliest, if every gate that is in the way knows."""
        return earliest_clearing(self.gates)

    @property
    def new_images(self) -> dict[str, ReleasedImage]:
        """service -> the image that it gets."""
        return {change.service: change.new for change in self.changes}

    @property
    def metadata(self) -> Metadata:
        """What the pull request carries of this plan."""
        asked = self.request
        return Metadata(asked.source, asked.target, self.digest, asked.services, self.new_images, asked.kind, asked.parameters)


def plan_digest(project: Project, stage: Stage, request: PromotionRequest, changes: Sequence[ServiceChange]) -> str:
    """The name of what would be approved: these services' images before and after, where they go, and the rules on it.

    Other services of source and target are not in it: what happens to them takes no approval away. Nor is the source: where several
    environments lead to the target all of them must have the same images, and who asks from which of them makes no other plan.
    """
    body: dict[str, Json] = {
        "version": 2,
        "project": project.name,
        "target": request.target,
        "kind": request.kind.value,
        "parameters": dict(request.parameters),
        "changes": {c.service: {"old": str(c.old.image) if c.old else None, "new": str(c.new.image)} for c in changes},
        "gates": _rules(stage),
    }
    return "plan-" + hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _rules(stage: Stage) -> dict[str, Json]:
    """Everything that the stage declares about its gates: a stricter or laxer rule needs another look."""
    gates = replace(stage.gates, attestation=stage.gates.asks_attestation)
    return {"upstream": [*sorted(stage.upstream)], **{name: _plain(value) for name, value in asdict(gates).items()}}


def _plain(value: object) -> Json:
    match value:
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case frozenset() | set():
            return [*sorted(map(str, value))]
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
