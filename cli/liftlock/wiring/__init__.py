"""The composition root: the only place that knows both services and adapters. Imports happen when called: --help needs none of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.wiring.configuration import (
    Initialised,
    add_ci,
    configuration_error,
    configuration_schema,
    configuration_schemas,
    diagnose,
    explain_configuration,
    initialise,
    inspect_configuration,
    is_repository,
    load_configuration,
    resolve_configuration,
)
from liftlock.wiring.looking_back import (
    audit,
    delivery_metrics,
    environment_diff,
    history,
)
from liftlock.wiring.promoting import (
    acting_identity,
    ci_requesters,
    evidence,
    images,
    measures,
    patience,
    promotion_checks,
    promotion_reviews,
    promotions,
    release_plans,
    render_release_plan,
)
from liftlock.wiring.times import now, parse_duration, parse_moment

if TYPE_CHECKING:
    from liftlock.adapters.engines.pulumi.versions import InstalledCli
    from liftlock.core.drift import DriftReport
    from liftlock.core.engine_report import EngineReport
    from liftlock.services.reports import UpReport
    from liftlock.wiring.work import Workspace

__all__ = [
    "Initialised",
    "acting_identity",
    "add_ci",
    "audit",
    "ci_requesters",
    "configuration_error",
    "configuration_schema",
    "configuration_schemas",
    "delivery_metrics",
    "describe_engine",
    "diagnose",
    "environment_diff",
    "evidence",
    "explain_configuration",
    "fetch_pulumi_installer",
    "history",
    "images",
    "initialise",
    "inspect_configuration",
    "is_repository",
    "load_configuration",
    "measures",
    "now",
    "parse_duration",
    "parse_moment",
    "patience",
    "promotion_checks",
    "promotion_reviews",
    "promotions",
    "release_plans",
    "render_drift",
    "render_release_plan",
    "resolve_configuration",
    "run_pulumi_installer",
    "unchanged",
    "workspace",
]


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


def render_drift(report: DriftReport) -> str:
    """A drift report as text."""
    from liftlock.adapters.renderings.drift import render_drift as render

    return render(report)
