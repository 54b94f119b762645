"""The commands of the jobs, run by sh as a CI platform runs them: real Git, a local forge, an HTTP registry."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.adapters.config_files.loader import load_project
from liftlock.adapters.ledger import GitLedger
from liftlock.core.ci_pipeline import CiPipeline, Job, Platform
from liftlock.core.ci_planning import plan_pipeline
from liftlock.core.ledger import Entry, Fact
from liftlock_templates.ci_files import render_ci
from tests.config_repository import FILES, REGISTRY, write
from tests.git_repositories import git, make_clone, make_forge
from tests.registries import serving_tags

ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"


@dataclass
class Runner:
    """A CI runner with a clone of the environments repository."""

    clone: Path
    pipeline: CiPipeline
    program: Path

    def run(self, job: Job, *, expect: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs the job's commands as a platform does, in a clone that is as the forge is."""
        git(self.clone, "pull", "--quiet", "--ff-only")
        return self.shell(job.script, expect=expect, **variables)

    def shell(self, script: str, *, expect: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=self.clone,
            env=self.environment(variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == expect, f"{script}\n{done.stdout}{done.stderr}"
        return done

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LIFTLOCK_", "GIT_", "GITHUB_", "TF_BUILD"))}
        home = {"HOME": str(self.clone.parent / "home"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        ours = {"LIFTLOCK_PROGRAM": str(self.program), "LIFTLOCK_PAUSE": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
        return {**plain, **home, **ours, **variables}

    def liftlock(self, command: str, actor: str = ADA) -> dict[str, object]:
        """What a person types, with --json."""
        done = self.shell(f"{shlex.quote(str(self.program))} {command} --json", LIFTLOCK_ACTOR=actor)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def deployed(self, environment: str, target: str) -> None:
        """What the deploy job leaves in the ledger."""
        now = datetime.now(UTC)
        plan = self.shell(f"{shlex.quote(str(self.program))} promote plan --from {environment} --to {target} --json || true")
        release = str(json.loads(plan.stdout)["source_release"])
        facts = (Fact.DEPLOYED, Fact.VERIFIED)
        GitLedger(self.clone).append([Entry(fact, environment, ADA, now, release, {"dirty": False}) for fact in facts])


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    tags = {f"shop/{service}:{tag}": f"{service}{tag}" for service in ("api", "web") for tag in ("v1", "v2")}
    program = tmp_path / "bin" / "liftlock"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "from liftlock.main import run; run()" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "home").mkdir()
    with serving_tags(tags) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git").replace("approvals: 2", "approvals: 1")
        first = write(tmp_path / "plain", files)
        pipeline = plan_pipeline(load_project(first).project, version="0.1.0")
        forge = make_forge(tmp_path, files | render_ci(Platform.GITHUB.value, pipeline))
        yield Runner(make_clone(forge, tmp_path / "clone"), pipeline, program)


def checks(runner: Runner, number: int) -> str:
    return str(runner.liftlock(f"promote status {number}")["gates"])


@pytest.mark.slow
@pytest.mark.timeout(900)  # dozens of processes, one after another
def test_a_release_rises_from_a_build_to_prod_by_the_jobs_alone(runner: Runner) -> None:
    pipeline = runner.pipeline
    dev, staging, prod = pipeline.stages
    runner.run(pipeline.record, LIFTLOCK_IMAGES="api=v1 web=v1", LIFTLOCK_ACTOR=ADA)
    for number, (source, target) in enumerate(((dev, staging), (staging, prod)), start=1):
        (job,) = source.opens
        blocked = runner.run(job)
        assert "blocked (exit code 4)" in blocked.stderr
        runner.deployed(source.environment, target.environment)
        assert json.loads(runner.run(job).stdout.partition("\npull request")[0])["outcome"] == "opened"
        runner.run(pipeline.status, LIFTLOCK_PULL=str(number))
        runner.run(pipeline.merge, LIFTLOCK_PULL=str(number))
        assert json.loads((runner.clone / f"ci-out/merged-{number}.json").read_text())["outcome"] == "blocked"
        runner.liftlock(f"promote approve {number}", GRACE)
        runner.run(pipeline.merge, LIFTLOCK_PULL=str(number))
        assert json.loads(runner.shell("sh ci/liftlock.sh targets ci-out/*.json").stdout) == [target.environment]
        (runner.clone / f"ci-out/merged-{number}.json").unlink()
    assert (runner.clone / "releases" / "prod.yaml").read_text() == (runner.clone / "releases" / "dev.yaml").read_text()
    assert git(runner.clone, "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.timeout(900)  # dozens of processes, one after another
def test_the_sweep_opens_and_merges_what_may_rise(runner: Runner) -> None:
    runner.run(runner.pipeline.record, LIFTLOCK_IMAGES="api=v1 web=v1", LIFTLOCK_ACTOR=ADA)
    runner.deployed("dev", "staging")
    runner.run(runner.pipeline.sweep)
    assert "approvals" in checks(runner, 1)
    runner.liftlock("promote approve 1", GRACE)
    runner.run(runner.pipeline.sweep)
    assert runner.shell("sh ci/liftlock.sh targets ci-out/*.json").stdout == '["staging"]\n'
    runner.run(runner.pipeline.sweep)


def test_the_status_job_says_the_gates_on_the_head_commit(runner: Runner) -> None:
    runner.run(runner.pipeline.record, LIFTLOCK_IMAGES="api=v1 web=v1", LIFTLOCK_ACTOR=ADA)
    runner.deployed("dev", "staging")
    runner.liftlock("promote open --to staging")
    runner.run(runner.pipeline.status, LIFTLOCK_PULL="1")
    events = git(runner.clone.parent / "forge.git", "show", "refs/liftlock/pulls/1:events.json")
    assert "liftlock/promotion" in events


@pytest.mark.parametrize("images", ["api=v1 --all=v2", "api", "api=v1;touch pwned", "$(touch pwned)", "*"])
def test_what_a_build_says_is_never_run_and_names_no_option(runner: Runner, images: str) -> None:
    done = subprocess.run(
        ["sh", "-e", "-c", runner.pipeline.record.script],
        cwd=runner.clone,
        env=runner.environment({"LIFTLOCK_IMAGES": images}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert not (runner.clone / "pwned").exists()
    assert not (runner.clone / "releases" / "dev.yaml").exists()


_ASKED = {
    "deploy": ["env up PLACE --yes", "rollback PLACE --reason x"],
    "data": ["data init shop --env=PLACE --no-sample --check", "data plan shop --env=PLACE --strict --markdown"],
}
"""What a word of ci/liftlock.sh asks of liftlock; of the other words, they are commands of liftlock themselves."""


def test_every_command_that_needs_docker_is_one_that_liftlock_has(runner: Runner) -> None:
    asked = 0
    for job in runner.pipeline.jobs:
        for command in job.commands if job.runs else ():
            if command.startswith("sh ci/liftlock.sh "):
                words = command.removeprefix("sh ci/liftlock.sh ").partition(">")[0]
                verb, _, environment = words.partition(" ")
                for asks in _ASKED.get(verb, [words]):
                    runner.shell(f"{shlex.quote(str(runner.program))} {asks.replace('PLACE', environment)} --help")
                    asked += 1
    assert asked == 10
    with pytest.raises(AssertionError, match="No such option"):
        runner.shell(f"{shlex.quote(str(runner.program))} env up dev --yess --help")
