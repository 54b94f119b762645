"""Every command that can be run without deploying anything: what it prints with --json is what `config schema` publishes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from liftlock.adapters.ledger import GitLedger
from liftlock.commands.results import result_shapes
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.main import app
from tests.config_repository import FILES, REGISTRY
from tests.git_repositories import make_clone, make_forge
from tests.json_results import validated
from tests.registries import serving_tags

ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """An environments repository with a registry that has v1 and v2 of every service."""
    with serving_tags({f"shop/{service}:{tag}": f"{service}{tag}" for service in ("api", "web") for tag in ("v1", "v2")}) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        # A project that nobody else on this Docker engine has: `env down` removes whatever carries its labels.
        project = f"project: t{uuid.uuid4().hex[:8]}"
        assert "project: shop\n" in files["liftlock.yaml"]
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git").replace("project: shop", project)
        yield make_clone(make_forge(tmp_path, files), tmp_path / "clone")


@pytest.fixture
def run(clone: Path) -> Run:
    """Runs a command with --json; what it printed, held against its schema."""

    def run(command: str, *, as_: str = ADA) -> dict[str, Any]:
        result = CliRunner().invoke(app, [*command.split(), "--json", "--repo", str(clone)], env={"LIFTLOCK_ACTOR": as_})
        assert result.stdout, f"{command}: {result.exception}"
        return validated(result.stdout)

    return run


def test_configuration(run: Run, clone: Path) -> None:
    run("image record --env dev --all v1")
    assert run("config validate")["valid"]
    (clone / "environments" / "dev.yaml").write_text("extends: bass\n")
    assert run("config validate")["problems"]
    (clone / "environments" / "dev.yaml").write_text(FILES["environments/dev.yaml"])
    run("config explain staging")
    run("config show dev")
    run("config show branch")


def test_the_way_of_a_release(run: Run, clone: Path) -> None:
    run("image resolve api:v1")
    release = run("image record --env dev --all v1")["release"]
    assert run("image record --env dev --all v1")["commit"] is None
    run("image verify dev")
    assert run("promote plan --to staging")["actions"] == []
    image = str(run("image resolve api:v1")["image"])
    proof: dict[str, Json] = {"dirty": False, "services": {"api": image}}
    GitLedger(clone).append([Entry(fact, "dev", ADA, datetime.now(UTC), release, proof) for fact in (Fact.DEPLOYED, Fact.VERIFIED)])
    assert run("promote plan --to staging")["changes"]
    assert run("promote open --to staging")["pull"]["number"] == 1
    assert run("promote status")["items"]
    run("promote status 1 --set-status")
    assert run("promote approve 1")["excluded"]
    assert run("promote merge 1")["outcome"] == "blocked"
    run("promote approve 1", as_=GRACE)
    assert {gate["phase"] for gate in run("promote status 1")["gates"]} == {"passed"}
    assert run("promote merge 1")["outcome"] == "merged"
    assert run("promote plan --to staging")["changes"] == []
    assert run("history --all-facts")["items"]
    assert run(f"who-has {image.partition('@')[2]}")["items"]


def test_a_promotion_that_is_closed(run: Run, clone: Path) -> None:
    release = run("image record --env dev --all v2")["release"]
    GitLedger(clone).append([Entry(fact, "dev", ADA, datetime.now(UTC), release) for fact in (Fact.DEPLOYED, Fact.VERIFIED)])
    run("promote open --to staging")
    assert run("promote close 1 --reason no")["state"] == "closed"


@pytest.mark.docker
def test_environments_of_which_none_exists(run: Run) -> None:
    run("image record --env dev --all v1")
    assert {item["exists"] for item in run("env list")["items"]} == {False}
    run("env status dev")
    assert run("branch list")["items"] == []
    assert run("env down dev --yes")["existed"] is False
    assert run("branch down --branch none")["existed"] is run("branch down --branch none --yes")["existed"] is False
    assert run("drift")["environments"] == []
    run("doctor")


def test_init(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "shop-environments"), "--as", ADA, "--json"])
    assert validated(result.stdout)["created"]["forge_created"]


def test_the_list_of_schemas_names_each_and_each_can_be_had() -> None:
    listed = validated(CliRunner().invoke(app, ["config", "schema", "--json"]).stdout)
    assert listed["results"] == sorted(result_shapes())
    assert [item["name"] for item in listed["files"]] == [
        "project",
        "environment",
        "release",
        "data",
        "profile",
        "freezes",
        "vetoes",
        "holds",
        "people",
    ]
    for name in ("env-status", "release"):
        shown = json.loads(CliRunner().invoke(app, ["config", "schema", name]).stdout)
        Draft202012Validator.check_schema(shown)
        assert shown["$id"] == f"liftlock/{name}/v1"
    assert "env-status" in CliRunner().invoke(app, ["config", "schema"]).stdout
