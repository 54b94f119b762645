"""The files with which a CI platform runs an environments repository: renderings of one pipeline, given as an object with its jobs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

REQUIREMENTS = "ci/requirements.txt"
_STAGE = "STAGE"  # stands for an environment's name: such a file is written for each
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class CiFile:
    """One file of a platform. path may hold STAGE. branches: only where the project has environments of branches.

    facts: what the template gets beside the pipeline, and of STAGE's file beside the stage.
    """

    template: str
    path: str
    branches: bool = False
    facts: Callable[[Any, Any], dict[str, Any]] = lambda _pipeline, stage: {"stage": stage}


def _cloud(job: str, trigger: str, *, base: bool = False, artifact: bool = False) -> CiFile:
    def facts(pipeline: Any, _: Any) -> dict[str, Any]:
        found = getattr(pipeline, job)
        variables = [f"_{name}" for name in found.variables if name != "LIFTLOCK_PULL"]
        return {"jobs": [found], "trigger": trigger, "base": base, "variables": variables, "artifact": artifact}

    return CiFile("cloudbuild/build.yaml.j2", f"ci/cloudbuild/{job}.yaml", facts=facts)


def _cloud_stage(pipeline: Any, stage: Any) -> dict[str, Any]:
    trigger = f"a push to {pipeline.base}; included files: {', '.join(stage.deploy.paths)}"
    return {"jobs": [stage.deploy, *stage.opens], "trigger": trigger, "base": False, "variables": [], "artifact": False}


def _code_build(pipeline: Any, _: Any) -> dict[str, Any]:
    stages = [job for stage in pipeline.stages for job in (stage.deploy, *stage.opens)]
    drift = f"{pipeline.drift.script} || {{ code=$?; cat ci-out/drift.json; exit $code; }}"
    return {"jobs": [pipeline.record, *stages, pipeline.sweep, pipeline.drift], "scripts": {"drift": drift}}


_SHARED = (CiFile("shared/liftlock.sh.j2", "ci/liftlock.sh"), CiFile("shared/requirements.txt.j2", REQUIREMENTS))
PLATFORMS: Mapping[str, tuple[CiFile, ...]] = {
    "github": (
        CiFile("github/record.yml.j2", ".github/workflows/liftlock-record.yml"),
        CiFile("github/stage.yml.j2", f".github/workflows/liftlock-deploy-{_STAGE}.yml"),
        CiFile("github/promotion.yml.j2", ".github/workflows/liftlock-promotion.yml"),
        CiFile("github/drift.yml.j2", ".github/workflows/liftlock-drift.yml"),
        CiFile("github/branch.yml.j2", ".github/workflows/liftlock-branch.yml", branches=True),
    ),
    "gitlab": (CiFile("gitlab/pipeline.yml.j2", ".gitlab-ci.yml"),),
    "jenkins": (CiFile("jenkins/Jenkinsfile.j2", "Jenkinsfile"), CiFile("jenkins/drift.Jenkinsfile.j2", "ci/drift.Jenkinsfile")),
    "circleci": (CiFile("circleci/config.yml.j2", ".circleci/config.yml"),),
    "azure": (CiFile("azure/pipelines.yml.j2", "azure-pipelines.yml"),),
    "cloudbuild": (
        _cloud("record", "by hand or by webhook"),
        CiFile("cloudbuild/build.yaml.j2", f"ci/cloudbuild/deploy-{_STAGE}.yaml", facts=_cloud_stage),
        _cloud("status", "a pull request, with comment control for others than members", base=True),
        _cloud("sweep", "Cloud Scheduler, every quarter of an hour"),
        _cloud("drift", "Cloud Scheduler, every night"),
    ),
    "codepipeline": (
        CiFile("codepipeline/buildspec.yml.j2", "ci/buildspec.yml", facts=_code_build),
        CiFile("codepipeline/pipelines.yaml.j2", "ci/codepipeline.yaml"),
    ),
    "gocd": (CiFile("gocd/pipelines.gocd.yaml.j2", "liftlock.gocd.yaml"),),
    "travis": (CiFile("travis/travis.yml.j2", ".travis.yml"),),
}


def render_ci(platform: str, pipeline: Any) -> dict[str, str]:
    """File texts by path relative to the repository."""
    environment = _environment()
    files: dict[str, str] = {}
    for file in (*_SHARED, *PLATFORMS[platform]):
        if file.branches and pipeline.branch_up is None:
            continue
        template = environment.get_template(file.template)
        for path, facts in _instances(file, pipeline):
            files[path] = _tidy(template.render(pipeline=pipeline, **facts))
    return files


def _instances(file: CiFile, pipeline: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if _STAGE not in file.path:
        yield file.path, file.facts(pipeline, None)
        return
    for stage in pipeline.stages:
        yield file.path.replace(_STAGE, stage.environment), file.facts(pipeline, stage)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("liftlock_templates", "ci"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape([]),  # not HTML: what stands in YAML goes through `quoted`
    )
    environment.filters |= {
        "quoted": _quoted,
        "shell": shlex.quote,
        "groovy": _groovy,
        "in_groovy": lambda text: text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'"),
        "identifier": lambda text: text.replace("-", "_"),
        "camel": lambda text: "".join(part.capitalize() for part in text.split("-")),
        "host": _host,
        "shortened": _shortened,
    }
    return environment


def _quoted(text: object) -> str:
    """A YAML scalar that is this text, whatever is in it: JSON's strings are YAML's double-quoted ones."""
    return json.dumps(str(text), ensure_ascii=False)


def _groovy(text: object) -> str:
    """A Groovy string that is this text; nothing in single quotes is interpolated."""
    return "'" + str(text).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _host(registry: str) -> str:
    """What a login is stored under: the registry without a path below it."""
    return registry.partition("/")[0]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _tidy(text: str) -> str:
    """Without the blank lines that macros leave, except one before a key at the margin; one line end at the end."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line or re.match(r"[^\s}#]", after)]
    return "\n".join(kept) + "\n"
