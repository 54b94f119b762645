"""The composition root: the only place that knows both services and adapters. Imports happen when called: --help needs none of them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liftlock.adapters.ci_files import CiReport
    from liftlock.adapters.config_files.loader import Inspection
    from liftlock.adapters.engines.pulumi.versions import InstalledCli
    from liftlock.adapters.new_repository import CreatedRepository
    from liftlock.adapters.past import Declarations
    from liftlock.core.config.loaded import LoadedProject
    from liftlock.core.config.provenance import Provenance
    from liftlock.core.diagnosis import Finding
    from liftlock.core.drift import DriftReport
    from liftlock.core.engine_report import EngineReport
    from liftlock.core.environment import Environment
    from liftlock.core.errors import ConfigError
    from liftlock.core.ledger import Record
    from liftlock.core.ports import Identity, Ledger
    from liftlock.core.ports.past import Past
    from liftlock.core.project import Project
    from liftlock.core.promotion_record import Unproved
    from liftlock.core.promotion_types import PromotionPlan, PromotionRequest
    from liftlock.core.pull_request_body import PullRequestText
    from liftlock.core.release_plan import ReleasePlan
    from liftlock.core.surroundings import Surroundings
    from liftlock.services.audit import Audit
    from liftlock.services.environment_diff import EnvironmentDiff
    from liftlock.services.evidence import EvidenceRecords
    from liftlock.services.history import History
    from liftlock.services.images import Images
    from liftlock.services.measures import Measures
    from liftlock.services.metrics import DeliveryMetrics
    from liftlock.services.promotion_checks import PromotionChecks
    from liftlock.services.promotion_reviews import PromotionReviews
    from liftlock.services.promotion_view import PromotionParts
    from liftlock.services.promotions import Promotions
    from liftlock.services.release_plans import ReleasePlans
    from liftlock.services.reports import UpReport
    from liftlock.services.waiting import Patience
    from liftlock.wiring.work import Workspace


# --- configuration and init ---------------------------------------------------------------------------------------------------------------
# Imported when called: `config` and `init` need neither Docker nor Pulumi, and `--help` needs none of this.


def inspect_configuration(repo: Path | None) -> Inspection:
    """Everything that is wrong or worth knowing in the repository's files."""
    from liftlock.adapters.config_files.loader import inspect_project
    from liftlock.adapters.config_files.repository import find_repository

    return inspect_project(find_repository(repo or Path()))


def configuration_error(inspection: Inspection) -> ConfigError:
    """The problems of an inspection as the error that says them all."""
    from liftlock.core.config.problems import config_error

    return config_error(inspection.problems, hint="every line is one thing to mend; then run liftlock config validate again")


def load_configuration(repo: Path | None) -> LoadedProject:
    """The checked environments repository."""
    from liftlock.adapters.config_files.loader import load_project
    from liftlock.adapters.config_files.repository import find_repository

    return load_project(find_repository(repo or Path()))


def resolve_configuration(repo: Path | None, environment: str) -> Environment:
    """The environment as declared; for a class of ephemeral ones, an instance named like the class."""
    from liftlock.adapters.config_files.environments import resolve_environment

    loaded = load_configuration(repo)
    name = loaded.find(environment)
    return resolve_environment(loaded, name, ephemeral=name if loaded.files.ephemeral(name) else None)


def explain_configuration(repo: Path | None, environment: str, path: str | None) -> list[Provenance]:
    """Every value at or below the path with its place."""
    from liftlock.adapters.config_files.environments import explain

    return explain(load_configuration(repo), environment, path)


def configuration_schema(name: str) -> dict[str, object]:
    """The JSON Schema of one kind of file."""
    from liftlock.adapters.config_files.schema import json_schema

    return json_schema(name)


def configuration_schemas() -> dict[str, str]:
    """The kinds of files that have a schema, with the files that they are for."""
    from liftlock.adapters.config_files.schema import FILES

    return dict(FILES)


# --- images, promotion, history -----------------------------------------------------------------------------------------------------------
# Project and gates come from the forge's base branch, never from the work tree: who promotes cannot change the rules on the way.


