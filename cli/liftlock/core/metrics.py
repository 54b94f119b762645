"""How software is delivered, in four figures per environment and service (docs/metrics.md defines each; the idea is DORA's). Pure.

Everything comes from the ledger in its own order. A figure without anything to be counted is None: no data is neither zero nor a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from liftlock.core.incidents import ACCUSING, incident_of
from liftlock.core.ledger import Entry, Fact, Record, images_of
from liftlock.core.ledger_chain import select

_DAY = timedelta(days=1)
_TELLING = ACCUSING | {Fact.RECORDED, Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.VERIFIED, Fact.DESTROYED, Fact.BRANCH_DOWN}


@dataclass(frozen=True, slots=True)
class MetricsRequest:
    """What is asked for. since, until: the period, [since, until); since None: from the first record on.

    failure_window: how long after a deployment a rollback, hotfix, veto or failed check still says that it had failed.
    environment, service: only this one; ephemeral environments are told only when they are named.
    """

    since: datetime | None
    until: datetime
    environment: str | None = None
    service: str | None = None
    failure_window: timedelta = _DAY


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations that were seen: their median, the one that nine of ten do not exceed, and how many there were."""

    median: timedelta
    p90: timedelta
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One environment, or one service in it (service None: the environment as a whole).

    deployments: that succeeded; attempts: these and the failed ones; failures: attempts that failed, at once or within the window after.
    Each figure is None where there is no data for it. open_failures: failures that nothing healthy has followed yet.
    """

    environment: str
    service: str | None
    deployments: int
    attempts: int
    failures: int
    open_failures: int
    per_day: float | None
    lead_time: Spread | None
    failure_rate: float | None
    restore_time: Spread | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of a period, by environment and service. since: not before the first record; None where there is none."""

    since: datetime | None
    until: datetime
    failure_window: timedelta
    figures: tuple[Figures, ...]


@dataclass(slots=True)
class _Attempt:
    """A deployment that was tried. concerns: the services whose image it changed, or all of its services where it changed none."""

    at: datetime
    release: str | None
    images: Mapping[str, str]
    concerns: frozenset[str]
    done: bool
    failed: bool
    leads: dict[str, timedelta] = field(default_factory=dict)
    proved: bool = False


@dataclass(slots=True)
class _Environment:
    """What has happened in one environment so far. failing: scope (None: the whole) -> since when; restored: scope, end, duration."""

    images: Mapping[str, str] = field(default_factory=dict)
    attempts: list[_Attempt] = field(default_factory=list)
    failing: dict[str | None, tuple[datetime, int]] = field(default_factory=dict)
    restored: list[tuple[str | None, datetime, timedelta]] = field(default_factory=list)
    proved: set[tuple[str, str]] = field(default_factory=set)
    ephemeral: bool = False

    def fail(self, attempt: _Attempt, at: datetime) -> None:
        attempt.failed = True
        for scope in (None, *attempt.concerns):
            self.failing.setdefault(scope, (at, len(self.attempts)))

    def restore(self, at: datetime) -> None:
        """A deployment after the failure is healthy."""
        for scope, (since, attempts) in list(self.failing.items()):
            if len(self.attempts) > attempts:
                del self.failing[scope]
                self.restored.append((scope, at, max(at - since, timedelta())))


def measure(records: Sequence[Record], request: MetricsRequest) -> Metrics:
    """The figures of the period."""
    first = next(iter(select(records)), None)
    since = max(request.since or first.entry.at, first.entry.at) if first else None
    environments = _replay(records, request)
    shown = [(name, found) for name, found in sorted(environments.items()) if found.attempts and _is_asked(name, found, request)]
    figures = tuple(figures for name, found in shown for figures in _of_environment(name, found, since, request))
    return Metrics(since, request.until, request.failure_window, figures)


