"""One environments repository at work: its configuration, and the use cases wired to the real adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from liftlock.adapters.config_files.environments import resolve_environment
from liftlock.adapters.config_files.loader import load_project
from liftlock.adapters.docker_client import DEFAULT_ENDPOINT, docker_endpoint
from liftlock.adapters.docker_runtime import DockerRuntime
from liftlock.adapters.git_repository import GitRepository
from liftlock.adapters.progress import PlainProgress, choose_progress
from liftlock.core.branch import branch_environment
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.deploy_gate import DeployRules
from liftlock.core.deployment import Source
from liftlock.core.drift import DriftReport, unseen
from liftlock.core.environment import DataSource, Environment
from liftlock.core.errors import ConfigError, LiftlockError, UsageError
from liftlock.core.image import ImageRef
from liftlock.core.ports import Engine, Identity, Registry
from liftlock.core.project import EngineKind, Project
from liftlock.core.receipt import Clues
from liftlock.core.stack import images_of, read_lease, secret_keys
from liftlock.services.branches import Branches
from liftlock.services.drift import DriftDetection
from liftlock.services.environments import Environments
from liftlock.services.parts import Parts
from liftlock.services.status import Status
from liftlock.wiring import clones
from liftlock.wiring.declared import branch_instance, declares_protection
from liftlock.wiring.engines import declared_engine
from liftlock.wiring.later import LaterRegistry
from liftlock.wiring.outside import outside_parts
from liftlock.wiring.reviewed import deploy_rules, require_reviewed_state, reviewed_project


@dataclass
class Workspace:
    """What a command works with. Parts outside are reached when they are first needed."""

    loaded: LoadedProject
    actor: str | None = None

    @property
    def root(self) -> Path:
        """The repository's folder."""
        return self.loaded.root

    @property
    def project(self) -> Project:
        """The project as declared."""
        return self.loaded.project

    # --- environments as declared -------------------------------------------------------------------------------------------------------

    def declared_environments(self) -> Sequence[str]:
        """The persistent environments, in the pipeline's order."""
        return [name for name in self.loaded.environments if not self.loaded.files.ephemeral(name)]

    def existing_environments(self) -> Sequence[str]:
        """Every environment that has a state, declared ones first."""
        existing = {stack.environment for stack in self.engine.stacks()}
        declared = [name for name in self.declared_environments() if name in existing]
        return [*declared, *sorted(existing - set(declared))]

    def known_environment(self, name: str) -> str:
        """The environment's name, given its name or a branch's; UsageError for anything else."""
        if name in self.declared_environments():
            return name
        existing = {stack.environment for stack in self.engine.stacks()}
        found = next((item for item in (name, branch_environment(name)) if item in existing), None)
        return found or self.loaded.find(name)

    def environment(self, name: str) -> Environment:
        """The environment as declared; for one of a branch, with the images that it was made with."""
        known = self.known_environment(name)
        if known in self.declared_environments():
            return resolve_environment(self.loaded, known)
        stack = self.engine.stack(known)
        if stack is None:
            raise UsageError(f"{name} is a class of environments of branches", hint="run: liftlock branch up --branch NAME")
        if read_lease(stack.values) is None:
            hint = f"declare it again in environments/{known}.yaml, or remove it: liftlock env down {known}"
            raise ConfigError(f"{known} exists and is no longer declared", hint=hint)
        return branch_instance(self.loaded, known, images_of(stack.values))

    def resolvable_environments(self) -> Sequence[Environment]:
        """Every environment for which something is released, one of each class of branches' included."""
        found = []
        for name in self.loaded.environments:
            with suppress(LiftlockError):
                ephemeral = name if self.loaded.files.ephemeral(name) else None
                found.append(resolve_environment(self.loaded, name, ephemeral=ephemeral))
        return found

    def is_protected(self, name: str) -> bool:
        """Whether the environment is protected in this work tree or on the forge's base branch, whichever is stricter.

        Where the base branch no longer declares it, what was last applied counts. An edit that nobody reviewed unprotects nothing.
        """
        # Read without the release: an environment can be removed before anything is released for it.
        if declares_protection(self.loaded, name):
            return True
        reviewed = self._reviewed()
        if reviewed is not None and name in reviewed.environments:
            return declares_protection(reviewed, name)
        stack = self.engine.stack(name)
        return stack is not None and stack.values.get("protected") is True

    def _reviewed(self) -> LoadedProject | None:
        return reviewed_project(self.root, self.repository, self.project.forge.base)

    def declare(self, name: str) -> tuple[Environment, Source]:
        """The environment as the files say now, and the state of the repository; BlockedError where a protected one is not reviewed."""
        now = Workspace(load_project(self.root), self.actor)
        if now.is_protected(name):
            require_reviewed_state(now.repository, now.project.forge.base, name)
        return now.environment(name), now.source()

    def deploy_rules(self, name: str) -> DeployRules:
        """What must be proved before the environment is deployed, here or on the forge's base branch, whichever asks for more."""
        now = Workspace(load_project(self.root), self.actor)
        return deploy_rules(now.loaded, now._reviewed(), name)

    def watch(self, name: str, salt: str) -> Clues | None:
        """Where to look so that a next run may see that it need not run; None where a run does more than can be looked at."""
        now = Workspace(load_project(self.root), self.actor)
        settings = now.project.engine
        if settings.choice.kind is not EngineKind.EMBEDDED or settings.files is None:
            return None
        if name not in now.declared_environments() or now.is_protected(name):
            return None
        return Clues(
            environment=name,
            project=now.project.name,
            state=str(settings.files),
            endpoint=docker_endpoint() or DEFAULT_ENDPOINT,
            base=now.project.forge.base,
            secrets=tuple(sorted({reference for reference in secret_keys(now.environment(name)).values() if reference is not None})),
            passphrase=settings.passphrase,
            salt=salt,
        )

    def declare_branch(self, name: str, images: Mapping[str, ImageRef], *, data: str | None = None) -> tuple[Environment, Source]:
        """The same for the environment of a branch. data: where the rows of all its databases come from, in place of what the files say."""
        now = Workspace(load_project(self.root), self.actor)
        return branch_instance(now.loaded, name, images, DataSource(data) if data else None), now.source()

    def resolve_images(self, wanted: Sequence[str]) -> dict[str, ImageRef]:
        """`service=tag` or `service=sha256:…` as images that the registry has."""
        repositories = dict(self.project.services)
        found: dict[str, ImageRef] = {}
        for text in wanted:
            service, equals, reference = text.partition("=")
            if not equals or not reference or service not in repositories:
                raise UsageError(f"--image {text}: say SERVICE=TAG with one of {', '.join(repositories)}")
            facts = self.registry.resolve(repositories[service], reference)
            if facts is None:
                raise UsageError(f"--image {text}: the registry has no {repositories[service]}:{reference}", hint="push it first")
            found[service] = facts.image
        return found

    # --- who and what -------------------------------------------------------------------------------------------------------------------

    def identity(self) -> Identity:
        """Who is acting."""
        return Identity.parse(self.actor) if self.actor else self.repository.identity()

    def source(self) -> Source:
        """Which state of the repository is deployed."""
        state = self.repository.work_tree_state()
        return Source(state.commit or "", state.dirty)

    def checked_out_branch(self) -> str:
        """The branch of the working directory's repository, which is the application's when the command is run there."""
        branch = GitRepository(Path.cwd()).work_tree_state().branch
        if branch in {None, self.project.forge.base}:
            raise UsageError("which branch?", hint="say --branch NAME, or run this where the branch is checked out")
        return str(branch)

    # --- use cases ----------------------------------------------------------------------------------------------------------------------

    def environments(self) -> Environments:
        """Use cases of `env`."""
        return Environments(self.parts, self.repository.fetch)

    def branches(self) -> Branches:
        """Use cases of `branch`."""
        return Branches(self.parts, self.environments())

    def status(self) -> Status:
        """Use case of `env status`."""
        return Status(self.engine, self.parts.runtime, self.parts.ledger, self.parts.clock, self.parts.snapshots)

    def drift(self) -> DriftDetection:
        """Use case of `drift`."""
        return DriftDetection(self.engine, self.parts.runtime, self.parts.secrets, self.progress)

    def detect_drift(self, name: str) -> DriftReport:
        """The environment's drift; one that cannot be looked at is incomplete and hides no other. UsageError for one that is none."""
        try:
            return self.drift().detect(self.environment(name))
        except UsageError:
            raise
        except LiftlockError as err:
            return unseen(name, f"{err.message}{f' ({err.hint})' if err.hint else ''}")

    def runtime(self) -> DockerRuntime:
        """What really runs."""
        return DockerRuntime(self.project.id)

    # --- adapters -----------------------------------------------------------------------------------------------------------------------

    @cached_property
    def progress(self) -> PlainProgress:
        """Where progress is shown."""
        return choose_progress()

    @cached_property
    def repository(self) -> GitRepository:
        """The environments repository as Git sees it."""
        return clones.repository(self.root, self.project.forge)

    @cached_property
    def registry(self) -> Registry:
        """The project's registry."""
        return LaterRegistry()

    @cached_property
    def engine(self) -> Engine:
        """The engine that the project declares."""
        return declared_engine(self.root, self.project, self.progress)

    @cached_property
    def parts(self) -> Parts:
        """Every port that environments need."""
        return outside_parts(self.root, self.project, self.engine, self.registry, self.progress)
