"""`liftlock history` and `liftlock who-has`: what the ledger tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption

if TYPE_CHECKING:
    from liftlock.core.history import Event

OfflineOption = Annotated[bool, typer.Option("--offline", help="Tell what is here, without asking the forge.")]
_EMPTY = "nothing is on record yet; liftlock image record and liftlock env up write the first entries"


def history(
    environment: Annotated[str | None, typer.Option("--env", metavar="ENV", help="Only this environment.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only what concerns this service.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many entries.")] = 20,
    every: Annotated[bool, typer.Option("--all-facts", help="Also approvals, proofs and opened promotions.")] = False,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was recorded, promoted and deployed where, when and by whom, newest first."""
    from liftlock import wiring

    events = wiring.history(repo, offline=offline).events(environment=environment, service=service, limit=limit, everything=every)
    if as_json:
        print_json("history", events)
        return
    narrowed = environment is not None or service is not None
    empty = "nothing is on record for this; liftlock history shows everything" if narrowed else _EMPTY
    rows = [(_time(e), e.environment, _what(e), e.release or "-", _images(e), e.actor.partition(" <")[0]) for e in events]
    print_table(["when (utc)", "environment", "what", "release", "images", "by"], rows, empty=empty)


def who_has(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="sha256:… or its first digits.")],
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which environments run a digest, by their last deployment."""
    from liftlock import wiring

    holders = wiring.history(repo, offline=offline).who_has(digest)
    if as_json:
        print_json("who-has", holders)
        return
    rows = [(h.environment, h.service, h.image, h.release or "-", h.since.strftime("%Y-%m-%d %H:%M")) for h in holders]
    print_table(["environment", "service", "image", "release", "since (utc)"], rows, empty=f"no environment runs {digest}")


def _time(event: Event) -> str:
    from datetime import UTC

    return event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _what(event: Event) -> str:
    said = event.fact.value + (f" #{event.pull}" if event.pull else "")
    return f"{said}, verified" if event.verified else said


def _images(event: Event) -> str:
    named = (f"{name} {event.tags.get(name) or image.rpartition('sha256:')[2][:12]}" for name, image in sorted(event.services.items()))
    return ", ".join(named) or "-"
