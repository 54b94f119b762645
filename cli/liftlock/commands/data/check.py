"""`liftlock data check`: the leak certificate of a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.data.options import PLACE, EnvironmentOption, new_file
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from liftlock_datagen.certificate.model import Certificate, FoundRow

FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="PLACE", help="The source, whose values must not survive; the same forms. Needed, except with --find."),
]
MissingOption = Annotated[
    float | None,
    typer.Option(
        "--accept-missing", metavar="PERCENT", min=0, max=99.9,
        help="Of each table's rows so many may have no row in the source any more; otherwise what data/DB.yaml says (missing), or none.",
    ),
]  # fmt: skip
FindOption = Annotated[
    list[str] | None,
    typer.Option("--find", metavar="HASH", help="Instead of a check: say where the row is that a certificate names by this hash."),
]
SaltOption = Annotated[
    str | None, typer.Option("--salt", metavar="HEX", help="With --find: what the check printed, where it had no pseudonym key.")
]


def check(
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help=f"The copy that is looked at. {PLACE}")],
    source: FromOption = None,
    spec: Annotated[
        str | None, typer.Option("--spec", metavar="DB", help="Whose classification, data/DB.yaml, holds; otherwise the source's.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", callback=new_file, help="Also write the certificate as a page (HTML).")
    ] = None,
    missing: MissingOption = None,
    find: FindOption = None,
    salt: SaltOption = None,
    environment: EnvironmentOption = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that no sensitive value of the source is left in a copy, or say where one is. Both databases are only read.

    Rows are compared with their own rows, and every sensitive value is looked for in everything that holds text. Planted canaries prove
    that the check sees. No value is shown. Exits 4 where there is a leak or a group that is too small, else 3 where a promise of the
    classification is broken (other NULLs, values that are no longer unique) or something was not looked at.

    Example: liftlock data check --from staging/shop --to dev/shop
    """
    from liftlock.services.data.certification import exit_of
    from liftlock.wiring import data as wiring

    _require_one_question(source, report, find, salt)
    work = wiring.data_workspace(repo, environment)
    places, use = wiring.data_places(work), wiring.certification(work)
    copy = places.resolve(to, environment)
    if source is None:
        return _found(use.find(copy, find or (), spec, salt), as_json=as_json)
    certificate = use.check(places.resolve(source, environment), copy, spec, report, missing=None if missing is None else missing / 100)
    print_json("data-check", certificate) if as_json else _show(certificate, report)
    raise typer.Exit(exit_of(certificate.verdict))


def _require_one_question(source: str | None, report: Path | None, find: list[str] | None, salt: str | None) -> None:
    """UsageError where the options ask for a check and for rows at once, or for neither."""
    if not find and source is None:
        raise UsageError("--from is missing: the copy is held against its source", hint="say --from PLACE")
    if find and (source or report):
        raise UsageError("--find says where rows are, and checks nothing", hint="leave out --from and --report, or --find")
    if salt and not find:
        raise UsageError("--salt belongs to --find: a check makes its own", hint="add --find HASH, or leave out --salt")


def _found(rows: Sequence[FoundRow], *, as_json: bool) -> None:
    if as_json:
        print_json("data-check-rows", rows)
        return
    cells = [(row.position, row.table, f"WHERE ctid = '{row.ctid}'") for row in rows]
    print_table(["hash", "table", "row"], cells, empty="no such row; the table may have been written since")


def _show(certificate: Certificate, report: Path | None) -> None:
    print_table(_COLUMNS, list(_columns(certificate)), empty="no sensitive column")
    found = [
        (item.source, f"{item.place} ({item.part})", item.form, item.cells, item.values, item.verdict, " ".join(item.examples))
        for item in certificate.findings
    ]
    print_table(_FINDINGS, found, empty="no sensitive value was found anywhere")
    groups = [(item.table, ", ".join(item.columns), item.smallest, item.rows_below, item.k, item.verdict) for item in certificate.anonymity]
    print_table(_GROUPS, groups, empty="no quasi-identifiers")
    for line in _not_compared(certificate):
        typer.echo(line)
    for broken in certificate.promises:
        typer.echo(f"broken promise: {broken.table}.{broken.column} [{broken.code}]: {broken.text}")
    _show_gaps((*certificate.unread, *(f"canary not found: {place}" for place in certificate.canaries.missed)), report)
    for remark in certificate.remarks:
        typer.echo(f"note: {remark}")
    rate = certificate.cells / certificate.seconds if certificate.seconds else 0
    typer.echo(
        f"{_verdict(certificate)}: {certificate.leaks} leaks; {certificate.cells:,} cells of {certificate.rows:,} rows held against"
        f" {certificate.needles:,} values in {certificate.seconds:.1f} s ({rate:,.0f} cells/s);"
        f" {certificate.canaries.planted} canaries, {len(certificate.canaries.missed)} missed" + (f"; page: {report}" if report else "")
    )


def _not_compared(certificate: Certificate) -> Iterator[str]:
    """Tables of which not every row of the copy was held against its own."""
    for table in certificate.tables:
        if table.matched < table.copy_rows:
            alone = f"; {table.alone:,} have no row in the source" if table.alone else ""
            alike = f"; {table.alike:,} are not told apart" if table.alike else ""
            yield f"rows: {table.table}: {table.matched:,} of {table.copy_rows:,} compared with their own{alone}{alike}"


def _show_gaps(gaps: Sequence[str], report: Path | None) -> None:
    """The first ones: hundreds of columns of one table would push everything else off the screen."""
    for gap in gaps[:_GAPS]:
        typer.echo(f"not looked at: {gap}")
    if len(gaps) > _GAPS:
        typer.echo(f"not looked at: and {len(gaps) - _GAPS:,} more; all are in {report or '--report FILE, and in --json'}")


def _verdict(certificate: Certificate) -> str:
    """ "chance" alone would leave open whether that is good or bad news."""
    if certificate.verdict == "chance":
        return "no leak, no more agreement than chance explains"
    return certificate.verdict if certificate.complete or not certificate.leaks else f"{certificate.verdict}, and incomplete"


_GAPS = 30
_COLUMNS = ("column", "is", "rows", "compared", "agree", "by chance", "verdict")
_FINDINGS = ("value of", "found in", "form", "cells", "values", "verdict", "rows")
_GROUPS = ("table", "quasi-identifiers", "smallest group", "rows in small groups", "k", "verdict")


def _columns(certificate: Certificate) -> Iterator[tuple[object, ...]]:
    for item in certificate.columns:
        name = f"{item.table}.{item.column} {item.path}".strip()
        for count in item.forms:
            if count.rows or count is item.forms[0]:
                # "clean" of no row at all would be read as a proof
                verdict = count.verdict if item.rows or count.rows else "not compared"
                yield name, item.privacy, item.rows, count.form, count.rows, count.expected, verdict
