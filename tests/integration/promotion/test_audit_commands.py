"""The auditor's commands on a bare clone that has nothing but Git: no forge, no registry, no cache."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liftlock.adapters.ledger import GitLedger
from liftlock.core.errors import IncompleteError, LiftlockError, UsageError
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.main import app
from tests.config_repository import FILES, REGISTRY, A, B, C
from tests.git_repositories import commit_here, git, make_clone, make_forge
from tests.json_results import validated
from tests.registries import serving_tags

ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"


@dataclass
class Audit:
    """Somebody who looks at a bare clone. clone: where the history is made."""

    clone: Path
    forge: Path
    folder: Path
    made: int = 0

    def deploy(self, environment: str, images: dict[str, str], commit: str, release: str = "rel-1", *, dirty: bool = False) -> None:
        details: dict[str, Json] = {"services": dict(images), "commit": commit, "dirty": dirty}
        facts = (Fact.DEPLOYED, Fact.VERIFIED)
        GitLedger(self.clone).append([Entry(fact, environment, ADA, datetime.now(UTC), release, details) for fact in facts])

    def run(self, command: str, *, expect: int = 0) -> str:
        """What the command says, in a fresh bare clone that no forge stands behind."""
        self.made += 1
        bare = self.folder / f"bare{self.made}.git"
        git(self.forge, "clone", "--quiet", "--bare", str(self.forge), str(bare))
        git(bare, "remote", "remove", "origin")
        result = CliRunner().invoke(app, [*command.split(), "--repo", str(bare)])
        if isinstance(result.exception, LiftlockError):
            assert int(result.exception.exit_code) == expect, result.exception.message
            return f"{result.stdout}{result.exception.message}"
        assert result.exit_code == expect, (result.stdout, result.exception)
        return result.stdout

    def json(self, command: str, *, expect: int = 0) -> dict[str, Any]:
        document = self.run(f"{command} --json", expect=expect)
        return validated(document[: document.rindex("}") + 1])


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    forge = make_forge(tmp_path, FILES)
    return Audit(make_clone(forge, tmp_path / "clone"), forge, tmp_path)


def image(service: str, digest: str) -> str:
    return f"127.0.0.1:5480/shop/{service}@{digest}"


@pytest.fixture
def two(audit: Audit) -> Audit:
    """dev runs v2 of api; staging runs v1 of it and has other configuration."""
    first = git(audit.clone, "rev-parse", "HEAD")
    both = {"api": image("api", A), "web": image("web", B)}
    commit_here(audit.clone, {"releases/staging.yaml": FILES["releases/dev.yaml"]}, "Promote to staging")
    staging = git(audit.clone, "rev-parse", "HEAD")
    newer = FILES["releases/dev.yaml"].replace(f'api@{A}", tag: v1, commit: 1a2b3c4', f'api@{C}", tag: v2, commit: 5d6e7f8')
    dev = commit_here(audit.clone, {"releases/dev.yaml": newer}, "Record v2")
    git(audit.clone, "push", "--quiet", "origin", "main")
    audit.deploy("dev", both, first)
    audit.deploy("staging", both, staging, "rel-2")
    audit.deploy("dev", both | {"api": image("api", C)}, dev, "rel-3")
    return audit


def test_history_of_a_bare_clone_with_its_filters(two: Audit) -> None:
    events = two.json("history --env dev --service api --since 1d")["items"]
    assert [event["release"] for event in events] == ["rel-3", "rel-1"]
    assert all(event["verified"] for event in events)
    assert two.json("history --limit 1")["items"][0]["release"] == "rel-3"
    assert two.run("history --until 2020-01-01") == "nothing is on record for this; liftlock history shows everything\n"
    assert "is no moment" in two.run("history --since soon", expect=64)


def test_who_has_a_digest_a_tag_or_a_commit(two: Audit) -> None:
    found = {A: ["staging"], C[:20]: ["dev"], "v2": ["dev"], "5d6e7f8": ["dev"], "v1": ["dev", "staging", "staging"]}
    for wanted, environments in found.items():
        holders = two.json(f"who-has {wanted}")["items"]
        assert [holder["environment"] for holder in holders] == environments
    assert {(h["tag"], h["commit"]) for h in two.json("who-has v2")["items"]} == {("v2", "5d6e7f8")}
    assert two.run("who-has v9") == "no environment runs v9\n"


def test_two_environments_differ_in_images_commits_and_configuration(two: Audit) -> None:
    found = two.json("diff dev staging", expect=2)
    assert [(d["service"], d["commits"]) for d in found["services"]] == [("api", "5d6e7f8..1a2b3c4")]
    assert (found["config_differs"], found["data_differs"]) == (True, False)
    assert {"path": "services.api.env.LOG_LEVEL", "left": "debug", "right": "warn"} in found["values"]
    said = two.run("diff dev staging", expect=2)
    assert "v2 (cccccccccccc)" in said
    assert "the data is the same" in said


def test_an_environment_is_compared_with_a_release_that_it_had(two: Audit) -> None:
    found = two.json("diff dev dev@rel-1", expect=2)
    assert [d["service"] for d in found["services"]] == ["api"]
    assert not found["config_differs"]
    assert not two.json("diff dev@rel-3 dev")["services"]
    assert "never had rel-9" in two.run("diff dev dev@rel-9", expect=64)


def test_what_was_never_deployed_is_compared_by_what_is_declared(two: Audit) -> None:
    assert "releases nothing" in two.run("diff dev prod", expect=64)
    found = two.json("diff staging staging --declared")
    assert found["left"]["at"] is None


def test_a_deployment_of_uncommitted_changes_is_never_called_equal(two: Audit) -> None:
    two.deploy("staging", {"api": image("api", A), "web": image("web", B)}, "0" * 40, "rel-2", dirty=True)
    assert "uncommitted" in two.run("diff staging staging@rel-2", expect=3)
    assert json.loads(two.run("diff staging staging@rel-2 --json", expect=3).rpartition("}")[0] + "}")["unknown"]


@pytest.fixture
def promoted(tmp_path: Path) -> Iterator[Audit]:
    """Ada recorded v1 for dev and promoted it to staging; Grace approved."""
    with serving_tags({f"shop/{service}:v1": service for service in ("api", "web")}) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git")
        forge = make_forge(tmp_path, files)
        audit = Audit(make_clone(forge, tmp_path / "clone"), forge, tmp_path)
        typed(audit.clone, "image record --env dev --all v1")
        images = json.loads(typed(audit.clone, "config show dev --json"))
        details: dict[str, Json] = {"services": {n: s["image"] for n, s in images["services"].items()}, "dirty": False}
        details |= {"config": images["config"], "data": images["data"], "commit": git(audit.clone, "rev-parse", "HEAD")}
        facts = (Fact.DEPLOYED, Fact.VERIFIED)
        GitLedger(audit.clone).append([Entry(fact, "dev", ADA, datetime.now(UTC), images["release"], details) for fact in facts])
        typed(audit.clone, "promote open --to staging")
        typed(audit.clone, "promote approve 1", GRACE)
        typed(audit.clone, "promote merge 1")
        yield audit


def typed(clone: Path, command: str, by: str = ADA) -> str:
    result = CliRunner().invoke(app, [*command.split(), "--repo", str(clone)], env={"LIFTLOCK_ACTOR": by})
    assert result.exit_code == 0, (command, result.stdout, result.exception)
    return result.stdout


def by_hand(audit: Audit) -> str:
    git(audit.clone, "pull", "--quiet", "--ff-only")
    made = commit_here(audit.clone, {"releases/prod.yaml": "services: {}\n"}, "=cmd|' /C calc'!A0")
    git(audit.clone, "push", "--quiet", "origin", "main")
    return made


def test_what_liftlock_did_is_clean_in_a_bare_clone(promoted: Audit) -> None:
    report = promoted.json("audit verify")
    assert (report["broken"], report["findings"]) == (None, [])
    assert (report["changes"], report["sound"]) == (2, 2)
    assert "the chain is whole" in promoted.run("audit verify")
    rows = json.loads(promoted.run("audit export --format json"))["items"]
    assert [(row["kind"], row["environment"]) for row in rows] == [("recorded", "dev"), ("promote", "staging")]
    assert (rows[1]["approved_by"], rows[1]["requested_by"], rows[1]["pull"]) == ([GRACE], [ADA], 1)


def test_a_change_by_hand_is_named_and_exits_with_policy(promoted: Audit, tmp_path: Path) -> None:
    made = by_hand(promoted)
    (finding,) = promoted.json("audit verify", expect=6)["findings"]
    assert (finding["kind"], finding["commit"]) == ("unauthorised", made)
    assert f"unauthorised: releases/prod.yaml changed by {made[:12]}" in promoted.run("audit verify", expect=6)
    promoted.run(f"audit export --since 1d --output {tmp_path / 'out.csv'}")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["commit"], row["authorised"]) for row in rows][-1] == (made, "false")
    assert promoted.run("audit export --until 2020-01-01").count("\n") == 1


def test_a_forged_ledger_is_broken(promoted: Audit) -> None:
    ref = "refs/heads/liftlock/ledger"
    made = git(promoted.forge, "commit-tree", f"{ref}^{{tree}}", "-p", ref, "-m", "deployed prod\n\nnot a record")
    git(promoted.forge, "update-ref", ref, made)
    assert made in str(promoted.json("audit verify", expect=1)["broken"])
    assert "the ledger is broken" in promoted.run("audit verify", expect=1)


def test_half_a_history_is_neither_clean_nor_broken(promoted: Audit, tmp_path: Path) -> None:
    git(promoted.forge, "clone", "--quiet", "--bare", "--depth", "1", f"file://{promoted.forge}", str(tmp_path / "shallow.git"))
    result = CliRunner().invoke(app, ["audit", "verify", "--repo", str(tmp_path / "shallow.git")])
    assert isinstance(result.exception, IncompleteError)


def test_metrics_of_a_bare_clone(two: Audit) -> None:
    found = {(f["environment"], f["service"]): f for f in two.json("metrics --since 1d")["figures"]}
    assert found["dev", None]["deployments"] == 2
    assert found["dev", "web"]["deployments"] == 1
    assert found["staging", None]["lead_time"] is None
    assert "no data" in two.run("metrics")
    assert two.run("metrics --csv").startswith("environment,service,since,")
    assert 'unknown environment "stagin"' in two.run("metrics --env stagin", expect=64)


def test_metrics_of_nothing_are_no_data(audit: Audit) -> None:
    assert audit.run("metrics") == "no data: nothing was deployed yet, or not by what was asked for\n"


def test_a_release_plan_is_written_to_stdout_or_a_file(promoted: Audit, tmp_path: Path) -> None:
    text = typed(promoted.clone, "release-plan --to prod")
    assert text.startswith("# Release plan: staging to prod (shop)\n")
    assert "| verified:staging | pending |" in text
    place = tmp_path / "plan.json"
    typed(promoted.clone, f"release-plan --to prod --service api --format json --output {place}")
    assert [service["service"] for service in validated(place.read_text(encoding="utf-8"))["services"]] == ["api"]
    wrong = CliRunner().invoke(app, ["release-plan", "--to", "prod", "--format", "pdf", "--repo", str(promoted.clone)])
    assert isinstance(wrong.exception, UsageError)