def acting_identity(repo: Path | None, named: str | None) -> Identity:
    """Who does this: named as `NAME <EMAIL>`, otherwise whom Git knows."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.git import GitRepository
    from liftlock.core.ports import Identity

    return Identity.parse(named) if named else GitRepository(find_repository(repo or Path())).identity()


def promotions(repo: Path | None, *, looks: bool = False) -> Promotions:
    """Plans promotions and opens their pull requests. looks: at the running target, for the reviewer."""
    from liftlock.services.promotions import Promotions

    project, parts = _promotion_parts(repo)
    if looks:
        from liftlock.wiring.looking import look_at

        parts = replace(parts, look=partial(look_at, repo))
    return Promotions(project, parts)


def release_plans(repo: Path | None, source: str | None, target: str, services: Sequence[str]) -> tuple[ReleasePlans, PromotionRequest]:
    """Writes release plans, and the promotion that is meant."""
    from liftlock.services.promotions import Promotions
    from liftlock.services.release_plans import ReleasePlans

    project, parts = _promotion_parts(repo)
    return ReleasePlans(project, parts), Promotions(project, parts).request(source, target, services)


def render_release_plan(plan: ReleasePlan) -> str:
    """A release plan as Markdown."""
    from liftlock.adapters.release_plan_rendering import render_release_plan as render

    return render(plan)


def promotion_reviews(repo: Path | None, *, merges: bool = False) -> PromotionReviews:
    """Shows, approves, merges and closes promotions. merges: a signing key that cannot be had is an error now, not after the merge."""
    from liftlock.services.promotion_reviews import PromotionReviews

    return PromotionReviews(*_promotion_parts(repo, signs=merges))


def ci_requesters() -> tuple[Identity, ...]:
    """Who made this CI job run; empty outside CI."""
    from liftlock.adapters.ci_actor import ci_requesters as read

    return read(os.environ)


def patience(timeout: str) -> Patience:
    """How long to wait, really sleeping, with a line on stderr for what is waited for."""
    from liftlock.adapters.progress import choose_progress
    from liftlock.services.waiting import Patience

    return Patience(parse_duration(timeout), time.sleep, choose_progress().step)


def evidence(repo: Path | None) -> EvidenceRecords:
    """Records and lists evidence."""
    from liftlock.services.evidence import EvidenceRecords

    project, parts = _promotion_parts(repo)
    return EvidenceRecords(project, parts.ledger, parts.clock, parts.repository.fetch)


def measures(repo: Path | None, *, merges: bool = False) -> Measures:
    """Opens changes of policy and rollbacks. merges: as for promotion_reviews."""
    from liftlock.adapters.committed_config import load_committed
    from liftlock.adapters.pull_request_rendering import render_measure
    from liftlock.core.config.checks import declared
    from liftlock.core.config.entries import Known
    from liftlock.services.measures import Measures

    project, parts = _promotion_parts(repo, signs=merges)
    committed = load_committed(load_configuration(repo).root, parts.repository.head(project.forge.base))
    known = Known(committed.environments, declared(committed.files, "services"))
    return Measures(project, parts, known, render_measure)


def promotion_checks(repo: Path | None) -> PromotionChecks:
    """Says the gates of pull requests on their commits."""
    from liftlock.services.promotion_checks import PromotionChecks

    return PromotionChecks(*_promotion_parts(repo))


def images(repo: Path | None) -> Images:
    """Resolves, records and verifies images."""
    from liftlock.services.images import ImageParts, Images

    project, parts = _promotion_parts(repo)
    return Images(
        project,
        ImageParts(parts.repository, parts.checkout, parts.ledger, parts.registry, parts.clock, parts.fingerprint, parts.attestations),
    )


def history(repo: Path | None, *, offline: bool) -> History:
    """Tells what the ledger holds; a bare clone without configuration will do."""
    from liftlock.services.history import History

    ledger, past, root = _records(repo, offline=offline)
    return History(ledger, past, declared=(lambda: load_configuration(root).environments) if root else None)


def environment_diff(repo: Path | None, *, offline: bool) -> EnvironmentDiff:
    """Compares environments; likewise."""
    from liftlock.services.environment_diff import EnvironmentDiff

    return EnvironmentDiff(*_records(repo, offline=offline)[:2])


def delivery_metrics(repo: Path | None, *, offline: bool) -> DeliveryMetrics:
    """Measures delivery; likewise."""
    from liftlock.services.metrics import DeliveryMetrics

    return DeliveryMetrics(*_records(repo, offline=offline)[:2])


def audit(repo: Path | None, *, offline: bool, base: str | None = None) -> Audit:
    """Holds Git against the ledger; likewise."""
    from liftlock.services.audit import Audit

    ledger, past, _ = _records(repo, offline=offline, base=base)

    def unproved(records: Sequence[Record]) -> Sequence[Unproved]:
        from liftlock.wiring.signing import unproved_promotions

        return unproved_promotions(records, past)

    return Audit(ledger, past, unproved)


def _records(repo: Path | None, *, offline: bool, base: str | None = None) -> tuple[Ledger, Past, Path | None]:
    """Ledger and base branch; and the environments repository, None where it is a bare clone."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.git import is_bare
    from liftlock.adapters.ledger import GitLedger
    from liftlock.adapters.past import GitPast
    from liftlock.wiring.clones import later_access

    start = repo or Path()
    bare = is_bare(start)
    root = start if bare else find_repository(start)
    access = later_access(root, lambda: load_configuration(root).project.forge)
    return GitLedger(root), GitPast(root, _declarations(root), access, base=base, offline=offline), None if bare else root


