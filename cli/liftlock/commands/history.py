"""`liftlock history`, `who-has` and `diff`: what happened, where an image runs, and how two environments differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, IncompleteError

if TYPE_CHECKING:
    from datetime import datetime

    from liftlock.core.environment_diff import EnvironmentDifference, Seen, SideImage
    from liftlock.core.history import Event

OfflineOption = Annotated[bool, typer.Option("--offline", help="Tell what is here, without asking the forge.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="From then on: 30d (ago), 2026-03-01, or a full time.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Before then; written likewise.")]
_EMPTY = "nothing is on record yet; liftlock image record and liftlock env up write the first entries"


def history(
    environment: Annotated[str | None, typer.Option("--env", metavar="ENV", help="Only this environment.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only what concerns this service.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many entries.")] = 20,
    every: Annotated[bool, typer.Option("--all-facts", help="Also approvals, proofs and opened promotions.")] = False,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was recorded, promoted and deployed where, when and by whom, newest first."""
    from liftlock import wiring
    from liftlock.core.history import Filter

    wanted = Filter(environment, service, wiring.parse_moment(since), wiring.parse_moment(until), limit, everything=every)
    events = wiring.history(repo, offline=offline).events(wanted)
    if as_json:
        print_json("history", events)
        return
    empty = "nothing is on record for this; liftlock history shows everything" if wanted.narrowed else _EMPTY
    rows = [(_time(e.at), e.environment, _what(e), e.release or "-", _images(e), e.actor.partition(" <")[0]) for e in events]
    print_table(["when (utc)", "environment", "what", "release", "images", "by"], rows, empty=empty)


def who_has(
    wanted: Annotated[
        str, typer.Argument(metavar="DIGEST|TAG|COMMIT", help="sha256:…, a tag, a source commit, or first digits of either.")
    ],
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which environments run an image, since when, by their last deployment."""
    from liftlock import wiring

    holders = wiring.history(repo, offline=offline).who_has(wanted)
    if as_json:
        print_json("who-has", holders)
        return
    rows = [(h.environment, h.service, h.image, h.tag or "-", (h.commit or "-")[:12], h.release or "-", _time(h.since)) for h in holders]
    empty = f"no environment runs {wanted}"
    print_table(["environment", "service", "image", "tag", "commit", "release", "since (utc)"], rows, empty=empty)


def diff(
    left: Annotated[str, typer.Argument(metavar="ENV[@RELEASE]", help="An environment, or a release that it had.")],
    right: Annotated[str, typer.Argument(metavar="ENV[@RELEASE]", help="The other one; may be the same environment at another release.")],
    declared: Annotated[bool, typer.Option("--declared", help="Compare what is declared on the base branch, not what runs.")] = False,
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how two environments differ: images, source commits, configuration, data. Exits 0: they do not, 2: they do, 3: not known."""
    from liftlock import wiring

    found = wiring.environment_diff(repo, offline=offline).compare(left, right, declared=declared)
    print_json("diff", found) if as_json else _show_difference(found, left, right)
    if found.differs:
        raise typer.Exit(ExitCode.CHANGES)
    if found.unknown:
        raise IncompleteError("; ".join(found.unknown), hint="deploy from a commit that the forge has, then compare again")


def _show_difference(found: EnvironmentDifference, left: str, right: str) -> None:
    typer.echo(f"{left}: {_seen(found.left)}\n{right}: {_seen(found.right)}")
    rows = [(d.service, _image(d.left), _image(d.right), d.commits or "-") for d in found.services]
    print_table(["service", left, right, "commits"], rows, empty="the images are the same")
    for what, differs in (("configuration", found.config_differs), ("data", found.data_differs)):
        typer.echo(f"the {what} {'differs' if differs else 'does not differ as far as is known' if found.unknown else 'is the same'}")
    if found.values:
        print_table(["value", left, right], [(v.path, _value(v.left), _value(v.right)) for v in found.values], empty="")
    for note in found.unknown:
        typer.echo(f"not known: {note}")


def _seen(seen: Seen) -> str:
    when = f"deployed {_time(seen.at)} UTC" if seen.at else "declared"
    return (
        f"{seen.release or 'release'} {when}, commit {(seen.commit or 'unknown')[:12]}{' with uncommitted changes' if seen.dirty else ''}"
    )


def _image(side: SideImage | None) -> str:
    if side is None:
        return "-"
    digest = side.image.rpartition("sha256:")[2][:12]
    return f"{side.tag} ({digest})" if side.tag else digest


def _value(value: object) -> str:
    from liftlock.core.config.shown import flow_text

    return "-" if value is None else flow_text(value)  # type: ignore[arg-type]


def _time(moment: datetime) -> str:
    from datetime import UTC

    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _what(event: Event) -> str:
    lane = f" ({event.kind})" if event.fact == "promoted" and event.kind not in (None, "promote") else ""
    said = event.fact + lane + (f" #{event.pull}" if event.pull else "")
    return f"{said}, verified" if event.verified else said


def _images(event: Event) -> str:
    named = (f"{name} {event.tags.get(name) or image.rpartition('sha256:')[2][:12]}" for name, image in sorted(event.services.items()))
    return ", ".join(named) or "-"
