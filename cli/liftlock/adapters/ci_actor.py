"""Who made a CI job run, from variables that its platform documents: a pipeline that acts under a bot's name hides nobody.

GitHub Actions (also Gitea's and Forgejo's), GitLab CI, Azure Pipelines, CircleCI, GoCD, AWS CodeBuild. Jenkins, Travis CI and Google
Cloud Build document no such variable: there the person is named with --as.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from liftlock.core.ports import Identity

# GitHub names somebody here too: of a schedule whoever wrote it down, of a review the reviewer. A review asks for nothing but its own
# merge: what follows from that, further up the pipeline, is nobody's request, and the reviewer may approve it there.
_NOBODYS = ("schedule", "pull_request_review")


def ci_requesters(environ: Mapping[str, str]) -> tuple[Identity, ...]:
    """Everybody who had a part in the job's running; empty outside CI, and where a schedule or another job started it."""
    found: list[Identity] = []
    if environ.get("GITHUB_ACTIONS") == "true":
        actor, again = environ.get("GITHUB_ACTOR"), environ.get("GITHUB_TRIGGERING_ACTOR")
        if environ.get("GITHUB_EVENT_NAME") not in _NOBODYS:
            found += [_account(again), _account(actor)]
        elif again != actor:
            found.append(_account(again))  # a person ran it again
    if environ.get("GITLAB_CI") == "true" and environ.get("CI_PIPELINE_SOURCE") != "schedule":
        login, email = environ.get("GITLAB_USER_LOGIN", ""), environ.get("GITLAB_USER_EMAIL", "")
        found.append(_person(environ.get("GITLAB_USER_NAME", ""), email, login))
    if environ.get("TF_BUILD") == "True":
        found.append(_person(environ.get("BUILD_REQUESTEDFOR", ""), environ.get("BUILD_REQUESTEDFOREMAIL", ""), ""))
    if environ.get("CIRCLECI") == "true":
        found.append(_account(environ.get("CIRCLE_USERNAME")))
    if environ.get("GO_TRIGGER_USER") not in (None, "changes", "timer"):
        found.append(_account(environ.get("GO_TRIGGER_USER")))
    if environ.get("CODEBUILD_BUILD_ID") and "/" not in environ.get("CODEBUILD_INITIATOR", "/"):
        found.append(_account(environ.get("CODEBUILD_INITIATOR")))
    return tuple(dict.fromkeys(person for person in found if person.name))


def _person(name: str, email: str, login: str) -> Identity:
    """By address where one is known, otherwise by account."""
    if "@" not in email:
        return _account(login)
    return Identity(_plain(name) or _plain(login) or email, _plain(email), _plain(login) or None)


def _account(login: str | None) -> Identity:
    name = re.sub(r"[^\w.\[\]-]", "", login or "")
    return Identity(name, f"@{name}", name or None)


def _plain(text: str) -> str:
    """Without what would end a trailer or a name."""
    return "".join(letter for letter in text if letter.isprintable() and letter not in "<>").strip()
