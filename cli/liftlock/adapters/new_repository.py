"""Executes the plan of a new environments repository: all of it, or nothing that stays."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from liftlock.adapters.config_files.schema import FILES, json_schema
from liftlock.adapters.git_init import check_forge, check_target, commit_all, make_bare, push_first, settle, staging, write_secret
from liftlock.core.config.scalars import plain_text
from liftlock.core.initialisation import NewRepository
from liftlock.core.ports import Identity
from liftlock_templates import RepositoryFacts, ServiceFacts, render_repository

BRANCH = "main"
_PASSPHRASE = ".liftlock/passphrase"  # noqa: S105 - where it is, not what it is


@dataclass(frozen=True, slots=True)
class CreatedRepository:
    """What init made. forge_created: False where an empty forge was already there."""

    folder: Path
    forge: Path
    forge_created: bool
    project: str
    commit: str
    files: tuple[str, ...]


def create_repository(plan: NewRepository, author: Identity) -> CreatedRepository:
    """Writes, commits and pushes beside the final places, then moves both there; what fails half-way leaves nothing behind."""
    folder, forge = Path(plan.folder), Path(plan.forge)
    check_target(folder)
    exists = check_forge(forge, BRANCH)
    files = repository_files(plan)
    with staging(folder) as staged, staging(forge) as bare:
        for name, text in files.items():
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        commit = commit_all(staged, branch=BRANCH, message=f"Begin the environments of {plan.project}", author=author)
        write_secret(staged / _PASSPHRASE, secrets.token_urlsafe(32) + "\n")
        make_bare(bare, branch=BRANCH)
        push_first(staged, branch=BRANCH, to=forge if exists else bare, called=forge)
        if not exists:
            settle(bare, forge)
        try:
            settle(staged, folder)
        except BaseException:
            if not exists:
                shutil.rmtree(forge, ignore_errors=True)
            raise
    return CreatedRepository(folder, forge, not exists, plan.project, commit, tuple(sorted(files)))


def repository_files(plan: NewRepository) -> dict[str, str]:
    """The text of every file that Git will hold."""
    facts = RepositoryFacts(
        project=plan.project,
        id=plan.id,
        registry=plan.registry,
        forge=plain_text(plan.forge_setting),
        services=tuple(ServiceFacts(item.name, item.repository, item.port, item.sample) for item in plan.services),
        sample=plan.sample,
        router=str(plan.images.router) if plan.images.router else None,
        postgres=str(plan.images.postgres) if plan.images.postgres else None,
    )
    schemas = {f".liftlock-schema/{name}.json": json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n" for name in FILES}
    return {**render_repository(facts), **schemas}
