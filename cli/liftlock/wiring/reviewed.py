"""What review has to say of an environment: what the forge's base branch declares of it, and whether what stands here is on that branch."""

from __future__ import annotations

from pathlib import Path

from liftlock.adapters.committed_config import load_committed
from liftlock.adapters.git_repository import GitRepository
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.deploy_gate import DeployRules
from liftlock.core.errors import BlockedError, LiftlockError
from liftlock.wiring.declared import left_out


def reviewed_project(root: Path, repository: GitRepository, base: str) -> LoadedProject | None:
    """What the forge's base branch declares, as last fetched; None where it cannot be read."""
    try:
        return load_committed(root, repository.head(base))
    except LiftlockError:
        return None


def require_reviewed_state(repository: GitRepository, base: str, environment: str) -> None:
    """BlockedError unless what would be deployed is exactly what the forge's base branch holds, or held."""
    repository.fetch()
    state = repository.work_tree_state()
    if state.dirty or state.commit is None:
        raise BlockedError(
            f"{environment} is protected and this checkout has uncommitted changes", hint=f"commit them through review, on {base}"
        )
    if not repository.is_ancestor(state.commit, repository.head(base)):
        raise BlockedError(f"{environment} is protected and {state.commit[:12]} is not on {base}", hint=f"git checkout {base} && git pull")


def deploy_rules(here: LoadedProject, reviewed: LoadedProject | None, name: str) -> DeployRules:
    """What must be proved before the environment is deployed, here or on the base branch, whichever asks for more."""
    vetoes = (reviewed or here).policy.vetoes
    if (stage := here.project.stage(name)) is None:
        return DeployRules(vetoes=vetoes)
    stages = [found for found in (reviewed.project.stage(name) if reviewed else None, stage) if found is not None]
    strict = next((found for found in stages if found.upstream and found.gates.verified), stage)
    return DeployRules(strict, {upstream: left_out(here, upstream) for upstream in strict.upstream}, vetoes)
