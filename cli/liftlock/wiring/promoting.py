"""Wiring of everything that is proposed, reviewed and merged.

Project and gates come from the forge's base branch, never from the work tree: who promotes cannot change the rules on the way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.wiring.configuration import load_configuration
from liftlock.wiring.times import parse_duration

if TYPE_CHECKING:
    from liftlock.core.fingerprint import Fingerprint
    from liftlock.core.ports import Identity, Ledger
    from liftlock.core.project import Project
    from liftlock.core.promotion_types import PromotionPlan, PromotionRequest
    from liftlock.core.pull_request_body import PullRequestText
    from liftlock.core.release_plan import ReleasePlan
    from liftlock.core.surroundings import Surroundings
    from liftlock.services.evidence import EvidenceRecords
    from liftlock.services.images import Images
    from liftlock.services.measures import Measures
    from liftlock.services.promotion_checks import PromotionChecks
    from liftlock.services.promotion_reviews import PromotionReviews
    from liftlock.services.promotion_view import PromotionParts
    from liftlock.services.promotions import Promotions
    from liftlock.services.release_plans import ReleasePlans
    from liftlock.services.waiting import Patience


def acting_identity(repo: Path | None, named: str | None) -> Identity:
    """Who does this: named as `NAME <EMAIL>`, otherwise whom Git knows."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.git_repository import GitRepository
    from liftlock.core.ports import Identity

    return Identity.parse(named) if named else GitRepository(find_repository(repo or Path())).identity()


def ci_requesters() -> tuple[Identity, ...]:
    """Who made this CI job run; empty outside CI."""
    from liftlock.adapters.ci_actor import ci_requesters as read

    return read(os.environ)


def patience(timeout: str) -> Patience:
    """How long to wait, really sleeping, with a line on stderr for what is waited for."""
    from liftlock.adapters.progress import choose_progress
    from liftlock.services.waiting import Patience

    return Patience(parse_duration(timeout), time.sleep, choose_progress().step)


def promotions(repo: Path | None, *, looks: bool = False) -> Promotions:
    """Plans promotions and opens their pull requests. looks: at the running target, for the reviewer."""
    from liftlock.services.promotions import Promotions

    project, parts = _promotion_parts(repo)
    if looks:
        from liftlock.wiring.looking import look_at

        parts = replace(parts, look=partial(look_at, repo))
    return Promotions(project, parts)


def release_plans(repo: Path | None, source: str | None, target: str, services: Sequence[str]) -> tuple[ReleasePlans, PromotionRequest]:
    """Writes release plans, and the promotion that is meant."""
    from liftlock.services.promotions import Promotions
    from liftlock.services.release_plans import ReleasePlans

    project, parts = _promotion_parts(repo)
    return ReleasePlans(project, parts), Promotions(project, parts).request(source, target, services)


def render_release_plan(plan: ReleasePlan) -> str:
    """A release plan as Markdown."""
    from liftlock.adapters.release_plan_rendering import render_release_plan as render

    return render(plan)


def promotion_reviews(repo: Path | None, *, merges: bool = False) -> PromotionReviews:
    """Shows, approves, merges and closes promotions. merges: a signing key that cannot be had is an error now, not after the merge."""
    from liftlock.services.promotion_reviews import PromotionReviews

    return PromotionReviews(*_promotion_parts(repo, signs=merges))


def evidence(repo: Path | None) -> EvidenceRecords:
    """Records and lists evidence."""
    from liftlock.services.evidence import EvidenceRecords

    project, parts = _promotion_parts(repo)
    return EvidenceRecords(project, parts.ledger, parts.clock, parts.repository.fetch)


def measures(repo: Path | None, *, merges: bool = False) -> Measures:
    """Opens changes of policy and rollbacks. merges: as for promotion_reviews."""
    from liftlock.adapters.committed_config import load_committed
    from liftlock.adapters.pull_request_rendering import render_measure
    from liftlock.core.config.checks import declared
    from liftlock.core.config.entries import Known
    from liftlock.services.measures import Measures

    project, parts = _promotion_parts(repo, signs=merges)
    committed = load_committed(load_configuration(repo).root, parts.repository.head(project.forge.base))
    known = Known(committed.environments, declared(committed.files, "services"))
    return Measures(project, parts, known, render_measure)


def promotion_checks(repo: Path | None) -> PromotionChecks:
    """Says the gates of pull requests on their commits."""
    from liftlock.services.promotion_checks import PromotionChecks

    return PromotionChecks(*_promotion_parts(repo, afresh=True))


def images(repo: Path | None) -> Images:
    """Resolves, records and verifies images."""
    from liftlock.services.images import ImageParts, Images

    project, parts = _promotion_parts(repo)
    return Images(
        project,
        ImageParts(parts.repository, parts.checkout, parts.ledger, parts.registry, parts.clock, parts.fingerprint, parts.attestations),
    )


def _rendered(plan: PromotionPlan, surroundings: Surroundings) -> PullRequestText:
    """The words of a pull request; the templates are loaded where there is one to write."""
    from liftlock.adapters.pull_request_rendering import render_pull_request

    return render_pull_request(plan, surroundings)


def _promotion_parts(repo: Path | None, *, signs: bool = False, afresh: bool = False) -> tuple[Project, PromotionParts]:
    """signs, afresh: what is decided is for good, so the base's configuration is read from Git and not from what this machine keeps."""
    from liftlock.adapters.attestations import OciAttestations
    from liftlock.adapters.clock import SystemClock
    from liftlock.adapters.committed_config import committed_afresh, committed_known, fingerprint_of, known_here
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.progress import choose_progress
    from liftlock.adapters.registry import OciRegistry
    from liftlock.services.attested_images import AttestationParts
    from liftlock.services.promotion_view import PromotionParts
    from liftlock.wiring import clones
    from liftlock.wiring.forges import declared_forge
    from liftlock.wiring.later import LaterSignatures

    root = find_repository(repo or Path())
    declared = known_here(root).project.forge
    repository = clones.repository(root, declared)
    ledger: Ledger = clones.ledger(root, declared)
    repository.fetch()
    base = repository.head(declared.base)
    read = committed_afresh if signs or afresh else committed_known
    project = read(root, base).project
    _require_same_base(declared.base, project.forge.base)
    clock = SystemClock()
    forge = declared_forge(root, declared, clock, lambda text: choose_progress().note(text))
    if project.signing:
        from liftlock.wiring.signing import signing_ledger

        ledger = signing_ledger(ledger, root, project.signing, repository, base)
        if signs:
            _ = ledger.key

    def fingerprint(commit: str, environment: str) -> Fingerprint:
        return fingerprint_of(read(root, commit), environment)

    attested = AttestationParts(OciAttestations(), LaterSignatures())
    return project, PromotionParts(repository, repository, forge, ledger, OciRegistry(), clock, _rendered, fingerprint, attested)


def _require_same_base(here: str, there: str) -> None:
    """ConfigError where the base branch itself names another one."""
    if here != there:
        from liftlock.core.errors import ConfigError

        raise ConfigError(
            f"the base branch is {here} in this work tree, but {here} says that it is {there}",
            hint="bring forge.base in liftlock.yaml into line with the forge; a work tree does not choose whose rules hold",
        )
