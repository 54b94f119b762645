"""Executes the plan of a new environments repository: all of it, or nothing that stays."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liftlock.adapters.config_files.schema import FILES, json_schema
from liftlock.adapters.git_init import (
    check_forge,
    check_target,
    commit_all,
    make_bare,
    name_origin,
    push_first,
    settle,
    staging,
    write_secret,
)
from liftlock.core.config.scalars import plain_text
from liftlock.core.initialisation import NewRepository
from liftlock.core.ports import Identity
from liftlock_templates import RepositoryFacts, ServiceFacts, render_repository

BRANCH = "main"
_PASSPHRASE = ".liftlock/passphrase"  # noqa: S105 - where it is, not what it is


@dataclass(frozen=True, slots=True)
class CreatedRepository:
    """What init made. forge: a path, or a web address that nothing was pushed to. forge_created: whether init made it."""

    folder: Path
    forge: str
    forge_created: bool
    project: str
    commit: str
    files: tuple[str, ...]


def create_repository(plan: NewRepository, author: Identity, more: Mapping[str, str] | None = None) -> CreatedRepository:
    """Writes, commits and, to a local forge, pushes beside the final places, then moves both there; what fails half-way leaves nothing.

    more: further files, text by path.
    """
    folder = Path(plan.folder)
    check_target(folder)
    files = {**repository_files(plan), **(more or {})}
    if plan.bare is None:
        with staging(folder) as staged:
            commit = _write(plan, files, staged, author)
            name_origin(staged, plan.forge.url)
            settle(staged, folder)
        return CreatedRepository(folder, plan.forge.url, False, plan.project, commit, tuple(sorted(files)))
    forge = Path(plan.bare)
    exists = check_forge(forge, BRANCH)
    with staging(folder) as staged, staging(forge) as bare:
        commit = _write(plan, files, staged, author)
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
    return CreatedRepository(folder, str(forge), not exists, plan.project, commit, tuple(sorted(files)))


def _write(plan: NewRepository, files: Mapping[str, str], staged: Path, author: Identity) -> str:
    """All files in one commit, and the passphrase beside it; the commit's hash."""
    for name, text in files.items():
        path = staged / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    commit = commit_all(staged, branch=BRANCH, message=f"Begin the environments of {plan.project}", author=author)
    write_secret(staged / _PASSPHRASE, secrets.token_urlsafe(32) + "\n")
    return commit


def repository_files(plan: NewRepository) -> dict[str, str]:
    """The text of every file that Git will hold."""
    facts = RepositoryFacts(
        project=plan.project,
        id=plan.id,
        registry=plan.registry,
        forge_kind=plan.forge.kind.value,
        forge=plain_text(plan.forge.url),
        token=plan.forge.token,
        services=tuple(ServiceFacts(item.name, item.repository, item.port, item.sample) for item in plan.services),
        sample=plan.sample,
        router=str(plan.images.router) if plan.images.router else None,
        postgres=str(plan.images.postgres) if plan.images.postgres else None,
    )
    schemas = {f".liftlock-schema/{name}.json": json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n" for name in FILES}
    return {**render_repository(facts), **schemas}
