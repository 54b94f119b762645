"""The shape of each file, as pydantic models. They check one file at a time; what spans files is checked in liftlock.core.config.

Every field has a description and an example: `liftlock config schema` hands them to editors.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from liftlock.adapters.config_files.shape_types import (
    Backend,
    Branch,
    Duration,
    ForgeToken,
    HttpPath,
    Image,
    KeyFile,
    Memory,
    Name,
    NonEmpty,
    Passphrase,
    Port,
    ProjectId,
    Reference,
    Registry,
    Repository,
    SecretsProvider,
    SigningKey,
    TimeOfDay,
    TimeZone,
    Variable,
    Written,
)
from liftlock.core.environment import HealthCheck
from liftlock.core.project import Judgement as JudgementRule
from liftlock.core.slsa import PROVENANCE

_HEALTH = HealthCheck()
_JUDGEMENT = JudgementRule()


class Shape(BaseModel):
    """What all shapes share: nothing unknown, nothing converted silently, nothing changed later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class Health(Shape):
    """An HTTP GET inside the container that answers 2xx when the service may take traffic."""

    path: HttpPath = Field(default=_HEALTH.path, description="The path that is asked.", examples=["/healthz"])
    interval: Duration = Field(default=_HEALTH.interval, description="How often it is asked.", examples=["1s"])
    timeout: Duration = Field(default=_HEALTH.timeout, description="How long an answer may take.", examples=["2s"])
    retries: int = Field(default=_HEALTH.retries, ge=1, le=1000, description="Failures in a row that make it unhealthy.", examples=[3])
    start_period: Duration = Field(
        default=_HEALTH.start_period, description="How long failures at the start do not count.", examples=["30s"]
    )


class Migration(Shape):
    """A command run once per image before the service starts, with the service's own environment."""

    command: list[Written] = Field(min_length=1, description="The command and its arguments.", examples=[["python3", "-m", "shop.migrate"]])


class ServiceValues(Shape):
    """What an environment may say of a service, over what liftlock.yaml says."""

    env: dict[Variable, Written] = Field(
        default_factory=dict, description="Environment variables, in clear; taken as written.", examples=[{"LOG_LEVEL": "info"}]
    )
    secrets: dict[Variable, Reference] = Field(
        default_factory=dict,
        description="Secret variables, by reference: env:NAME or file:PATH.",
        examples=[{"API_KEY": "env:SHOP_API_KEY"}],
    )
    memory: Memory | None = Field(default=None, description="Memory limit: MiB, or text with MiB or GiB.", examples=[128, "1GiB"])
    health: Health = Field(default_factory=Health, description="When the service may take traffic.", examples=[{"path": "/healthz"}])
    command: list[Written] | None = Field(
        default=None, min_length=1, description="Replaces the image's command.", examples=[["python3", "-m", "shop.api"]]
    )
    route: HttpPath | None = Field(
        default=None, description="The path under the environment's URL that reaches the service.", examples=["/"]
    )


class Service(ServiceValues):
    """A service of the project."""

    repository: Repository = Field(description="The image's repository, below the registry.", examples=["shop/api"])
    port: Port = Field(description="The port that the service listens on in its container.", examples=[8000])
    databases: list[Name] = Field(
        default_factory=list, description="Databases it uses; each gives it NAME_DATABASE_URL.", examples=[["shop"]]
    )
    migration: Migration | None = Field(
        default=None,
        description="What brings the databases to the image's schema.",
        examples=[{"command": ["python3", "-m", "shop.migrate"]}],
    )


class Data(Shape):
    """How a database is filled."""

    source: Literal["none", "synthetic"] = Field(default="none", description="Where rows come from.", examples=["synthetic"])
    rows: int = Field(default=100_000, ge=1, le=2_147_483_647, description="Rows over all tables.", examples=[100_000])
    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="The same seed gives the same rows.", examples=[1])


class DatabaseValues(Shape):
    """What an environment may say of a database, over what liftlock.yaml says."""

    memory: Memory | None = Field(default=None, description="Memory limit: MiB, or text with MiB or GiB.", examples=["256MiB"])
    published: bool = Field(default=False, description="Whether it is open on the loopback address of the Docker host.", examples=[True])
    data: Data = Field(
        default_factory=Data, description="How it is filled.", examples=[{"source": "synthetic", "rows": 100_000, "seed": 1}]
    )


class Database(DatabaseValues):
    """A PostgreSQL database of the project."""

    image: Image = Field(description="PostgreSQL's image, by digest.", examples=["registry.example/postgres@sha256:" + "0" * 64])


