"""What every platform's files have of the one model, and what no file may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from liftlock.core.ci_pipeline import PASSPHRASE, REGISTRY_PASSWORD, TOKEN, CiPipeline, Job, Platform
from liftlock_templates.ci_files import PLATFORMS as FILES
from liftlock_templates.ci_files import render_ci
from tests.ci_projects import SIGNING, pipelines

SHAPES = pipelines()
EVERY = [pytest.param(platform, shape, id=f"{platform}-{shape}") for platform in Platform for shape in SHAPES]
# What a platform has no event for; the sweep does its work, or a person.
WITHOUT = {
    Platform.GITHUB: set[str](),
    Platform.GITLAB: {"queued"},
    Platform.JENKINS: {"queued", "merge", "branch-down"},
    Platform.CIRCLECI: {"queued", "status", "merge", "branch-up", "branch-data", "branch-down"},
    Platform.AZURE: {"queued", "branch-down"},
    Platform.CLOUDBUILD: {"queued", "merge", "branch-up", "branch-data", "branch-down"},
    Platform.CODEPIPELINE: {"queued", "status", "merge", "branch-up", "branch-data", "branch-down"},
    Platform.GOCD: {"queued", "status", "merge", "branch-up", "branch-data", "branch-down"},
    Platform.TRAVIS: {"queued", "status", "merge", "branch-up", "branch-data", "branch-down"},
}


def own_files(platform: Platform, pipeline: CiPipeline) -> dict[str, str]:
    """The platform's files, without what all platforms share."""
    shared = {"ci/liftlock.sh", "ci/requirements.txt"}
    return {path: text for path, text in render_ci(platform.value, pipeline).items() if path not in shared}


def strings(value: Any) -> Iterator[str]:
    """Every text in a YAML document."""
    match value:
        case dict():
            for key, item in value.items():
                yield from (key, *strings(item)) if isinstance(key, str) else strings(item)
        case list():
            for item in value:
                yield from strings(item)
        case str():
            yield value


def parsed(platform: Platform, pipeline: CiPipeline) -> list[str]:
    """The texts that the platform would read: scalars of YAML; Groovy as it is."""
    yaml = YAML(typ="safe")
    yaml.constructor.add_multi_constructor("!", lambda _, __, node: str(node.value))  # CloudFormation's short functions
    found: list[str] = []
    for path, text in own_files(platform, pipeline).items():
        found += [text] if path.endswith("Jenkinsfile") else list(strings(yaml.load(text)))
    return found


def without_indents(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_every_job_is_there_with_exactly_its_commands(platform: Platform, shape: str) -> None:
    pipeline = SHAPES[shape]
    texts = [without_indents(text) for text in parsed(platform, pipeline)]
    for job in pipeline.jobs:
        there = any(without_indents(job.script) in text for text in texts)
        assert there == (job.id not in WITHOUT[platform]), job.id


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_every_platform_says_the_gates_on_proposals_and_merges_what_is_approved(platform: Platform, shape: str) -> None:
    texts = "\n".join(own_files(platform, SHAPES[shape]).values())
    assert "sh ci/liftlock.sh sweep ci-out" in texts
    assert "drift --json" in texts


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_no_command_names_a_secret(platform: Platform, shape: str) -> None:
    for job in SHAPES[shape].jobs:
        assert not [name for name in (TOKEN, PASSPHRASE, REGISTRY_PASSWORD) if name in job.script]
    for text in own_files(platform, SHAPES[shape]).values():
        assert not re.search(r"echo[^\n]*(TOKEN|PASSPHRASE|PASSWORD)|set -x", text)


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_only_jobs_that_run_environments_get_the_passphrase(platform: Platform, shape: str) -> None:
    pipeline = SHAPES[shape]
    for path, text in own_files(platform, pipeline).items():
        if not any(_mentions(text, job) for job in pipeline.jobs if job.runs):
            assert PASSPHRASE not in _without_comments(text), path


def _mentions(text: str, job: Job) -> bool:
    return without_indents(job.script) in without_indents(text) or f"liftlock-deploy-{job.environment}.yml" in text


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", "//")))


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_two_deployments_of_one_environment_cannot_meet(platform: Platform, shape: str) -> None:
    texts = "\n".join(own_files(platform, SHAPES[shape]).values())
    words = {
        Platform.GITHUB: "cancel-in-progress: false",
        Platform.GITLAB: "resource_group:",
        Platform.JENKINS: "disableConcurrentBuilds()",
        Platform.CIRCLECI: "serial-group:",
        Platform.AZURE: "lockBehavior: sequential",
        Platform.CLOUDBUILD: "liftlock's lock",
        Platform.CODEPIPELINE: "ExecutionMode: QUEUED",
        Platform.GOCD: "lock_behavior: unlockWhenFinished",
        Platform.TRAVIS: "one job at a time",
    }
    assert words[platform] in texts


def test_actions_are_pinned_by_commit_and_no_event_gives_secrets_to_a_fork() -> None:
    for pipeline in SHAPES.values():
        for text in own_files(Platform.GITHUB, pipeline).values():
            used = re.findall(r"\buses: (?!\./)(\S+)(.*)", text)
            assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) and re.match(r" # v\d", rest) for action, rest in used)
            assert "pull_request_target" not in text
            assert "workflow_run" not in text
            assert "inherit" not in _without_comments(text).replace("`inherit`", "")
            assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@pytest.mark.parametrize(("platform", "shape"), EVERY)