def _declarations(root: Path) -> Declarations:
    """Loads what reads configuration only when it is asked: most looks back need none."""
    from liftlock.adapters.past import Declarations

    def reading() -> ModuleType:
        from liftlock.adapters import past_declarations

        return past_declarations

    return Declarations(
        base=lambda: reading().base_branch(root),
        project=lambda commit: reading().project_at(root, commit),
        declared=lambda commit, environment: reading().declared_at(root, commit, environment),
    )


def now() -> datetime:
    """The present moment."""
    from liftlock.adapters.clock import SystemClock

    return SystemClock().now()


def parse_moment(text: str | None) -> datetime | None:
    """The moment that `30d`, a date or a time names; None for None."""
    from liftlock.core.period import parse_moment as parse

    return None if text is None else parse(text, now())


def _rendered(plan: PromotionPlan, surroundings: Surroundings) -> PullRequestText:
    """The words of a pull request; the templates are loaded where there is one to write."""
    from liftlock.adapters.pull_request_rendering import render_pull_request

    return render_pull_request(plan, surroundings)


def _promotion_parts(repo: Path | None, *, signs: bool = False) -> tuple[Project, PromotionParts]:
    from liftlock.adapters.attestations import OciAttestations
    from liftlock.adapters.clock import SystemClock
    from liftlock.adapters.committed_config import committed_fingerprint, committed_known, known_here
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.progress import choose_progress
    from liftlock.adapters.registry import OciRegistry
    from liftlock.services.attested_images import AttestationParts
    from liftlock.services.promotion_view import PromotionParts
    from liftlock.wiring import clones
    from liftlock.wiring.forges import declared_forge
    from liftlock.wiring.later import LaterSignatures

    root = find_repository(repo or Path())
    declared = known_here(root).project.forge
    repository = clones.repository(root, declared)
    ledger: Ledger = clones.ledger(root, declared)
    repository.fetch()
    base = repository.head(declared.base)
    project = committed_known(root, base).project
    clock = SystemClock()
    forge = declared_forge(root, declared, clock, lambda text: choose_progress().note(text))
    fingerprint = partial(committed_fingerprint, root)
    if project.signing:
        from liftlock.wiring.signing import signing_ledger

        ledger = signing_ledger(ledger, root, project.signing, repository, base)
        if signs:
            _ = ledger.key
    attested = AttestationParts(OciAttestations(), LaterSignatures())
    return project, PromotionParts(repository, repository, forge, ledger, OciRegistry(), clock, _rendered, fingerprint, attested)


@dataclass(frozen=True, slots=True)
class Initialised:
    """A new environments repository and what to do next, as commands to type."""

    created: CreatedRepository
    next: tuple[str, ...]


def is_repository(folder: Path) -> bool:
    """Whether the folder is an environments repository already."""
    return (folder / "liftlock.yaml").is_file()


def add_ci(folder: Path, platforms: Sequence[str], *, force: bool) -> CiReport:
    """Writes the CI files of an environments repository that is there; nothing else of it changes."""
    from liftlock import __version__
    from liftlock.adapters.ci_files import declared_secrets, write_ci_files
    from liftlock.core.ci_pipeline import Platform, plan_pipeline

    loaded = load_configuration(folder)
    branches = any(loaded.files.ephemeral(name) for name in loaded.environments)
    pipeline = plan_pipeline(loaded.project, version=__version__, branches=branches, secrets=declared_secrets(loaded))
    return write_ci_files(loaded.root, [Platform(name) for name in dict.fromkeys(platforms)], pipeline, force=force)