class Forge(Shape):
    """Where pull requests live."""

    kind: Literal["local", "github", "gitea", "gitlab"] = Field(
        description="local: a bare Git repository that liftlock serves as a forge. gitea: Forgejo as well.", examples=["github"]
    )
    url: NonEmpty = Field(
        description="local: the bare repository's path, absolute or relative to this file. Others: the repository's web address.",
        examples=["../shop.git", "https://forge.example/shop/environments"],
    )
    base: Branch = Field(default="main", description="The branch that is deployed.", examples=["main"])
    token: ForgeToken | None = Field(
        default=None,
        description="Where the forge's token is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS. For a GitHub App app:ID: and where its "
        "private key is.",
        examples=["env:LIFTLOCK_FORGE_TOKEN", "command:pass show shop/forge", "app:123456:file:~/.config/liftlock/app.pem"],
    )
    api: NonEmpty | None = Field(
        default=None, description="The API's address, where it does not follow from url.", examples=["https://forge.example/api/v3"]
    )
    merge: Literal["merge", "squash", "rebase"] = Field(default="merge", description="How the forge merges.", examples=["squash"])
    queue: bool = Field(
        default=False, description="Hand merges to the forge's own queue (GitHub's merge queue or auto-merge).", examples=[True]
    )


class Engine(Shape):
    """What runs the environment's Pulumi program."""

    kind: Literal["auto", "embedded", "pulumi"] = Field(
        default="auto", description="auto: embedded, unless backend or secrets_provider ask for the Pulumi CLI.", examples=["pulumi"]
    )
    state: NonEmpty = Field(default=".liftlock/state", description="The folder of the state.", examples=[".liftlock/state"])
    passphrase: Passphrase = Field(
        default="file:.liftlock/passphrase",
        description="Where the passphrase of the state's secrets is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS.",
        examples=["env:SHOP_PASSPHRASE", "command:pass show shop/pulumi"],
    )
    backend: Backend | None = Field(
        default=None,
        description="Another place of the state, as Pulumi names it, or env:NAME where its URL is found.",
        examples=["s3://shop-state", "env:SHOP_BACKEND"],
    )
    secrets_provider: SecretsProvider = Field(
        default="passphrase", description="Who keeps the key of the state's secrets.", examples=["awskms://alias/shop?region=eu-west-1"]
    )
    docker_provider: Literal["liftlock", "pulumi"] = Field(
        default="liftlock",
        description="For the Pulumi CLI: liftlock serves its own provider; pulumi lets the CLI download Pulumi's.",
        examples=["liftlock"],
    )


class Router(Shape):
    """The reverse proxy that gives each environment its URL."""

    image: Image = Field(description="The router's image, by digest.", examples=["registry.example/router@sha256:" + "0" * 64])


class Ports(Shape):
    """Loopback ports for environments that declare none, both ends included."""

    first: int = Field(default=18100, alias="from", ge=1024, le=65535, description="The first port.", examples=[18100])
    last: int = Field(default=18999, alias="to", ge=1024, le=65535, description="The last port.", examples=[18999])


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


class Signing(Shape):
    """Signs the ledger's record of every promotion."""

    key: SigningKey = Field(
        description="Where the private key is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS. A PEM file without a password.",
        examples=["env:LIFTLOCK_SIGNING_KEY"],
    )
    public: KeyFile = Field(
        description="The public keys that confirm it: a PEM file of this repository. Keep old ones in it.",
        examples=["file:keys/liftlock.pub"],
    )


class PolicyApprovals(Shape):
    """How many people other than its makers must agree to a change of policy."""

    approvals: int = Field(default=1, ge=0, le=20, description="For what allows more: thaw, unveto, release.", examples=[1])
    tighten: int = Field(default=0, ge=0, le=20, description="For what allows less: freeze, veto, hold.", examples=[0])


