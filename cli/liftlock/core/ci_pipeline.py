"""The jobs that a CI platform runs for an environments repository: one model, of which every platform gets a rendering. Pure.

Commands are lines of POSIX sh, run in the repository's folder. What comes from outside (a build's images, a branch's name, a number)
reaches them through environment variables alone. `ci/liftlock.sh` installs liftlock and turns exit codes into what a pipeline needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from liftlock.core.project import ForgeKind

SCRIPT = "ci/liftlock.sh"
RESULTS = "ci-out"
TOKEN, PASSPHRASE, REGISTRY_PASSWORD = "LIFTLOCK_FORGE_TOKEN", "LIFTLOCK_PASSPHRASE", "LIFTLOCK_REGISTRY_PASSWORD"
IMAGES, PULL, BRANCH, COMMIT = "LIFTLOCK_IMAGES", "LIFTLOCK_PULL", "LIFTLOCK_BRANCH", "LIFTLOCK_COMMIT"


class Platform(StrEnum):
    """Where the jobs run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"
    CIRCLECI = "circleci"
    AZURE = "azure"
    CLOUDBUILD = "cloudbuild"
    CODEPIPELINE = "codepipeline"
    GOCD = "gocd"
    TRAVIS = "travis"


class Right(StrEnum):
    """What a job may do to one kind of thing on the forge."""

    NONE = "none"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a job's token must be able to do, and no more. contents: Git itself, the ledger's branch included."""

    contents: Right = Right.READ
    pulls: Right = Right.NONE
    statuses: Right = Right.NONE


@dataclass(frozen=True, slots=True)
class Job:
    """One job. environment: that it is about, "" for all.

    secrets: the names of the platform's secrets that it gets. variables: what its trigger says. lock: two jobs with one lock never run at
    once. runs: whether it needs Docker and the environments' state. paths: the files whose change on the base branch starts it.
    target: of a promotion, the environment that gets it.
    """

    id: str
    title: str
    commands: tuple[str, ...]
    rights: Rights
    environment: str = ""
    target: str = ""
    secrets: tuple[str, ...] = (TOKEN,)
    variables: tuple[str, ...] = ()
    lock: str = ""
    minutes: int = 15
    runs: bool = False
    paths: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """The commands as one text."""
        return "\n".join(self.commands)


@dataclass(frozen=True, slots=True)
class StageJobs:
    """What belongs to one environment of the pipeline: its deployment, then a promotion to each environment behind it."""

    environment: str
    upstream: tuple[str, ...]
    deploy: Job
    opens: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class CiPipeline:
    """All jobs of a project. stages are in the pipeline's order.

    package: what is installed, with the optional parts that the project needs.
    origin: the forge's scheme and host, "" for a local one. url: the repository's, as declared. token: the variable of the forge's token,
    or of the key of an app. nightly, often: cron expressions, in UTC.
    """

    project: str
    base: str
    forge: ForgeKind
    origin: str
    url: str
    registry: str
    version: str
    token: str
    app: bool
    services: tuple[str, ...]
    record: Job
    stages: tuple[StageJobs, ...]
    status: Job
    queued: Job
    merge: Job
    sweep: Job
    drift: Job
    branch_up: Job | None
    branch_down: Job | None
    branch_data: Job | None = None
    nightly: str = "17 3 * * *"
    often: str = "7,22,37,52 * * * *"
    package: str = "liftlock"

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every job, in the order in which a release meets them."""
        stages = [job for stage in self.stages for job in (stage.deploy, *stage.opens)]
        branches = [job for job in (self.branch_up, self.branch_data, self.branch_down) if job is not None]
        return (self.record, *stages, self.status, self.queued, self.merge, self.sweep, self.drift, *branches)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of all secrets."""
        return tuple(dict.fromkeys(name for job in self.jobs for name in job.secrets))

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of the pipeline's environments, in its order."""
        return tuple(stage.environment for stage in self.stages)
