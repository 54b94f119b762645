"""A pipeline dev -> staging -> prod on fakes: what the promotion tests start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath

from liftlock.adapters.pull_request_rendering import render_pull_request
from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.policy import Rule
from liftlock.core.policy_edit import add_rule, kind_of
from liftlock.core.policy_file import KINDS, policy_path
from liftlock.core.ports import Identity
from liftlock.core.project import EngineKind, EngineSettings, ForgeKind, ForgeSettings, Gates, Project, Stage
from liftlock.core.promotion_types import PromotionRequest
from liftlock.core.release import Release
from liftlock.services.attested_images import AttestationParts
from liftlock.services.images import ImageParts, Images
from liftlock.services.promotion_reviews import PromotionReviews
from liftlock.services.promotion_view import PromotionParts
from liftlock.services.promotions import Promotions
from liftlock.services.releases import declared_release
from tests.fakes.promotion import FakeAttestations, FakeClock, FakeForge, FakeLedger, FakeOrigin, FakeRegistry, FakeRepository
from tests.git_repositories import ADA, GRACE

REGISTRY = "127.0.0.1:5000"
SERVICES = ("api", "web", "worker")
TO_STAGING = PromotionRequest("dev", "staging")
TO_PROD = PromotionRequest("staging", "prod")


def make_project(*, approvals: int = 1, verified: bool = True, pipeline: tuple[Stage, ...] | None = None) -> Project:
    """The sample pipeline, or another."""
    gates = Gates(verified=verified, approvals=approvals)
    usual = (Stage("dev"), Stage("staging", ("dev",), gates), Stage("prod", ("staging",), gates))
    return Project(
        name="shop",
        registry=REGISTRY,
        forge=ForgeSettings(ForgeKind.LOCAL, "../shop.git", "main"),
        engine=EngineSettings(EngineKind.AUTO, PurePath(".liftlock/state"), "file:.liftlock/passphrase"),
        services=tuple((name, f"{REGISTRY}/shop/{name}") for name in SERVICES),
        databases=(),
        pipeline=pipeline or usual,
    )


@dataclass
class World:
    """Everything outside, and the services on it."""

    project: Project = field(default_factory=make_project)
    origin: FakeOrigin = field(default_factory=FakeOrigin)
    clock: FakeClock = field(default_factory=FakeClock)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    attestations: FakeAttestations = field(default_factory=FakeAttestations)

    def __post_init__(self) -> None:
        if "main" not in self.origin.branches:
            self.origin.branches["main"] = self.origin.add((), {}, "Begin", ADA)
        self.forge = FakeForge(self.origin, self.clock)
        self.repository = FakeRepository(self.origin)
        self.parts = PromotionParts(
            self.repository,
            self.repository,
            self.forge,
            self.ledger,
            self.registry,
            self.clock,
            render_pull_request,
            self.origin.fingerprint,
            AttestationParts(self.attestations, OfflineSignatures()),
        )
        self.promotions = Promotions(self.project, self.parts)
        self.reviews = PromotionReviews(self.project, self.parts)
        ports = ImageParts(
            self.repository,
            self.repository,
            self.ledger,
            self.registry,
            self.clock,
            self.origin.fingerprint,
            self.parts.attestations,
        )
        self.images = Images(self.project, ports)

    @property
    def writes(self) -> tuple[int, int, int]:
        """How often anything was written to forge, Git and ledger."""
        return self.forge.writes, self.origin.pushes, len(self.ledger.kept)

    def record(self, actor: Identity = ADA, /, **tags: str) -> None:
        """Builds, pushes and records images for dev."""
        for service, tag in tags.items():
            self.registry.push(f"{REGISTRY}/shop/{service}", tag, commit=f"c-{service}-{tag}")
        self.images.record("dev", tags, actor)

    def release(self, environment: str) -> Release:
        """What the environment runs when it is brought up from main."""
        return declared_release(self.repository, self.origin.fingerprint, self.origin.branches["main"], environment)

    def configure(self, text: str, environment: str = "base") -> None:
        """A person changes the configuration of all environments, or of one, on main."""
        tip = self.origin.branches["main"]
        tree = {**self.origin.trees[tip], PurePosixPath(f"environments/{environment}.yaml"): text}
        self.origin.branches["main"] = self.origin.add((tip,), tree, "Configure", ADA)

    def set_rules(self, *rules: Rule) -> None:
        """The rules that policy/ on main has from now on."""
        texts = dict.fromkeys(KINDS, "")
        for rule in rules:
            texts[kind_of(rule)] = add_rule(texts[kind_of(rule)] or None, rule)
        tip = self.origin.branches["main"]
        tree = {**self.origin.trees[tip], **{policy_path(kind): text for kind, text in texts.items()}}
        self.origin.branches["main"] = self.origin.add((tip,), tree, "Set rules", GRACE)

    def deploy(self, environment: str, *facts: Fact, release: str | None = None) -> None:
        """Writes deployment records for the environment's release."""
        declared = self.release(environment)
        details: dict[str, Json] = {
            "services": {name: str(image) for name, image in declared.images.items()},
            "config": declared.config,
            "data": declared.data,
            "common": self.origin.fingerprint(self.origin.branches["main"], environment).common,
            "dirty": False,
        }
        for fact in facts or (Fact.DEPLOYED, Fact.VERIFIED):
            self.ledger.append([Entry(fact, environment, str(ADA), self.clock.now(), release or declared.id, details)])

    def rewrite(self, path: str, old: str, new: str, *, branch: str, by: Identity) -> str:
        """A person's own commit on a branch of the forge."""
        tip = self.origin.branches[branch]
        tree = self.origin.trees[tip]
        name = next(known for known in tree if str(known) == path)
        assert old in tree[name]
        made = self.origin.add((tip,), {**tree, name: tree[name].replace(old, new)}, "By hand", by)
        self.origin.branches[branch] = made
        return made


def ready_world(**tags: str) -> World:
    """dev runs these images and has proved them."""
    world = World()
    world.record(ADA, **(tags or {"api": "v1", "web": "v1"}))
    world.deploy("dev")
    return world
