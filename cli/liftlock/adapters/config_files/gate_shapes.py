"""The shapes of the pipeline in liftlock.yaml: its stages and what must hold before a release enters one."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from liftlock.adapters.config_files.shape_types import Duration, KeyFile, Name, NonEmpty, Shape, TimeOfDay, TimeZone
from liftlock.core.project import Judgement as JudgementRule
from liftlock.core.slsa import PROVENANCE

_JUDGEMENT = JudgementRule()


class Window(Shape):
    """When a release may enter, by the clocks of one zone."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        min_length=1,
        description="The days on which it opens.",
        examples=[["mon", "tue", "wed", "thu"]],
    )
    opens: TimeOfDay = Field(alias="from", description="When it opens.", examples=["09:00"])
    closes: TimeOfDay = Field(
        alias="to", description="When it closes; no later than from: on the next day. 24:00 is midnight.", examples=["16:00"]
    )
    zone: TimeZone = Field(description="Whose clocks: an IANA name.", examples=["Europe/Berlin"])
    hotfix: bool = Field(default=False, description="Whether hotfixes may pass at other times.", examples=[True])


class Judgement(Shape):
    """Somebody looked at the release in each upstream environment and said yes."""

    by: list[NonEmpty] = Field(
        default_factory=list,
        description="Who may: addresses, @logins or names in policy/people.yaml; none: anybody.",
        examples=[["@grace", "linus@shop.example"]],
    )
    valid: Duration = Field(default=_JUDGEMENT.valid, description="How long it counts.", examples=["7d"])


class Attestation(Shape):
    """What must be signed about each image, and by whose key."""

    mode: Literal["off", "warn", "enforce"] = Field(
        default="enforce", description="off: not asked. warn: told, lets pass. enforce: nothing enters without it.", examples=["warn"]
    )
    predicate: NonEmpty = Field(
        default="https://slsa.dev/provenance/v1",
        description="The predicate type of the in-toto statement.",
        examples=["https://slsa.dev/provenance/v1", "https://sigstore.dev/cosign/sign/v1"],
    )
    key: KeyFile | None = Field(
        default=None,
        description="The public keys that may have signed it: a PEM file of this repository, ECDSA P-256 or Ed25519.",
        examples=["file:keys/cosign.pub"],
    )
    identity: NonEmpty | None = Field(
        default=None,
        description="Instead of a key: whom a sigstore certificate must name.",
        examples=["https://forge.example/shop/app/.github/workflows/build.yml@refs/heads/main"],
    )
    issuer: NonEmpty | None = Field(
        default=None, description="With identity: who vouches for it.", examples=["https://token.actions.githubusercontent.com"]
    )
    root: KeyFile | None = Field(
        default=None,
        description="With identity: sigstore's trusted root, a JSON file of this repository.",
        examples=["file:keys/trusted_root.json"],
    )
    builder: NonEmpty | None = Field(
        default=None,
        description="For SLSA provenance: who must have built it; without @VERSION any version.",
        examples=["https://ci.example/builders/container"],
    )
    source: NonEmpty | None = Field(
        default=None, description="For SLSA provenance: the repository it must be built from.", examples=["https://forge.example/shop/app"]
    )

    @model_validator(mode="after")
    def _one_signer(self) -> Self:
        named = [self.identity, self.issuer, self.root]
        if (self.key is not None) == any(named) or any(named) != all(named):
            raise ValueError("say who must have signed it: key, or identity with issuer and root")
        return self

    @model_validator(mode="after")
    def _facts_of_provenance(self) -> Self:
        if (self.builder or self.source) and not self.predicate.startswith(PROVENANCE):
            raise ValueError(f"builder and source are what SLSA provenance tells; {self.predicate} does not")
        return self


class Gates(Shape):
    """What must hold before a release enters the environment."""

    verified: bool = Field(default=True, description="Each upstream environment has proved the same release healthy.", examples=[True])
    approvals: int = Field(default=0, ge=0, le=20, description="How many people other than the authors must approve.", examples=[1])
    approvers: list[NonEmpty] = Field(
        default_factory=list,
        description="Whose approvals count: addresses, @logins or names in policy/people.yaml; none: anybody's.",
        examples=[["@grace", "linus@shop.example"]],
    )
    soak: Duration | None = Field(
        default=None, description="How long it was healthy in each upstream environment without a break.", examples=["1h"]
    )
    smoke: bool = Field(default=False, description="A smoke test of it passed in each upstream environment.", examples=[True])
    windows: list[Window] = Field(
        default_factory=list,
        description="When it may enter; none: always.",
        examples=[[{"days": ["mon", "tue", "wed", "thu"], "from": "09:00", "to": "16:00", "zone": "Europe/Berlin"}]],
    )
    checks: list[NonEmpty] = Field(
        default_factory=list, description="Checks of the forge that must pass on the pull request.", examples=[["ci/smoke"]]
    )
    judgement: Judgement | None = Field(
        default=None, description="Somebody judged it good in each upstream environment.", examples=[{"by": ["@grace"], "valid": "7d"}]
    )
    attestation: Attestation | None = Field(
        default=None, description="What must be signed about each image.", examples=[{"mode": "enforce", "key": "file:keys/cosign.pub"}]
    )


class Stage(Shape):
    """One place of the pipeline."""

    environment: Name = Field(description="An environment with a file in environments/.", examples=["staging"])
    upstream: list[Name] = Field(
        default_factory=list, alias="from", description="Where a release must come from; none: recorded directly.", examples=[["dev"]]
    )
    gates: Gates = Field(default_factory=Gates, description="What must hold first.", examples=[{"verified": True, "approvals": 1}])


class PolicyApprovals(Shape):
    """How many people other than its makers must agree to a change of policy."""

    approvals: int = Field(default=1, ge=0, le=20, description="For what allows more: thaw, unveto, release.", examples=[1])
    tighten: int = Field(default=0, ge=0, le=20, description="For what allows less: freeze, veto, hold.", examples=[0])