class ProjectFile(Shape):
    """liftlock.yaml: what holds for every environment."""

    version: Literal[1] = Field(description="The version of this format.", examples=[1])
    project: Name = Field(description="The project's name; part of every object's name.", examples=["shop"])
    id: ProjectId = Field(
        default="",
        description="Tells this project from another of its name on one Docker engine; written by init.",
        examples=["3f9a1c2e"],
    )
    registry: Registry = Field(description="The registry that holds the project's images.", examples=["127.0.0.1:5000"])
    forge: Forge = Field(
        description="Where pull requests are opened, reviewed and merged.",
        examples=[{"kind": "local", "url": "../shop.git", "base": "main"}],
    )
    engine: Engine = Field(default_factory=Engine, description="What runs the environments.", examples=[{"kind": "auto"}])
    router: Router = Field(
        description="What gives each environment its URL.", examples=[{"image": "registry.example/router@sha256:" + "0" * 64}]
    )
    ports: Ports = Field(
        default_factory=lambda: Ports.model_validate({}),
        description="Ports for environments that declare none.",
        examples=[{"from": 18100, "to": 18999}],
    )
    services: dict[Name, Service] = Field(
        min_length=1, description="The services, by name.", examples=[{"api": {"repository": "shop/api", "port": 8000}}]
    )
    databases: dict[Name, Database] = Field(
        default_factory=dict,
        description="The databases, by name.",
        examples=[{"shop": {"image": "registry.example/postgres@sha256:" + "0" * 64}}],
    )
    pipeline: list[Stage] = Field(
        min_length=1,
        description="The order in which a release rises.",
        examples=[[{"environment": "dev"}, {"environment": "prod", "from": ["dev"]}]],
    )
    signing: Signing | None = Field(
        default=None,
        description="Signs the ledger's record of every promotion.",
        examples=[{"key": "env:LIFTLOCK_SIGNING_KEY", "public": "file:keys/liftlock.pub"}],
    )
    policy: PolicyApprovals = Field(
        default_factory=PolicyApprovals, description="Who must agree to a change of policy.", examples=[{"approvals": 1, "tighten": 0}]
    )


class _EnvironmentValues(Shape):
    cls: Literal["persistent", "ephemeral"] = Field(
        default="persistent", alias="class", description="ephemeral: a class of environments, one per branch.", examples=["ephemeral"]
    )
    protected: bool = Field(
        default=False, description="Destroying it needs more than a flag, and it takes no synthetic data.", examples=[True]
    )
    port: Port | None = Field(
        default=None, description="The loopback port of its URL; otherwise one of liftlock.yaml's ports.", examples=[18080]
    )
    ttl: Duration | None = Field(default=None, description="How long an ephemeral environment lives.", examples=["72h"])


class EnvironmentFile(_EnvironmentValues):
    """environments/NAME.yaml: what differs in one environment. Mappings merge, scalars and lists replace, null removes."""

    extends: Name | None = Field(default=None, description="The environment file that this one builds on.", examples=["base"])
    release: Name | None = Field(default=None, description="For an ephemeral class: whose release it starts from.", examples=["dev"])
    services: dict[Name, ServiceValues | None] = Field(
        default_factory=dict, description="By service; null leaves it out.", examples=[{"api": {"memory": 256}}]
    )
    databases: dict[Name, DatabaseValues | None] = Field(
        default_factory=dict, description="By database; null leaves it out.", examples=[{"shop": {"published": True}}]
    )


class ReleasedService(Shape):
    """One service's line of a release."""

    image: Image = Field(description="repository@sha256:…, registry included.", examples=["registry.example/shop/api@sha256:" + "0" * 64])
    tag: Written | None = Field(default=None, description="The tag that it had, for people.", examples=["v1"])
    commit: Written | None = Field(default=None, description="The source commit that it was built from.", examples=["1a2b3c4"])


class ReleaseFile(Shape):
    """releases/NAME.yaml: which digest each service runs. Written by liftlock; the only file that a promotion edits."""

    services: dict[Name, ReleasedService] = Field(
        default_factory=dict,
        description="By service.",
        examples=[{"api": {"image": "registry.example/shop/api@sha256:" + "0" * 64, "tag": "v1"}}],
    )


class MergedService(Service):
    """A service with its release."""

    image: Image = Field(description="What the release says.", examples=["registry.example/shop/api@sha256:" + "0" * 64])
    tag: Written | None = Field(default=None, description="The tag that it had.", examples=["v1"])
    commit: Written | None = Field(default=None, description="Its source commit.", examples=["1a2b3c4"])


class MergedEnvironment(_EnvironmentValues):
    """One environment when all layers are put together."""

    router: Router = Field(description="As in liftlock.yaml.", examples=[{"image": "registry.example/router@sha256:" + "0" * 64}])
    ports: Ports = Field(
        default_factory=lambda: Ports.model_validate({}), description="As in liftlock.yaml.", examples=[{"from": 18100, "to": 18999}]
    )
    services: dict[Name, MergedService] = Field(
        default_factory=dict, description="By service.", examples=[{"api": {"repository": "shop/api", "port": 8000}}]
    )
    databases: dict[Name, Database] = Field(
        default_factory=dict, description="By database.", examples=[{"shop": {"image": "registry.example/postgres@sha256:" + "0" * 64}}]
    )