def test_rendering_is_stable_and_clean(platform: Platform, shape: str) -> None:
    files = render_ci(platform.value, SHAPES[shape])
    assert files == render_ci(platform.value, SHAPES[shape])
    for path, text in files.items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]+$|\t(?=\S)", text if path != "ci/liftlock.sh" else "", flags=re.MULTILINE), path


def test_every_platform_has_files() -> None:
    assert set(FILES) == {platform.value for platform in Platform}


# --- platforms without a published schema: the keys that their documentation lists --------------------------------------------------------


def documents(platform: Platform, shape: str, path: str) -> Any:
    yaml = YAML(typ="safe")
    yaml.constructor.add_multi_constructor("!", lambda _, tag, node: {f"!{tag}": str(node.value)})
    return yaml.load(own_files(platform, SHAPES[shape])[path])


@pytest.mark.parametrize("shape", SHAPES)
def test_gocd_pipelines_have_the_keys_of_its_yaml_plugin(shape: str) -> None:
    """The format reference in the README of gocd-yaml-config-plugin, format version 10."""
    document = documents(Platform.GOCD, shape, "liftlock.gocd.yaml")
    pipeline = SHAPES[shape]
    assert set(document) == {"format_version", "pipelines"}
    deployed = {f"{pipeline.project}-deploy-{name}" for name in pipeline.environments}
    assert set(document["pipelines"]) == deployed | {f"{pipeline.project}-{name}" for name in ("record", "sweep", "drift")}
    for found in document["pipelines"].values():
        assert set(found) <= {"group", "lock_behavior", "environment_variables", "materials", "stages", "timer"}
        assert re.fullmatch(r"[A-Za-z0-9_]+", found["group"]), "a group has only letters, digits and underscores"
        assert set(found["materials"]["environments"]) <= {"git", "branch", "shallow_clone", "auto_update", "includes"}
        assert all(isinstance(value, str) for value in found["environment_variables"].values())
        for stage in found["stages"]:
            ((_, body),) = stage.items()
            assert set(body) <= {"approval", "jobs"}
            for job in body["jobs"].values():
                assert set(job) <= {"timeout", "resources", "tasks", "artifacts"}
                assert [set(task["exec"]) for task in job["tasks"]] == [{"command", "arguments"}]
        if "timer" in found:  # it starts by the clock alone, not whenever something is pushed
            assert next(iter(found["stages"][0].values()))["approval"] == "manual"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_buildspec_has_the_keys_that_codebuild_documents(shape: str) -> None:
    """AWS CodeBuild user guide, "Build specification reference", version 0.2."""
    document = documents(Platform.CODEPIPELINE, shape, "ci/buildspec.yml")
    assert set(document) == {"version", "env", "cache", "phases", "artifacts"}
    assert document["version"] == 0.2
    assert set(document["env"]) == {"shell", "variables", "secrets-manager"}
    assert document["cache"]["paths"] == [f"{document['env']['variables']['PIP_CACHE_DIR']}/**/*"]
    assert all(re.fullmatch(r"[a-z0-9-]+/liftlock:\w+", value) for value in document["env"]["secrets-manager"].values())
    assert set(document["phases"]) == {"install", "build"}
    assert all(isinstance(line, str) for phase in document["phases"].values() for line in phase["commands"])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_cloudformation_template_holds_together(shape: str) -> None:
    """AWS::CodePipeline::Pipeline, AWS::CodeBuild::Project, AWS::Events::Rule of the CloudFormation template reference."""
    document = documents(Platform.CODEPIPELINE, shape, "ci/codepipeline.yaml")
    resources = document["Resources"]
    found = [item["Properties"] for item in resources.values() if item["Type"] == "AWS::CodePipeline::Pipeline"]
    assert len(found) == len(SHAPES[shape].stages)
    for body in found:
        assert (body["PipelineType"], body["ExecutionMode"]) == ("V2", "QUEUED")
        assert [stage["Name"] for stage in body["Stages"]][:2] == ["Source", "Deploy"]
        assert body["Triggers"][0]["GitConfiguration"]["SourceActionName"] == body["Stages"][0]["Actions"][0]["Name"]
    assert all(re.fullmatch(r"[A-Za-z0-9]+", name) for name in resources)
    text = own_files(Platform.CODEPIPELINE, SHAPES[shape])["ci/codepipeline.yaml"]
    referred = set(re.findall(r"!Ref (\w+)", text)) | set(re.findall(r"!GetAtt (\w+)\.", text)) | set(re.findall(r"\$\{(\w+)\.", text))
    assert referred <= set(resources) | set(document["Parameters"])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_jenkinsfile_has_the_sections_of_a_declarative_pipeline(shape: str) -> None:
    """Jenkins handbook, "Pipeline Syntax", declarative pipeline: sections, directives, options and conditions."""
    for path, text in own_files(Platform.JENKINS, SHAPES[shape]).items():
        code = re.sub(r"'''.*?'''|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|//[^\n]*", "''", text, flags=re.DOTALL)
        for opening, closing in ("{}", "()", "[]"):
            assert code.count(opening) == code.count(closing), path
        sections = set(re.findall(r"^ {4}(\w+) \{", code.partition("void liftlock")[0], flags=re.MULTILINE))
        assert sections <= {"agent", "options", "triggers", "parameters", "stages", "post", "environment", "tools"}
        assert {"agent", "stages"} <= sections
        conditions = set(re.findall(r"(?:when \{|allOf \{|anyOf \{|not \{|; )\s*(\w+)", code))
        assert conditions <= {"allOf", "anyOf", "not", "branch", "expression", "changeset", "changeRequest", "triggeredBy"}


