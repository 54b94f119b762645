"""Who made CI run a job, by what each platform documents."""

from __future__ import annotations

import pytest

from liftlock.adapters.ci_actor import ci_requesters
from liftlock.core.people import spelled_identity
from liftlock.core.promotion_messages import named


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, []),
        ({"GITHUB_ACTOR": "ada"}, []),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada", "GITHUB_TRIGGERING_ACTOR": "grace"}, ["@grace", "@ada"]),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada", "GITHUB_TRIGGERING_ACTOR": "ada"}, ["@ada"]),
        ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_ACTOR": "ada"}, ["@ada"]),
        *(
            ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_ACTOR": "ada", "GITHUB_TRIGGERING_ACTOR": again}, names)
            for event in ("schedule", "pull_request_review")
            for again, names in (("ada", []), ("grace", ["@grace"]))
        ),
        ({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "schedule", "GITLAB_USER_LOGIN": "ada"}, []),
        (
            {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada", "GITLAB_USER_NAME": "Ada L", "GITLAB_USER_EMAIL": "ada@shop.example"},
            ["Ada L <ada@shop.example>"],
        ),
        ({"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada"}, ["@ada"]),
        ({"TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Ada", "BUILD_REQUESTEDFOREMAIL": "ada@shop.example"}, ["Ada <ada@shop.example>"]),
        ({"TF_BUILD": "True", "BUILD_REQUESTEDFOR": "Microsoft.VisualStudio.Services.TFS", "BUILD_REQUESTEDFOREMAIL": ""}, []),
        ({"CIRCLECI": "true", "CIRCLE_USERNAME": "ada"}, ["@ada"]),
        ({"GO_TRIGGER_USER": "timer"}, []),
        ({"GO_TRIGGER_USER": "ada"}, ["@ada"]),
        ({"CODEBUILD_BUILD_ID": "x", "CODEBUILD_INITIATOR": "codepipeline/shop"}, []),
        ({"CODEBUILD_BUILD_ID": "x", "CODEBUILD_INITIATOR": "ada"}, ["@ada"]),
        ({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada\nApproved-by: x <x@y>"}, ["@adaApproved-byxxy"]),
    ],
)
def test_the_person_behind_a_job_is_named_as_its_platform_knows_them(environ: dict[str, str], names: list[str]) -> None:
    found = ci_requesters(environ)
    assert [named(person) for person in found] == names
    assert all(not spelled_identity(named(person)).keys.isdisjoint(person.keys) for person in found)
