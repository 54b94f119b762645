"""`liftlock release-plan`: a promotion as a document, before it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.audit import OutputOption, write
from liftlock.commands.output import json_text
from liftlock.commands.promotion_options import FromOption, ServiceOption
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.core.ports import Identity

_FORMATS = ("markdown", "json")


def release_plan(
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The environment that gets the release.")],
    source: FromOption = None,
    service: ServiceOption = None,
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="markdown or json.")] = "markdown",
    output: OutputOption = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
) -> None:
    """Write a promotion as a document: what, where, gates, order, rollback, people, times. It changes nothing."""
    from liftlock import wiring

    if format not in _FORMATS:
        raise UsageError(f"{format!r} is no format of a release plan", hint=f"there are: {', '.join(_FORMATS)}")
    plans, request = wiring.release_plans(repo, source, to, service or ())
    found = plans.write(request, _requester(repo, actor))
    write(json_text("release-plan", found) if format == "json" else wiring.render_release_plan(found), output, "release plan")


def _requester(repo: Path | None, actor: str | None) -> Identity | None:
    """Whoever would open the promotion; nobody where Git does not know who is here."""
    from liftlock import wiring

    try:
        return wiring.acting_identity(repo, actor)
    except UsageError:
        if actor:
            raise
        return None
