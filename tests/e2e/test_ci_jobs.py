"""The jobs that `init --ci` writes, run in order by sh in a fresh checkout each time: a build rises to staging, deployed on real Docker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liftlock.adapters.config_files.loader import load_project
from liftlock.core.ci_pipeline import Job
from liftlock.core.ci_planning import plan_pipeline
from tests.e2e.conftest import ADA, GRACE, LIFTLOCK, User, new_user

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@dataclass
class Machine:
    """A runner that keeps its home between jobs, and no checkout."""

    user: User
    folder: Path

    def run(self, job: Job, **variables: str) -> subprocess.CompletedProcess[str]:
        """The job's commands, in a new clone of the forge."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", str(self.user.repo.parent / "forge.git"), str(work)], check=True, timeout=60)
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LIFTLOCK_", "GITHUB_", "TF_BUILD"))}
        secrets = {"LIFTLOCK_PASSPHRASE": (self.user.repo / ".liftlock" / "passphrase").read_text().strip()} if job.runs else {}
        ours = {"HOME": str(self.folder / "home"), "LIFTLOCK_PROGRAM": str(LIFTLOCK), "LIFTLOCK_PAUSE": "1"}
        done = subprocess.run(
            ["sh", "-e", "-c", job.script],
            cwd=work,
            env={**plain, **ours, **secrets, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        assert done.returncode == 0, f"{job.id}\n{done.stdout}{done.stderr}"
        assert not [value for value in secrets.values() if value in done.stdout + done.stderr]
        return done

    def result(self, name: str) -> Any:
        return json.loads((self.folder / "work" / "ci-out" / name).read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    user = new_user(tmp_path, "--ci", "github")
    (tmp_path / "home").mkdir()
    try:
        yield Machine(user, tmp_path)
    finally:
        user.leave()


@pytest.mark.timeout(900)
def test_a_build_rises_to_staging_by_the_jobs_and_one_review(machine: Machine) -> None:
    pipeline = plan_pipeline(load_project(machine.user.repo).project, version="0.1.0")
    dev, staging, _ = pipeline.stages
    assert pipeline.branch_up and pipeline.branch_down
    machine.run(pipeline.record, LIFTLOCK_IMAGES="api=v1 web=v1", LIFTLOCK_ACTOR=ADA)
    machine.run(dev.deploy, LIFTLOCK_ACTOR=ADA)
    assert "no change" in machine.run(dev.deploy, LIFTLOCK_ACTOR=ADA).stdout, "the state outlives the checkout"
    machine.run(dev.opens[0])
    machine.run(pipeline.status, LIFTLOCK_PULL="1")
    machine.user.ok("promote", "approve", "1", env={"LIFTLOCK_ACTOR": GRACE})
    machine.run(pipeline.merge, LIFTLOCK_PULL="1")
    assert machine.result("merged-1.json")["outcome"] == "merged"
    machine.run(staging.deploy)
    machine.run(pipeline.sweep)
    machine.run(pipeline.drift)
    drift = machine.result("drift.json")
    assert [(item["environment"], item["clean"]) for item in drift["environments"]] == [("dev", True), ("staging", True)]
    machine.user.ok("promote", "status", "2")
    machine.run(pipeline.branch_up, LIFTLOCK_BRANCH="feature/x", LIFTLOCK_ACTOR=ADA)
    machine.run(pipeline.branch_down, LIFTLOCK_BRANCH="feature/x", LIFTLOCK_ACTOR=ADA)
