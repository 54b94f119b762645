"""Projects of several shapes, for the tests of the files that CI platforms get."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from liftlock.core.ci_pipeline import CiPipeline, Platform
from liftlock.core.ci_planning import plan_pipeline
from liftlock.core.project import (
    AttestationMode,
    AttestationRule,
    ForgeKind,
    ForgeSettings,
    Gates,
    IdentitySigner,
    Project,
    SigningSettings,
    Stage,
)
from tests.promotion_world import REGISTRY, make_project

GITHUB = ForgeSettings(ForgeKind.GITHUB, "https://github.com/shop/environments", token="env:LIFTLOCK_FORGE_TOKEN")
GITEA = ForgeSettings(ForgeKind.GITEA, "http://forge.example:3000/shop/environments", "release/1.0", "env:LIFTLOCK_FORGE_TOKEN")
SIGNING = "SHOP_SIGNING_KEY"
_KEYLESS = AttestationRule(
    AttestationMode.WARN,
    "https://slsa.dev/provenance/v1",
    IdentitySigner("https://ci.example/b", "https://issuer.example", PurePosixPath("root.json")),
)
_GATES = Gates(verified=True, approvals=1)
DAG = (
    Stage("dev"),
    Stage("lab"),
    Stage("qa", ("dev", "lab"), _GATES),
    Stage("load", ("dev",), _GATES),
    Stage("staging", ("qa", "load"), _GATES),
    Stage("prod-eu", ("staging",), _GATES),
    Stage("prod-us", ("staging",), Gates(approvals=1, attestation=_KEYLESS)),
)
ODD = (Stage("on"), Stage("null", ("on",), _GATES), Stage("y", ("null",), _GATES))


def _services(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{REGISTRY}/shop/{name}") for name in names)


def projects() -> dict[str, Project]:
    """A project for each shape."""
    usual = replace(make_project(), forge=GITHUB)
    return {
        "one-service": replace(usual, services=_services("api")),
        "many-services": replace(usual, services=_services(*(f"service-{number}" for number in range(120)))),
        "dag": replace(
            make_project(pipeline=DAG), forge=GITEA, signing=SigningSettings(f"env:{SIGNING}", PurePosixPath("keys/liftlock.pub"))
        ),
        "yaml-syntax": replace(make_project(pipeline=ODD), name="no", forge=GITHUB, services=_services("true", "null", "off")),
        "one-environment": make_project(pipeline=(Stage("prod"),)),
        "own-names": replace(
            usual,
            forge=replace(GITHUB, token="env:SHOP_FORGE"),
            engine=replace(usual.engine, passphrase="env:SHOP_PASS", backend="env:SHOP_BACKEND"),
        ),
        "app": replace(usual, forge=replace(GITHUB, token="app:123:env:SHOP_APP_KEY")),
    }


def pipelines() -> dict[str, CiPipeline]:
    """The pipeline of each; the last shape has no environments of branches."""
    secrets = {"own-names": {"staging": ["STAGING_KEY"], "prod": ["STRIPE_KEY", "STRIPE_HOOK"], "branch": []}}
    return {
        name: plan_pipeline(found, version="0.1.0", branches=name != "one-environment", secrets=secrets.get(name))
        for name, found in projects().items()
    }


PLATFORMS = tuple(Platform)
