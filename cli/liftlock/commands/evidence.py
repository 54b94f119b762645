"""`liftlock evidence`: what was found out about a release in an environment, for the gates that ask for it."""

from __future__ import annotations

from typing import Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError
from liftlock.core.evidence import EvidenceKind

app = Commands("Record smoke tests, judgements and health checks of what an environment runs, and list them.", add_completion=False)


# Checks come from the forge, attestations from the registry: nobody writes them down.
_KINDS = (EvidenceKind.SMOKE_TEST, EvidenceKind.JUDGEMENT, EvidenceKind.HEALTH)


@app.command()
def record(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Where it was found out.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="smoke-test, judgement or health.")],
    passed: Annotated[bool, typer.Option("--passed", help="It passed; this or --failed must be said.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="It failed.")] = False,
    release: Annotated[
        str | None, typer.Option("--release", metavar="REL", help="About which release; by default the one that the environment runs.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where it can be read.")] = None,
    expires_in: Annotated[str | None, typer.Option("--expires-in", metavar="TIME", help="How long it counts, such as 7d.")] = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down that a release passed or failed in an environment. The last word of a kind counts."""
    from liftlock import wiring

    if passed == failed:
        raise UsageError("it is not said whether it passed", hint="say --passed or --failed, one of the two")
    lasts = wiring.parse_duration(expires_in) if expires_in else None
    who = wiring.acting_identity(repo, actor)
    found = wiring.evidence(repo).record(_kind(kind), environment, passed=passed, actor=who, release=release, url=url, expires_in=lasts)
    print_json("evidence-record", found) if as_json else typer.echo(f"recorded: {found}")


@app.command("list")
def list_evidence(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is on record for an environment, newest first, and whether it still counts."""
    from liftlock import wiring

    found = wiring.evidence(repo).listed(environment)
    if as_json:
        print_json("evidence-list", found)
        return
    rows = [
        (
            f"#{item.evidence.record}",
            item.evidence.kind.value,
            item.evidence.release,
            "passed" if item.evidence.passed else "failed",
            "yes" if item.counts else "no",
            item.evidence.by,
            item.evidence.expires.isoformat(timespec="minutes") if item.evidence.expires else "-",
            item.evidence.url or "-",
        )
        for item in found
    ]
    empty = f"no evidence is on record for {environment}; run: liftlock evidence record --env {environment} --kind smoke-test --passed"
    print_table(["ledger", "kind", "release", "said", "counts", "by", "expires", "url"], rows, empty=empty)


def _kind(text: str) -> EvidenceKind:
    if text not in {kind.value for kind in _KINDS}:
        known = ", ".join(kind.value for kind in _KINDS)
        raise UsageError(f"--kind {text}: there is no such evidence to record", hint=f"one of: {known}")
    return EvidenceKind(text)
