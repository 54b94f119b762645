"""`liftlock data anonymise`: a copy of a database in which nobody is named."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, confirm
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode

if TYPE_CHECKING:
    from liftlock.services.data.anonymisation import AnonymisationReport


class SchemaOf(StrEnum):
    """Whose schema the copy has."""

    SOURCE = "source"
    TARGET = "target"


FromOption = Annotated[str, typer.Option("--from", metavar="PLACE", help=f"Where the rows are read; it is never changed. {PLACE}")]
ToOption = Annotated[
    str, typer.Option("--to", metavar="PLACE", help="Which database is replaced; the same forms, without a protected place.")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="REF", help="Where the pseudonym key is: env:NAME or file:PATH; otherwise as data/DB.yaml says."),
]


ReplaceOption = Annotated[
    bool,
    typer.Option("--replace", "--yes", "-y", help="Do not ask: also replace a target in use, or whose rows are no copy of this source."),
]


def anonymise(
    source: FromOption,
    target: ToOption,
    schema: Annotated[
        SchemaOf,
        typer.Option(
            "--schema", help="Whose schema the copy has: the source's, or the one that the target has now, with newer migrations."
        ),
    ] = SchemaOf.SOURCE,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Show what happens to each column, and read no row.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, metavar="N", help="Processes that copy side by side.")] = 2,
    key: KeyOption = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec", metavar="DB", help="Whose classification, data/DB.yaml, holds; otherwise the target's, or else the source's."
        ),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="All rows, also where data/DB.yaml has a subset.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, whatever was copied before, whole or cut off, and leave nothing to go on from.")
    ] = False,
    replace: ReplaceOption = False,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace a database by an anonymised copy of another, as data/DB.yaml classifies its columns.

    The copy is built beside the target and swapped in when it is whole: the old rows serve until then. An interrupted run changes
    nothing, and the same command goes on from what it had copied, as far as the source's rows are still the same. Where the target
    already is this copy, with every row as it was copied and the source unchanged, nothing is written; --fresh copies nevertheless. A
    target in use, and rows that are no copy of this source, are replaced only where somebody says so.
    Exits 78 where something is not classified or cannot be done as it is classified, 4 where the copy is not k-anonymous, 6 for a target
    that is not to be replaced.

    Example: liftlock data anonymise --from env:PROD_URL --to dev/shop
    """
    from liftlock.wiring import data as wiring

    work = wiring.data_workspace(repo, environment)
    places, use = wiring.data_places(work), wiring.anonymisation(work)
    to = places.resolve(target, environment) if plan_only else places.resolve_target(target, environment, "data anonymise")
    at = places.resolve(source, environment)
    asked = wiring.copy_asked(schema.value, workers, key, replace=replace, whole=whole, fresh=fresh, spec=spec)
    report = use.plan(at, to, spec) if plan_only else use.run(at, to, asked, confirm=confirm)
    print_json("data-anonymise", report) if as_json else _show(report)
    if report.problems:
        raise typer.Exit(ExitCode.CONFIG)


def _show(report: AnonymisationReport) -> None:
    if report.planned:
        cells = [(item.table, item.column, item.what, item.guarantee, item.privacy) for item in report.columns]
        print_table(["table", "column", "what happens", "differences", "privacy"], cells, empty="there are no tables to copy")
        for problem in report.problems:
            typer.echo(f"problem: {problem}")
        typer.echo(f"{report.source} -> {report.target}: {_privacy(report)}; {len(report.problems)} problems; no row was read")
        return
    taken = report.taken_over
    headers = ["table", "rows", *(["taken over"] if taken else [])]
    counts = [(name, f"{count:,}", f"{taken[name]:,}" if name in taken else "")[: len(headers)] for name, count in report.tables.items()]
    print_table(headers, counts, empty="there are no tables to copy")
    for crowd in report.crowds:
        typer.echo(f"{crowd.table} ({', '.join(crowd.columns)}): every row has at least {crowd.smallest - 1:,} others like it")
    for remark in report.remarks:
        typer.echo(f"note: {remark}")
    if report.unchanged:
        typer.echo(f"{report.target} already is this copy of {report.source}: nothing was written ({report.total:,} rows compared in "
                   f"{report.seconds:.1f} s, key {report.key_id})")  # fmt: skip
        return
    rate = report.total / report.seconds if report.seconds else 0
    typer.echo(
        f"{report.target}: {report.total:,} rows of {report.source} in {report.seconds:.1f} s, {rate:,.0f} rows/s, key {report.key_id}"
    )
    if taken:
        typer.echo(f"{len(taken)} of {len(report.tables)} tables, {sum(taken.values()):,} rows, taken over from a run that was cut off")
    typer.echo(f"{_privacy(report)}. Pseudonymised is not anonymous: whoever has the key can tell who is who")


def _privacy(report: AnonymisationReport) -> str:
    from liftlock_datagen.spec.privacy import told

    return told(report.privacy)
