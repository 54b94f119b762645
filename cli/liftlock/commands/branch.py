"""`liftlock branch`: environments that live as long as a branch."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from liftlock.commands.actor import ActorOption
from liftlock.commands.app import Commands
from liftlock.commands.changes import typed
from liftlock.commands.env import show_down, show_up
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.people import age
from liftlock.commands.repository import RepoOption

app = Commands("Make, list and remove environments of branches.", add_completion=False)

BranchOption = Annotated[
    str | None, typer.Option("--branch", "-b", metavar="NAME", help="The branch; otherwise the one that is checked out here (not main).")
]
TtlOption = Annotated[
    str | None,
    typer.Option("--ttl", metavar="DURATION", help="How long it lives, such as 8h or 3d; otherwise as environments/branch.yaml says."),
]
ImageOption = Annotated[
    list[str] | None,
    typer.Option("--image", "-i", metavar="SERVICE=TAG", help="Run this build of a service (tag or digest) instead of the released one."),
]


class Data(StrEnum):
    """Where the rows of the branch's databases come from."""

    SYNTHETIC = "synthetic"
    ANONYMISED = "anonymised"
    NONE = "none"


DataOption = Annotated[
    Data | None,
    typer.Option(
        "--data",
        help="Where new databases get their rows, whatever environments/ says: made from the schema, cloned from an anonymised golden copy,"
        " or none. Databases that are there keep theirs.",
    ),
]

UnaskedOption = Annotated[bool, typer.Option("--yes", "-y", help="Taken as by env down; a branch's environment is removed unasked anyway.")]


@app.command()
def up(
    branch: BranchOption = None,
    ttl: TtlOption = None,
    image: ImageOption = None,
    data: DataOption = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the branch's environment with its own data, or bring it up to date; prints its URL."""
    from liftlock import wiring

    work = wiring.workspace(repo, actor, runs=branch, creates=True)
    name = branch or work.checked_out_branch()
    overrides = work.resolve_images(image or [])
    report = work.branches().up(
        name,
        lambda environment: work.declare_branch(environment, overrides, data=data.value if data else None),
        owner=work.identity(),
        ttl=wiring.parse_duration(ttl) if ttl else None,
        again=typed(),
    )
    print_json("branch-up", report) if as_json else show_up(report)


@app.command("list")
def list_branches(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """List the environments of branches with owner, age and time left."""
    from liftlock import wiring

    work = wiring.workspace(repo)
    found = work.branches().list(work.project.name)
    if as_json:
        print_json("branch-list", found)
        return
    rows = [
        (
            item.branch,
            item.environment,
            item.owner,
            age(item.age),
            "expired" if item.expired else age(item.ttl_left),
            f"{item.healthy}/{item.parts}",
            item.url,
        )
        for item in found
    ]
    print_table(
        ["branch", "environment", "owner", "age", "ttl", "healthy", "url"],
        rows,
        empty="no branch has an environment; liftlock branch up --branch NAME makes one",
    )


@app.command()
def down(
    branch: BranchOption = None,
    repo: RepoOption = None,
    actor: ActorOption = None,
    yes: UnaskedOption = False,  # noqa: ARG001 - so that scripts have one form of `down`
    as_json: JsonOption = False,
) -> None:
    """Remove all of the branch's environment, its data included. Asks nothing; golden copies stay."""
    from liftlock import wiring

    work = wiring.workspace(repo, actor, runs=branch)
    name = branch or work.checked_out_branch()
    report = work.branches().down(name, work.project.name, actor=work.identity())
    print_json("branch-down", report) if as_json else show_down(name, report)
