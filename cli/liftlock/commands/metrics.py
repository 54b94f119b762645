"""`liftlock metrics`: deployment frequency, lead time, change failure rate, time to restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.history import OfflineOption, UntilOption
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import UsageError

if TYPE_CHECKING:
    from liftlock.core.metrics import Figures, Metrics, Spread

CsvOption = Annotated[bool, typer.Option("--csv", help="Print the result as CSV; docs/metrics.md lists the columns.")]
_NONE = "no data"
COLUMNS = (
    "environment", "service", "since", "until", "deployments", "attempts", "failures", "open_failures", "per_day",
    "lead_time_median_s", "lead_time_p90_s", "lead_time_count", "failure_rate", "restore_time_median_s", "restore_time_p90_s",
    "restore_time_count",
)  # fmt: skip


def metrics(
    environment: Annotated[str | None, typer.Option("--env", metavar="ENV", help="Only this environment; also one of a branch.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="NAME", help="Only this service.")] = None,
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help="From then on: 30d (ago), 2026-03-01, or a full time.")] = "30d",
    until: UntilOption = None,
    window: Annotated[str, typer.Option("--failure-window", metavar="DURATION", help="How long a rollback can follow.")] = "24h",
    offline: OfflineOption = False,
    repo: RepoOption = None,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how often each environment and service is deployed, how fast, how often that fails and how long failures last."""
    from liftlock import wiring
    from liftlock.core.metrics import MetricsRequest

    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other", hint="give one of them")
    begin, end = wiring.parse_moment(since), wiring.parse_moment(until) or wiring.now()
    request = MetricsRequest(begin, end, environment, service, wiring.parse_duration(window))
    found = wiring.delivery_metrics(repo, offline=offline).measure(request)
    if as_json:
        print_json("metrics", found)
    elif as_csv:
        typer.echo(_csv(found), nl=False)
    else:
        _show(found)


def _show(found: Metrics) -> None:
    rows = [(f.environment, f.service or "all", *_cells(f)) for f in found.figures]
    headers = ["environment", "service", "deployments", "per day", "lead time", "failure rate", "time to restore"]
    print_table(headers, rows, empty="no data: nothing was deployed yet, or not by what was asked for")


def _cells(figures: Figures) -> tuple[str, ...]:
    rate = _NONE if figures.failure_rate is None else f"{figures.failure_rate:.0%} ({figures.failures} of {figures.attempts})"
    restore = _span(figures.restore_time) + (", one failure is open" if figures.open_failures else "")
    per_day = _NONE if figures.per_day is None else f"{figures.per_day:.2f}"
    return (str(figures.deployments) if figures.attempts else _NONE, per_day, _span(figures.lead_time), rate, restore)


def _span(spread: Spread | None) -> str:
    from liftlock.core.period import span_text

    return _NONE if spread is None else f"{span_text(spread.median)} (p90 {span_text(spread.p90)}, {spread.count})"


def _csv(found: Metrics) -> str:
    from liftlock.core.csv_text import Cell, csv_text

    def spread(value: Spread | None) -> tuple[Cell, ...]:
        return (value.median.total_seconds(), value.p90.total_seconds(), value.count) if value else (None, None, 0)

    period = (found.since.isoformat() if found.since else None, found.until.isoformat())
    return csv_text(
        COLUMNS,
        [
            (f.environment, f.service, *period, f.deployments, f.attempts, f.failures, f.open_failures, f.per_day, *spread(f.lead_time),
             f.failure_rate, *spread(f.restore_time))
            for f in found.figures
        ],
    )  # fmt: skip
