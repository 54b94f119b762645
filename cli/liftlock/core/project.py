"""The project as declared in liftlock.yaml: what holds for every environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePath, PurePosixPath


class ForgeKind(StrEnum):
    """Where pull requests live."""

    LOCAL = "local"
    GITHUB = "github"
    GITEA = "gitea"
    GITLAB = "gitlab"


class MergeMethod(StrEnum):
    """How a forge brings a pull request into the base branch."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


class EngineKind(StrEnum):
    """Which engine runs the Pulumi program."""

    AUTO = "auto"
    EMBEDDED = "embedded"
    PULUMI = "pulumi"


class DockerProvider(StrEnum):
    """Which provider works on Docker for the Pulumi CLI."""

    LIFTLOCK = "liftlock"
    PULUMI = "pulumi"


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """url: for a local forge the path of its bare repository, relative to the environments repository or absolute; for others the
    repository's web address. token: a reference (`env:NAME`, `file:PATH`, `command:PROGRAM ARGUMENTS`), or `app:ID:REFERENCE` for a
    GitHub App, where it leads to the App's private key. api: the API's address where it does not follow from url.
    queue: whether a merge is handed to the forge's own queue or auto-merge.
    """

    kind: ForgeKind
    url: str
    base: str = "main"
    token: str | None = None
    api: str | None = None
    merge: MergeMethod = MergeMethod.MERGE
    queue: bool = False


PASSPHRASE = "passphrase"  # noqa: S105 - the name of a secrets provider
_FILES = "file://"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """state: folder of the Pulumi file backend. passphrase: a reference (`env:NAME`, `file:PATH`, `command:PROGRAM ARGUMENTS`).

    backend: the URL of another backend, or `env:NAME` where it is found. secrets_provider: who keeps the key of the state's secrets.
    """

    kind: EngineKind
    state: PurePath
    passphrase: str
    backend: str | None = None
    secrets_provider: str = PASSPHRASE
    docker_provider: DockerProvider = DockerProvider.LIFTLOCK

    @property
    def files(self) -> PurePath | None:
        """The folder that holds the state, whether by path or by URL; None where another backend has it."""
        if self.backend is None:
            return self.state
        return PurePath(self.backend.removeprefix(_FILES)) if self.backend.startswith(_FILES) else None

    @property
    def choice(self) -> EngineChoice:
        """Which engine runs, and why. What happens to be installed does not count."""
        if self.kind is not EngineKind.AUTO:
            return EngineChoice(self.kind, f"engine.kind is {self.kind.value}")
        if self.files is None:
            return EngineChoice(EngineKind.PULUMI, "engine.kind is auto, and only the Pulumi CLI reaches engine.backend")
        if self.secrets_provider != PASSPHRASE:
            return EngineChoice(EngineKind.PULUMI, "engine.kind is auto, and only the Pulumi CLI reaches engine.secrets_provider")
        return EngineChoice(EngineKind.EMBEDDED, "engine.kind is auto, and nothing asks for the Pulumi CLI")


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """kind: EMBEDDED or PULUMI."""

    kind: EngineKind
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """When a release may enter, by the clocks of one zone. days: 0 for Monday to 6; opens and closes: minutes since midnight.

    A window that closes no later than it opens goes on into the next day. hotfix: whether the hotfix lane may pass at other times.
    """

    days: frozenset[int]
    opens: int
    closes: int
    zone: str
    hotfix: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """Somebody looked at the release upstream and said yes.

    by: who may, as addresses, `@login`s or names in people.yaml (empty: anybody). valid: how long it counts.
    """

    by: tuple[str, ...] = ()
    valid: timedelta = timedelta(days=7)


class AttestationMode(StrEnum):
    """What becomes of a release whose images lack the attestation: nothing is asked, it is told, or it does not enter."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class KeySigner:
    """Whoever holds a key. file: of public keys, in the repository."""

    file: PurePosixPath

    def __str__(self) -> str:
        return f"a key in {self.file}"


@dataclass(frozen=True, slots=True)
class IdentitySigner:
    """Whoever a sigstore certificate names so. issuer: who vouches for the identity. file: the root of trust, in the repository."""

    identity: str
    issuer: str
    file: PurePosixPath

    def __str__(self) -> str:
        return f"{self.identity} ({self.issuer})"


@dataclass(frozen=True, slots=True)
class AttestationRule:
    """What must be attested of every image, and by whom. predicate: the type of the statement.

    builder and source: for SLSA provenance, who must have built it (with or without a version) and from which repository.
    """

    mode: AttestationMode
    predicate: str
    signer: KeySigner | IdentitySigner
    builder: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Gates:
    """What must hold before a release enters an environment.

    verified: each upstream environment has proved the same release healthy. approvals: how many people other than the author and the
    commits' authors must approve; approvers: who may (empty: anybody else). soak: how long it must have been healthy in each upstream
    environment without a break. smoke: a smoke test passed there. checks: of the forge, by name, on the pull request's head.
    attestation: what must be signed about each image.
    """

    verified: bool = True
    approvals: int = 0
    approvers: tuple[str, ...] = ()
    soak: timedelta | None = None
    smoke: bool = False
    windows: tuple[Window, ...] = ()
    checks: tuple[str, ...] = ()
    judgement: Judgement | None = None
    attestation: AttestationRule | None = None

    @property
    def asks_attestation(self) -> AttestationRule | None:
        """The rule on attestations; None where there is none, or where it is off."""
        return None if self.attestation is None or self.attestation.mode is AttestationMode.OFF else self.attestation


@dataclass(frozen=True, slots=True)
class Stage:
    """One place of the pipeline; `upstream` are the environments a release must come from (none: recorded directly)."""

    environment: str
    upstream: tuple[str, ...] = ()
    gates: Gates = Gates()


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """Who signs what is promoted. key: a reference to the private key. public: the file of public keys in the repository."""

    key: str
    public: PurePosixPath


@dataclass(frozen=True, slots=True)
class PolicyApprovals:
    """How many people other than its makers must agree to a change of policy: loosen for what allows more, tighten for what allows less."""

    loosen: int = 1
    tighten: int = 0


_POLICY = PolicyApprovals()


@dataclass(frozen=True, slots=True)
class Project:
    """liftlock.yaml, checked. services: service name -> image repository (registry host included).

    id: tells this project from another one of the same name on the same Docker engine; empty where none is declared.
    signing: None where promotions are recorded without a signature.
    """

    name: str
    registry: str
    forge: ForgeSettings
    engine: EngineSettings
    services: tuple[tuple[str, str], ...]
    databases: tuple[str, ...]
    pipeline: tuple[Stage, ...]
    id: str = ""
    signing: SigningSettings | None = None
    policy: PolicyApprovals = _POLICY

    def stage(self, environment: str) -> Stage | None:
        """The environment's place in the pipeline, None where it has none."""
        return next((stage for stage in self.pipeline if stage.environment == environment), None)
