"""The jobs of a project, whatever its shape."""

from __future__ import annotations

import shlex
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.ci_pipeline import CiPipeline, Right
from liftlock.core.ci_planning import plan_pipeline
from liftlock.core.ci_writing import plan_writing
from liftlock.core.project import Gates, Project, Stage
from tests.ci_projects import DAG
from tests.promotion_world import make_project

NAMES = st.sampled_from(["dev", "qa", "load", "on", "null", "a", "b", "c", "a-b", "b-c"])


@st.composite
def any_project(draw: st.DrawFn) -> Project:
    """A pipeline in which each environment may have any of the earlier ones before it."""
    stages: list[Stage] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)):
        known = [stage.environment for stage in stages]
        upstream = draw(st.lists(st.sampled_from(known), unique=True, max_size=3)) if known else []
        stages.append(Stage(name, tuple(upstream), Gates()))
    return replace(make_project(), pipeline=tuple(stages))


def edges(pipeline: CiPipeline) -> set[tuple[str, str]]:
    return {(job.environment, job.target) for stage in pipeline.stages for job in stage.opens}


@given(any_project())
def test_the_jobs_follow_the_pipeline(project: Project) -> None:
    pipeline = plan_pipeline(project, version="1")
    assert edges(pipeline) == {(source, stage.environment) for stage in project.pipeline for source in stage.upstream}
    assert pipeline.environments == tuple(stage.environment for stage in project.pipeline)
    recorded = [shlex.split(line)[5] for line in pipeline.record.commands if " image record " in line]
    assert recorded == [stage.environment for stage in project.pipeline if not stage.upstream]
    ids = [job.id for job in pipeline.jobs]
    assert len(set(ids)) == len(ids)


@given(any_project())
def test_deployments_of_one_environment_share_a_lock_and_of_two_do_not(project: Project) -> None:
    pipeline = plan_pipeline(project, version="1")
    locks = [stage.deploy.lock for stage in pipeline.stages]
    assert all(locks)
    assert len(set(locks)) == len(locks)


@given(any_project())
def test_no_job_gets_more_than_it_needs(project: Project) -> None:
    for job in plan_pipeline(project, version="1").jobs:
        assert ("LIFTLOCK_PASSPHRASE" in job.secrets) == job.runs, "only what runs environments gets the state's passphrase"
        proposes = any(f" {verb} " in job.script for verb in ("promote open", "merge", "sweep", "deploy"))
        assert (job.rights.pulls is Right.WRITE) <= proposes
        assert 0 < job.minutes <= 60


def test_a_first_environment_follows_what_all_share_and_the_others_only_what_is_theirs() -> None:
    dev, _, qa, *_ = plan_pipeline(replace(make_project(), pipeline=DAG), version="1").stages
    assert "liftlock.yaml" in dev.deploy.paths
    assert qa.deploy.paths == ("releases/qa.yaml", "environments/qa.yaml")
    assert qa.upstream == ("dev", "lab")


def test_a_project_without_a_class_for_branches_has_no_jobs_for_them() -> None:
    pipeline = plan_pipeline(make_project(), version="1", branches=False)
    assert not [job for job in pipeline.jobs if job.id.startswith("branch")]


texts = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2", "3\n"]))


@given(texts, texts, st.sets(st.sampled_from("ab")), st.booleans())
def test_writing_twice_writes_once_and_nothing_of_a_person_is_lost_without_force(
    wanted: dict[str, str], present: dict[str, str], own: set[str], force: bool
) -> None:
    plan = plan_writing(wanted, {path: text for path, text in present.items() if path in wanted}, own=own & wanted.keys(), force=force)
    lost = {path for path in plan.write if path in present}
    assert not lost if not force else not lost & own
    assert not force or not plan.differing
    after = {**present, **plan.write}
    again = plan_writing(wanted, {path: text for path, text in after.items() if path in wanted}, own=own & wanted.keys(), force=force)
    assert not again.write