def initialise(
    folder: Path,
    *,
    project: str | None,
    forge: str | None,
    registry: str | None,
    services: Sequence[str],
    images: Path | None,
    actor: str | None,
    id: str | None = None,
    platforms: Sequence[str] = (),
) -> Initialised:
    """Plans and makes a new environments repository, with the files of these CI platforms."""
    from liftlock import __version__
    from liftlock.adapters.ci_files import ci_files
    from liftlock.adapters.config_files.loader import inspect_project
    from liftlock.adapters.git_init import acting_identity
    from liftlock.adapters.new_repository import create_repository
    from liftlock.adapters.new_repository_inputs import read_images, with_forge
    from liftlock.core.ci_pipeline import Platform, plan_pipeline
    from liftlock.core.initialisation import next_steps, plan_repository

    place = folder.resolve()
    known = read_images(images)
    chosen = id if id is not None else secrets.token_hex(4)
    plan = plan_repository(place, project=project, registry=registry, services=services, images=known, id=chosen)
    plan = with_forge(plan, forge)
    more = ci_files([Platform(name) for name in dict.fromkeys(platforms)], plan_pipeline(plan.declared, version=__version__))
    created = create_repository(plan, acting_identity(place, actor), more)
    return Initialised(created, next_steps(plan, folder, sound=inspect_project(created.folder).project is not None))


# --- environments, branches, drift --------------------------------------------------------------------------------------------------------


def workspace(repo: Path | None, actor: str | None = None, *, runs: str | None = None, creates: bool = False) -> Workspace:
    """The environments repository at work. runs: the environment that the command runs; creates: whether it may be a new one."""
    loaded = load_configuration(repo)
    if runs is not None:
        from liftlock.wiring.keys import begin_key

        begin_key(loaded.root, loaded.project, runs, creates=creates)
    from liftlock.wiring.work import Workspace

    return Workspace(loaded, actor)


def unchanged(repo: Path | None, environment: str) -> UpReport | None:
    """The result of `env up` where it is proved that a run would change nothing. Loads no Pulumi, no Docker client, no YAML."""
    from liftlock.adapters.clock import SystemClock
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.http_probe import HttpProbe
    from liftlock.adapters.locks import FileLocks
    from liftlock.adapters.progress import PlainProgress
    from liftlock.adapters.receipts.files import FileReceipts
    from liftlock.adapters.receipts.look import LocalWitness
    from liftlock.adapters.secret_sources import SecretSources
    from liftlock.services.unchanged import Unchanged

    root = find_repository(repo or Path())
    receipts = FileReceipts(root / ".liftlock" / "receipts")
    witness = LocalWitness(root, SecretSources(root).resolve)
    locks = FileLocks(root / ".liftlock" / "locks", PlainProgress(), patience=-1)
    return Unchanged(receipts, witness, HttpProbe(), locks, SystemClock()).check(environment)


def describe_engine(repo: Path | None) -> EngineReport:
    """Which engine runs, why, and what its state holds."""
    from liftlock.adapters.progress import choose_progress
    from liftlock.wiring.engines import describe_engine as describe

    loaded = load_configuration(repo)
    return describe(loaded.root, loaded.project, choose_progress())


def fetch_pulumi_installer() -> str:
    """The text of Pulumi's own installer."""
    from liftlock.adapters.engines.pulumi.installer import fetch_installer

    return fetch_installer()


def run_pulumi_installer(script: str) -> InstalledCli:
    """Runs the installer; what it installed."""
    from liftlock.adapters.engines.pulumi.installer import run_installer

    return run_installer(script)


def diagnose(repo: Path | None) -> Sequence[Finding]:
    """What is there and what is missing; outside an environments repository only what every machine needs."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.diagnostics import diagnose as look
    from liftlock.core.errors import LiftlockError
    from liftlock.wiring.forges import describe_forge

    try:
        root = find_repository(repo or Path())
    except LiftlockError:
        if repo is not None:
            raise
        return look(None, None)
    project = load_configuration(root).project
    return look(root, project, lambda: describe_forge(root, project.forge))


def render_drift(report: DriftReport) -> str:
    """A drift report as text."""
    from liftlock.adapters.renderings.drift import render_drift as render

    return render(report)


def parse_duration(text: str) -> timedelta:
    """A duration such as 8h; UsageError for anything else."""
    from liftlock.core.config.quantities import parse_duration as parse
    from liftlock.core.errors import UsageError

    try:
        return parse(text)
    except ValueError as err:
        raise UsageError(f"{text!r} is not a duration: {err}", hint="such as 45m, 8h or 3d") from err