# The others give every job what is set for the repository.
LENDING = [Platform.GITHUB, Platform.JENKINS, Platform.AZURE, Platform.CLOUDBUILD, Platform.CODEPIPELINE, Platform.GOCD]


@pytest.mark.parametrize("platform", LENDING)
def test_the_key_that_signs_promotions_is_lent_where_it_is_declared(platform: Platform) -> None:
    lent = {shape: SIGNING in "".join(own_files(platform, pipeline).values()) for shape, pipeline in SHAPES.items()}
    assert [shape for shape, found in lent.items() if found] == ["dag"]


def test_only_jobs_that_merge_get_the_key_that_signs_promotions() -> None:
    assert [job.id for job in SHAPES["dag"].jobs if SIGNING in job.secrets] == ["merge", "sweep"]
    assert SIGNING not in SHAPES["one-service"].secrets


def test_the_optional_part_is_installed_where_an_identity_is_trusted() -> None:
    wanted = {shape: render_ci("github", pipeline)["ci/requirements.txt"].splitlines()[-1] for shape, pipeline in SHAPES.items()}
    assert wanted == {shape: "liftlock[keyless]==0.1.0" if shape == "dag" else "liftlock==0.1.0" for shape in SHAPES}


# --- what liftlock.yaml and environments/ refer to ----------------------------------------------------------------------------------------


def test_secrets_have_the_names_that_the_declaration_refers_to() -> None:
    pipeline = SHAPES["own-names"]
    found = {job.id: set(job.secrets) - {REGISTRY_PASSWORD} for job in pipeline.jobs}
    assert found["deploy-dev"] == {"SHOP_FORGE", "SHOP_PASS", "SHOP_BACKEND"}
    assert found["deploy-prod"] == {"SHOP_FORGE", "SHOP_PASS", "SHOP_BACKEND", "STRIPE_KEY", "STRIPE_HOOK"}
    assert found["drift"] == {"SHOP_FORGE", "SHOP_PASS", "SHOP_BACKEND", "STAGING_KEY", "STRIPE_KEY", "STRIPE_HOOK"}
    assert found["merge"] == {"SHOP_FORGE"}


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_says_or_lends_every_secret_by_its_name(platform: Platform) -> None:
    texts = "\n".join(own_files(platform, SHAPES["own-names"]).values())
    said = texts.upper().replace("-", "_") if platform is Platform.JENKINS else texts
    assert not [name for name in SHAPES["own-names"].secrets if name not in said]
    assert TOKEN not in texts
    assert PASSPHRASE not in texts


def test_the_secrets_of_prod_are_lent_to_prod_alone() -> None:
    files = own_files(Platform.GITHUB, SHAPES["own-names"])
    assert "STRIPE_KEY: ${{ secrets.STRIPE_KEY }}" in files[".github/workflows/liftlock-deploy-prod.yml"]
    assert "STRIPE_KEY" not in files[".github/workflows/liftlock-deploy-staging.yml"]
    assert "SHOP_FORGE: ${{ secrets.SHOP_FORGE || github.token }}" in files[".github/workflows/liftlock-deploy-prod.yml"]


def test_the_key_of_an_app_is_no_token_that_another_could_stand_in_for() -> None:
    texts = "\n".join(render_ci("github", SHAPES["app"]).values())
    assert "SHOP_APP_KEY: ${{ secrets.SHOP_APP_KEY }}" in texts
    assert "github.token }}" not in texts.replace("GH_TOKEN: ${{ github.token }}", "")
    assert "liftlock signs in as the app by itself" in texts
