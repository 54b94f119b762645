"""Every kind of `--json` result and what it is made of. A kind that is printed and not listed here fails a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from liftlock.commands.result_schema import Fields, ListOf, MapOf, Maybe, fields_of


def result_shapes() -> Mapping[str, Any]:
    """kind -> the type of the value that is printed. The modules are loaded when this is asked for."""
    return {
        **_configuration(),
        **_environments(),
        **_promotions(),
        "error": Fields({"exit_code": int, "message": str, "hint": str | None, "failures": Mapping[str, str]}),
        **_init(),
        "doctor": _doctor(),
        **_engine(),
        **_data_rows(),
        **_snapshots(),
        **_data_check(),
        "drift": Fields({"environments": ListOf(_drift())}),
    }


def _snapshots() -> dict[str, Any]:
    from liftlock.services.data.snapshots.creation import CreateReport
    from liftlock.services.data.snapshots.listing import SnapshotStatus
    from liftlock.services.data.snapshots.pruning import PruneReport
    from liftlock.services.data.snapshots.restoring import RestoreReport

    return {
        "data-snapshot-create": CreateReport,
        "data-snapshot-list": tuple[SnapshotStatus, ...],
        "data-snapshot-restore": RestoreReport,
        "data-snapshot-prune": PruneReport,
    }


def _configuration() -> dict[str, Any]:
    from liftlock.core.config.problems import Problem
    from liftlock.core.config.provenance import Provenance

    names = tuple[str, ...]
    return {
        "config-validate": Fields(
            {"valid": bool, "checked": names, "environments": names, "problems": tuple[Problem, ...], "notes": tuple[Problem, ...]}
        ),
        "config-explain": Fields({"environment": str, "values": tuple[Provenance, ...]}),
        "config-show": _shown_environment(),
        "config-schemas": Fields({"files": ListOf(Fields({"name": str, "files": str})), "results": names}),
    }


def _data_check() -> dict[str, Any]:
    from liftlock_datagen.certificate.model import Certificate, FoundRow

    return {"data-check": Certificate, "data-check-rows": tuple[FoundRow, ...]}


def _data_rows() -> dict[str, Any]:
    from liftlock.services.data.anonymisation import AnonymisationReport
    from liftlock.services.data.classification import InitReport
    from liftlock.services.data.generation import GenerationReport
    from liftlock.services.data.planning import PlanReport
    from liftlock.services.data.profiles import ProfileReport
    from liftlock_datagen.profile.compare import Comparison
    from liftlock_datagen.subset.report import SubsetReport

    profile = {name: kind for name, kind in fields_of(ProfileReport).items() if name != "text"}
    return {
        "data-anonymise": AnonymisationReport,
        "data-init": InitReport,
        "data-plan": PlanReport,
        "data-generate": GenerationReport,
        "data-profile": Fields({**profile, "file": PurePath}),
        "data-subset": SubsetReport,
        "data-report": Comparison,
    }


def _shown_environment() -> Fields:
    """What liftlock.core.config.shown composes."""
    from liftlock.core.environment import DataSource, EnvironmentClass
    from liftlock.core.image import ImageRef

    data = Fields({"source": DataSource, "rows": int, "seed": int}, {"snapshot": str})
    database = Fields({"image": ImageRef, "memory": str | None, "published": bool, "data": data})
    return Fields(
        {
            "project": str,
            "environment": str,
            "class": EnvironmentClass,
            "protected": bool,
            "release": str,
            "config": str,
            "data": str,
            "common": str,
            "port": int | None,
            "ports": Fields({"from": int, "to": int}),
            "ttl": str | None,
            "router": Fields({"image": ImageRef}),
            "services": MapOf(_shown_service()),
            "databases": MapOf(database),
        }
    )


def _shown_service() -> Fields:
    from liftlock.core.image import ImageRef

    command = tuple[str, ...]
    return Fields(
        {
            "image": ImageRef,
            "port": int,
            "route": str | None,
            "memory": str | None,
            "command": command | None,
            "health": Fields({"path": str, "interval": str, "timeout": str, "retries": int, "start_period": str}),
            "databases": tuple[str, ...],
            "migration": Maybe(Fields({"command": command})),
            "env": Mapping[str, str],
            "secrets": Mapping[str, str],
        }
    )


def _environments() -> dict[str, Any]:
    from liftlock.core.audit_export import AuditRow
    from liftlock.core.environment_diff import EnvironmentDifference
    from liftlock.core.history import Event, Holder
    from liftlock.core.metrics import Metrics
    from liftlock.core.ports import StackResult
    from liftlock.services.audit import AuditReport
    from liftlock.services.branches import BranchStatus
    from liftlock.services.reports import DownReport, UpReport
    from liftlock.services.status import EnvironmentStatus

    return {
        "env-list": tuple[EnvironmentStatus, ...],
        "env-status": tuple[EnvironmentStatus, ...],
        "env-preview": StackResult,
        "env-up": UpReport,
        "env-down": DownReport,
        "branch-up": UpReport,
        "branch-list": tuple[BranchStatus, ...],
        "branch-down": DownReport,
        "history": tuple[Event, ...],
        "who-has": tuple[Holder, ...],
        "diff": EnvironmentDifference,
        "metrics": Metrics,
        "audit-verify": AuditReport,
        "audit-export": tuple[AuditRow, ...],
    }


def _promotions() -> dict[str, Any]:
    from liftlock.core.evidence import Evidence
    from liftlock.core.policy_list import StandingRule
    from liftlock.core.ports import Check, PullRequest
    from liftlock.core.promotion_types import PromotionPlan
    from liftlock.core.release_plan import ReleasePlan
    from liftlock.services.evidence import ListedEvidence
    from liftlock.services.images import ImageCheck, RecordReport, ResolvedImage
    from liftlock.services.measures import MeasureReport
    from liftlock.services.promotions import OpenReport
    from liftlock.services.review_results import Approval, MergeReport, PromotionStatus

    return {
        "image-resolve": ResolvedImage,
        "image-record": RecordReport,
        "image-verify": tuple[ImageCheck, ...],
        "promote-plan": PromotionPlan,
        "promote-plans": tuple[PromotionPlan, ...],
        "promote-open": OpenReport,
        "promote-opens": tuple[OpenReport, ...],
        "promote-list": tuple[PromotionStatus, ...],
        "promote-status": PromotionStatus,
        "promote-check": Check,
        "promote-approve": Approval,
        "promote-merge": MergeReport,
        "promote-close": PullRequest,
        "release-plan": ReleasePlan,
        "evidence-record": Evidence,
        "evidence-list": tuple[ListedEvidence, ...],
        "policy-change": MeasureReport,
        "policy-list": tuple[StandingRule, ...],
        "rollback": MeasureReport,
    }


def _init() -> dict[str, Any]:
    from liftlock.adapters.ci_files import CiReport
    from liftlock.adapters.new_repository import CreatedRepository

    return {"init": Fields({"created": CreatedRepository, "next": tuple[str, ...]}), "init-ci": CiReport}


def _doctor() -> Any:
    from liftlock.core.diagnosis import Finding

    return tuple[Finding, ...]


def _engine() -> dict[str, Any]:
    from liftlock.core.engine_report import EngineReport

    return {"engine": EngineReport, "engine-install": Fields({"path": PurePath, "version": str})}


def _drift() -> Fields:
    """A report with its verdict; of each property only the sides that have it."""
    from liftlock.core.drift import DriftedResource, DriftReport, PropertyDrift

    sides = dict.fromkeys(("declared", "applied", "live"), Any)
    said = {name: hint for name, hint in fields_of(PropertyDrift).items() if name not in {*sides, "has"}}
    resource = {**fields_of(DriftedResource), "properties": ListOf(Fields(said, sides))}
    report = {**fields_of(DriftReport), "resources": ListOf(Fields(resource))}
    return Fields({**report, "clean": bool, "complete": bool, "coverage": float})