def _replay(records: Sequence[Record], request: MetricsRequest) -> dict[str, _Environment]:
    recorded: dict[str, datetime] = {}
    found: dict[str, _Environment] = {}
    for record in select(records, _TELLING):
        entry = record.entry
        here = found.setdefault(entry.environment, _Environment()) if entry.environment else _Environment()
        match entry.fact:
            case Fact.RECORDED:
                for image in images_of(entry).values():
                    recorded.setdefault(image, entry.at)
            case Fact.DEPLOYED | Fact.DEPLOY_FAILED:
                _attempt(here, entry)
            case Fact.VERIFIED:
                _prove(here, entry, recorded)
            case Fact.DESTROYED | Fact.BRANCH_DOWN:
                here.images = {}
        if (incident := incident_of(entry)) is not None:
            concerned = [here] if entry.environment else found.values()
            _blame((place for place in concerned), incident.release, incident.digest, entry.at, request.failure_window)
    return found


def _attempt(here: _Environment, entry: Entry) -> None:
    images, done = images_of(entry), entry.fact is Fact.DEPLOYED
    changed = frozenset(name for name, image in images.items() if here.images.get(name) != image)
    attempt = _Attempt(entry.at, entry.release, images, changed or frozenset(images), done, failed=False)
    here.attempts.append(attempt)
    here.ephemeral = "branch" in entry.details
    if done:
        here.images = images
    else:
        here.fail(attempt, entry.at)


def _prove(here: _Environment, entry: Entry, recorded: Mapping[str, datetime]) -> None:
    """The environment's latest deployment is healthy, for the first time."""
    last = here.attempts[-1] if here.attempts else None
    if last is None or last.proved or not last.done or last.release != entry.release:
        return
    last.proved = True
    here.restore(entry.at)
    for service in last.concerns:
        image = last.images[service]
        if (service, image) not in here.proved:
            here.proved.add((service, image))
            if image in recorded and entry.at >= recorded[image]:
                last.leads[service] = entry.at - recorded[image]


def _blame(places: Iterable[_Environment], release: str | None, digest: str | None, at: datetime, window: timedelta) -> None:
    """The latest deployment of each place had failed, if it is not too long ago and what is named is what it brought."""
    for here in places:
        last = here.attempts[-1] if here.attempts else None
        if last is None or not timedelta() <= at - last.at <= window or release not in (None, last.release):
            continue
        if digest is None or any(image.endswith(digest) for image in last.images.values()):
            here.fail(last, at)


def _is_asked(name: str, found: _Environment, request: MetricsRequest) -> bool:
    return name == request.environment if request.environment is not None else not found.ephemeral


def _of_environment(name: str, found: _Environment, since: datetime | None, request: MetricsRequest) -> Iterator[Figures]:
    """The environment's own figures, then its services', by name; or one service's alone."""
    inside = [attempt for attempt in found.attempts if _is_inside(attempt.at, since, request)]
    by_service: dict[str, list[_Attempt]] = {service: [] for attempt in found.attempts for service in attempt.concerns}
    for attempt in inside:
        for service in attempt.concerns:
            by_service[service].append(attempt)
    if request.service is None:
        yield _figures(name, None, found, inside, since, request)
    for service, attempts in sorted(by_service.items()):
        if request.service in (None, service):
            yield _figures(name, service, found, attempts, since, request)


def _is_inside(at: datetime, since: datetime | None, request: MetricsRequest) -> bool:
    return since is not None and since <= at < request.until


def _figures(
    name: str, service: str | None, found: _Environment, attempts: Sequence[_Attempt], since: datetime | None, request: MetricsRequest
) -> Figures:
    """attempts: those of the period that concern the service."""
    deployments, failures = sum(a.done for a in attempts), sum(a.failed for a in attempts)
    leads = [lead for a in attempts for scope, lead in a.leads.items() if service in (None, scope)]
    restores = [duration for scope, at, duration in found.restored if scope == service and _is_inside(at, since, request)]
    days = max((request.until - since) / _DAY, 1.0) if since else 1.0
    return Figures(
        environment=name,
        service=service,
        deployments=deployments,
        attempts=len(attempts),
        failures=failures,
        open_failures=int(service in found.failing and found.failing[service][0] < request.until),
        per_day=deployments / days if attempts else None,
        lead_time=_spread(leads),
        failure_rate=failures / len(attempts) if attempts else None,
        restore_time=_spread(restores),
    )


def _spread(durations: Sequence[timedelta]) -> Spread | None:
    if not durations:
        return None
    ordered = sorted(durations)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return Spread(middle, ordered[-(-9 * len(ordered) // 10) - 1], len(ordered))
