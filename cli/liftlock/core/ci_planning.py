"""Which jobs a project needs in CI, from its pipeline. Pure; what a job is stands in liftlock.core.ci_pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from liftlock.core.ci_pipeline import (
    BRANCH,
    COMMIT,
    IMAGES,
    PASSPHRASE,
    PULL,
    REGISTRY_PASSWORD,
    RESULTS,
    SCRIPT,
    TOKEN,
    CiPipeline,
    Job,
    Right,
    Rights,
    StageJobs,
)
from liftlock.core.project import ForgeKind, IdentitySigner, Project, Stage

_RUN = f"sh {SCRIPT}"


def plan_pipeline(
    project: Project, *, version: str, branches: bool = True, secrets: Mapping[str, Sequence[str]] | None = None
) -> CiPipeline:
    """The jobs of a project. branches: whether it declares a class of environments of branches.

    secrets: environment -> the variables in which its services' secrets are found; those of a class of environments under the class's.
    """
    names, own = _Names(project), secrets or {}
    every = [name for found in own.values() for name in found]
    return CiPipeline(
        project=project.name,
        base=project.forge.base,
        forge=project.forge.kind,
        origin=_origin(project),
        url=project.forge.url,
        registry=project.registry,
        version=version,
        token=names.token,
        app=names.app,
        services=tuple(name for name, _ in project.services),
        record=names.of(_record(project.pipeline)),
        stages=tuple(_stage(stage, project.pipeline, names, own.get(stage.environment, ())) for stage in project.pipeline),
        status=names.of(_status()),
        queued=names.of(_queued()),
        merge=names.of(_merge(), names.signing),
        sweep=names.of(_sweep(project.pipeline), names.signing),
        drift=names.of(_drift(), every),
        branch_up=names.of(_branch("up", "Make the branch's environment"), every) if branches else None,
        branch_down=names.of(_branch("down", "Remove the branch's environment")) if branches else None,
        branch_data=names.of(_branch_data()) if branches else None,
        package=_package(project.pipeline),
    )


def _package(pipeline: Sequence[Stage]) -> str:
    rules = (stage.gates.asks_attestation for stage in pipeline)
    return "liftlock[keyless]" if any(rule and isinstance(rule.signer, IdentitySigner) for rule in rules) else "liftlock"


class _Names:
    """Under which names the platform keeps what liftlock.yaml refers to; our own where it refers to a file or a command."""

    def __init__(self, project: Project) -> None:
        given = project.forge.token or ""
        self.app = given.startswith("app:")
        self.token = _variable(given.split(":", 2)[2] if self.app else given) or TOKEN
        self.passphrase = _variable(project.engine.passphrase) or PASSPHRASE
        self.backend = tuple(filter(None, [_variable(project.engine.backend or "")]))
        self.signing = tuple(filter(None, [_variable(project.signing.key if project.signing else "")]))

    def of(self, job: Job, more: Sequence[str] = ()) -> Job:
        """The job with these names for its secrets, and some more secrets."""
        own = {TOKEN: self.token, PASSPHRASE: self.passphrase}
        found = [*(own.get(name, name) for name in job.secrets), *(self.backend if job.runs else ()), *more]
        return replace(job, secrets=tuple(dict.fromkeys(found)))


def _variable(reference: str) -> str:
    """NAME of `env:NAME`, "" of any other reference."""
    kind, _, name = reference.partition(":")
    return name if kind == "env" else ""


def _origin(project: Project) -> str:
    """`https://HOST[:PORT]` of the forge, the only place that gets its token; "" for a local one."""
    if project.forge.kind is ForgeKind.LOCAL:
        return ""
    url = urlsplit(project.forge.url)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


def _record(pipeline: Sequence[Stage]) -> Job:
    """Every first environment of the pipeline gets the build."""
    first = [stage.environment for stage in pipeline if not stage.upstream]
    return Job(
        id="record",
        title="Record the digests of a build",
        commands=(
            f"set -f # the words of {IMAGES} are no patterns of file names",
            f"{_RUN} signatures ${IMAGES} # only where LIFTLOCK_COSIGN_KEY names a public key",
            *(f"{_RUN} image record --env {name} -- ${IMAGES}" for name in first),
        ),
        rights=Rights(contents=Right.WRITE),
        secrets=(TOKEN, REGISTRY_PASSWORD),
        variables=(IMAGES,),
    )


def _stage(stage: Stage, pipeline: Sequence[Stage], names: _Names, own: Sequence[str]) -> StageJobs:
    name = stage.environment
    behind = [other.environment for other in pipeline if name in other.upstream]
    opens = tuple(names.of(_open(name, target)) for target in behind)
    return StageJobs(name, stage.upstream, names.of(_deploy(stage), own), opens)


def _deploy(stage: Stage) -> Job:
    """A first environment also follows what all environments share; the others get that by what is proved upstream, or by hand.

    What came by promotion goes back by a pull request where its deployment fails; in a first environment the next build mends it.
    """
    name = stage.environment
    own = (f"releases/{name}.yaml", f"environments/{name}.yaml")
    return Job(
        id=f"deploy-{name}",
        title=f"Deploy {name}",
        commands=(f"{_RUN} deploy {name}" if stage.upstream else f"{_RUN} env up {name} --yes",),
        rights=Rights(contents=Right.WRITE, pulls=Right.WRITE if stage.upstream else Right.NONE),
        environment=name,
        secrets=(TOKEN, PASSPHRASE, REGISTRY_PASSWORD),
        lock=f"liftlock-deploy-{name}",
        minutes=60,
        runs=True,
        paths=own if stage.upstream else (*own, "environments/base.yaml", "liftlock.yaml"),
    )


def _open(source: str, target: str) -> Job:
    return Job(
        id=f"open-{source}-to-{target}",
        title=f"Open the promotion from {source} to {target}",
        commands=(f"{_RUN} promote open --from {source} --to {target} --json", f"{_RUN} statuses"),
        rights=Rights(Right.WRITE, pulls=Right.WRITE, statuses=Right.WRITE),
        environment=source,
        target=target,
        secrets=(TOKEN, REGISTRY_PASSWORD),
    )


def _status() -> Job:
    return Job(
        id="status",
        title="Say the promotion's gates on the pull request",
        commands=(f'{_RUN} promote status "${PULL}" --set-status',),
        rights=Rights(pulls=Right.READ, statuses=Right.WRITE),
        secrets=(TOKEN, REGISTRY_PASSWORD),
        variables=(PULL,),
    )


def _queued() -> Job:
    """What a merge queue asks before it merges: the same gates once more, said on the commit that it would merge."""
    return Job(
        id="queued",
        title="Say the gates on what the merge queue would merge",
        commands=(f'{_RUN} promote status "${PULL}" --set-status --on "${COMMIT}"',),
        rights=Rights(pulls=Right.READ, statuses=Right.WRITE),
        secrets=(TOKEN, REGISTRY_PASSWORD),
        variables=(PULL, COMMIT),
    )


def _merge() -> Job:
    return Job(
        id="merge",
        title="Merge the promotion, if every gate passes now",
        commands=(
            f'{_RUN} promote status "${PULL}" --set-status',
            f"mkdir -p {RESULTS}",
            f'{_RUN} promote merge "${PULL}" --json > "{RESULTS}/merged-${PULL}.json"',
        ),
        rights=Rights(Right.WRITE, pulls=Right.WRITE, statuses=Right.WRITE),
        secrets=(TOKEN, REGISTRY_PASSWORD),
        variables=(PULL,),
    )


def _sweep(pipeline: Sequence[Stage]) -> Job:
    """What time alone clears: soak, windows, the end of a freeze; and approvals, where the platform does not hear of them."""
    ways = " ".join(f"{source}:{stage.environment}" for stage in pipeline for source in stage.upstream)
    return Job(
        id="sweep",
        title="Open what may rise by now, merge what is approved",
        commands=(f"mkdir -p {RESULTS}", f"{_RUN} sweep {RESULTS} {ways}".rstrip()),
        rights=Rights(Right.WRITE, pulls=Right.WRITE, statuses=Right.WRITE),
        secrets=(TOKEN, REGISTRY_PASSWORD),
        lock="liftlock-sweep",
        minutes=30,
    )


def _drift() -> Job:
    return Job(
        id="drift",
        title="Look for drift in every environment",
        commands=(f"mkdir -p {RESULTS}", f"{_RUN} drift --json > {RESULTS}/drift.json"),
        rights=Rights(),
        secrets=(TOKEN, PASSPHRASE, REGISTRY_PASSWORD),
        lock="liftlock-drift",
        minutes=60,
        runs=True,
    )


def _branch(command: str, title: str) -> Job:
    return Job(
        id=f"branch-{command}",
        title=title,
        commands=(f'{_RUN} branch {command} "--branch=${BRANCH}"',),
        rights=Rights(contents=Right.WRITE),  # the ledger
        secrets=(TOKEN, PASSPHRASE, REGISTRY_PASSWORD),
        variables=(BRANCH,),
        lock=f"liftlock-branch-${BRANCH}",
        minutes=60,
        runs=True,
    )


def _branch_data() -> Job:
    """Behind the branch's environment, whose databases have the schema that would be merged; nothing is read but the catalog."""
    return Job(
        id="branch-data",
        title="Show what the branch's columns are, and what a copy does with them",
        commands=(f'{_RUN} data "${BRANCH}"',),
        rights=Rights(),
        secrets=(TOKEN, PASSPHRASE, REGISTRY_PASSWORD),
        variables=(BRANCH,),
        minutes=15,
        runs=True,
    )
