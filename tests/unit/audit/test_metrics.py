"""Delivery figures, held against a recomputation that looks for everything from the beginning, as docs/metrics.md words it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.commands.metrics import COLUMNS, _csv
from liftlock.core.csv_text import csv_text
from liftlock.core.ledger import Entry, Fact, Json, Record, chain, encode, images_of
from liftlock.core.ledger_chain import read_chain
from liftlock.core.metrics import Figures, MetricsRequest, Spread, measure

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
SERVICES = ("api", "web")
KINDS = (
    "recorded",
    "deployed",
    "deployed",
    "deploy-failed",
    "verified",
    "verified",
    "destroyed",
    "rolled-back",
    "vetoed",
    "evidence",
    "approved",
)
EVERYTHING = MetricsRequest(None, START + timedelta(days=400))


def image(service: str, number: int) -> str:
    return f"r/{service}@sha256:{f'{number:x}' * 64}"


def entry(fact: str, minutes: int, environment: str = "dev", release: str = "rel-1", **details: Json) -> Entry:
    return Entry(Fact(fact), environment, "Ada <a@shop.example>", START + timedelta(minutes=minutes), release, details)


def deployed(minutes: int, environment: str = "dev", release: str = "rel-1", fact: str = "deployed", **numbers: int) -> Entry:
    return entry(fact, minutes, environment, release, services={name: image(name, number) for name, number in numbers.items()})


def kept(facts: Sequence[Entry]) -> list[Record]:
    records: list[Record] = []
    for fact in facts:
        records.append(chain(records[-1] if records else None, fact))
    return records


def figures(facts: Sequence[Entry], request: MetricsRequest = EVERYTHING, *, service: str | None = None) -> Figures:
    return next(f for f in measure(kept(facts), request).figures if f.service == service)


# --- a naive recomputation ----------------------------------------------------------------------------------------------------------------


def naive(facts: Sequence[Entry], request: MetricsRequest) -> dict[tuple[str, str | None], tuple[object, ...]]:
    """(environment, service) -> attempts, deployments, failures, leads, restores, open; each found on its own."""
    if not facts:
        return {}
    since = max(request.since or facts[0].at, facts[0].at)
    found: dict[tuple[str, str | None], tuple[object, ...]] = {}
    for environment in {fact.environment for fact in facts}:
        attempts = [at for at, fact in enumerate(facts) if fact.environment == environment and fact.fact in ("deployed", "deploy-failed")]
        scopes = {name for at in attempts for name in concerns(facts, at)}
        for scope in (None, *scopes) if attempts else ():
            mine = [at for at in attempts if scope is None or scope in concerns(facts, at)]
            inside = [at for at in mine if since <= facts[at].at < request.until]
            leads = [lead for at in inside for name in concerns(facts, at) if scope in (None, name) for lead in leads_of(facts, at, name)]
            restores, is_open = outages(facts, mine, attempts, request)
            found[environment, scope] = (
                len(inside),
                sum(facts[at].fact == "deployed" for at in inside),
                sum(failed_at(facts, at, request) is not None for at in inside),
                sorted(leads),
                sorted(duration for end, duration in restores if since <= end < request.until),
                is_open,
            )
    return found


def concerns(facts: Sequence[Entry], at: int) -> set[str]:
    mine = facts[at]
    before = next((f for f in reversed(facts[:at]) if f.environment == mine.environment and f.fact in ("deployed", "destroyed")), None)
    old = images_of(before) if before and before.fact == "deployed" else {}
    changed = {name for name, text in images_of(mine).items() if old.get(name) != text}
    return changed or set(images_of(mine))


def proof_of(facts: Sequence[Entry], at: int) -> int | None:
    for later in range(at + 1, len(facts)):
        fact = facts[later]
        if fact.environment == facts[at].environment:
            if fact.fact in ("deployed", "deploy-failed"):
                return None
            if fact.fact == "verified" and fact.release == facts[at].release and facts[at].fact == "deployed":
                return later
    return None


def failed_at(facts: Sequence[Entry], at: int, request: MetricsRequest) -> int | None:
    """The position of the record that says that the attempt failed."""
    mine = facts[at]
    if mine.fact == "deploy-failed":
        return at
    for later in range(at + 1, len(facts)):
        fact = facts[later]
        if fact.environment == mine.environment and fact.fact in ("deployed", "deploy-failed"):
            return None
        named = fact.environment in ("", mine.environment) and timedelta() <= fact.at - mine.at <= request.failure_window
        if not named:
            continue
        if fact.fact == "rolled-back" or (fact.fact == "evidence" and fact.details["passed"] is False and fact.release == mine.release):
            return later
        if fact.fact == "vetoed" and fact.details["release"] == mine.release:
            return later
    return None


def leads_of(facts: Sequence[Entry], at: int, service: str) -> list[timedelta]:
    proof, text = proof_of(facts, at), images_of(facts[at])[service]
    earlier = any(
        proof_of(facts, other) is not None and service in concerns(facts, other) and images_of(facts[other]).get(service) == text
        for other in range(at)
        if facts[other].environment == facts[at].environment and facts[other].fact == "deployed"
    )
    recorded = next((f.at for f in facts[: proof or 0] if f.fact == "recorded" and text in images_of(f).values()), None)
    return (
        [facts[proof].at - recorded] if proof is not None and not earlier and recorded is not None and facts[proof].at >= recorded else []
    )


def outages(
    facts: Sequence[Entry], mine: Sequence[int], every: Sequence[int], request: MetricsRequest
) -> tuple[list[tuple[datetime, timedelta]], bool]:
    """Restorations (end, duration), and whether a failure is open at the end."""
    restores: list[tuple[datetime, timedelta]] = []
    covered, is_open = -1, False
    for failure in sorted(found for at in mine if (found := failed_at(facts, at, request)) is not None):
        if failure <= covered or is_open:
            continue
        proof = next((p for at in every if at > failure and (p := proof_of(facts, at)) is not None), None)
        if proof is None:
            is_open = facts[failure].at < request.until
            covered = len(facts)
        else:
            restores.append((facts[proof].at, max(facts[proof].at - facts[failure].at, timedelta())))
            covered = proof
    return restores, is_open


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    facts: list[Entry] = []
    minutes = 0
    for _ in range(draw(st.integers(0, 22))):
        minutes += draw(st.integers(-5, 400))
        fact = draw(st.sampled_from(KINDS))
        environment, release = draw(st.sampled_from(("dev", "prod"))), draw(st.sampled_from(("rel-1", "rel-2")))
        match fact:
            case "recorded" | "deployed" | "deploy-failed":
                numbers = draw(st.dictionaries(st.sampled_from(SERVICES), st.integers(1, 3), min_size=1))
                facts.append(deployed(minutes, environment, release, fact, **numbers))
            case "vetoed":
                place = draw(st.sampled_from(("", environment)))
                facts.append(replace(entry(fact, minutes, place), details={"release": release}))
            case "evidence":
                facts.append(entry(fact, minutes, environment, release, kind="health", passed=draw(st.booleans())))
            case _:
                facts.append(entry(fact, minutes, environment, release))
    return facts


REQUESTS = st.builds(
    MetricsRequest,
    since=st.sampled_from((None, START + timedelta(minutes=900))),
    until=st.sampled_from((START + timedelta(days=400), START + timedelta(minutes=2000))),
    failure_window=st.sampled_from((timedelta(minutes=30), timedelta(days=1))),
)


@settings(max_examples=300)
@given(histories(), REQUESTS)
def test_figures_are_those_of_a_naive_recomputation(facts: list[Entry], request: MetricsRequest) -> None:
    found = measure(kept(facts), request)
    seen = {
        (f.environment, f.service): (f.attempts, f.deployments, f.failures, f.lead_time, f.restore_time, bool(f.open_failures))
        for f in found.figures
    }
    wanted = {
        scope: (attempts, done, failures, naive_spread(leads), naive_spread(restores), is_open)
        for scope, (attempts, done, failures, leads, restores, is_open) in naive(facts, request).items()
    }
    assert seen == wanted
    assert found == measure(read_chain([encode(record).encode() for record in kept(facts)], str), request)
    for f in found.figures:
        assert (f.per_day is None, f.failure_rate is None) == (f.attempts == 0, f.attempts == 0)


def naive_spread(durations: object) -> Spread | None:
    assert isinstance(durations, list)
    if not durations:
        return None
    half, count = len(durations) // 2, len(durations)
    middle = durations[half] if count % 2 else (durations[half - 1] + durations[half]) / 2
    nine = next(d for at, d in enumerate(durations, start=1) if at * 10 >= 9 * count)
    return Spread(middle, nine, count)


# --- figures that people would name -----------------------------------------------------------------------------------------------------


def test_nothing_on_record_is_no_data() -> None:
    assert measure([], EVERYTHING).figures == ()
    assert measure([], EVERYTHING).since is None


def test_an_environment_without_a_deployment_in_the_period_has_no_data_and_not_zero() -> None:
    later = replace(EVERYTHING, since=START + timedelta(days=2))
    found = figures([deployed(0, api=1), entry("verified", 1)], later)
    assert (found.attempts, found.per_day, found.lead_time, found.failure_rate, found.restore_time) == (0, None, None, None, None)


def test_lead_time_runs_from_the_record_of_the_image_to_the_first_healthy_deployment_of_it_in_each_environment() -> None:
    facts = [
        deployed(0, fact="recorded", api=1),
        deployed(10, api=1),
        entry("verified", 12),
        deployed(60, "prod", api=1),
        entry("verified", 65, "prod"),
        deployed(90, api=1, web=1),
        entry("verified", 95),
    ]
    assert figures(facts).lead_time == Spread(timedelta(minutes=12), timedelta(minutes=12), 1)
    assert figures(facts, service="web").lead_time is None
    prod = next(f for f in measure(kept(facts), EVERYTHING).figures if f.environment == "prod")
    assert prod.lead_time == Spread(timedelta(minutes=65), timedelta(minutes=65), 1)


def test_a_rollback_makes_the_deployment_before_it_a_failure_that_lasts_until_the_next_healthy_one() -> None:
    facts = [
        deployed(0, api=1), entry("verified", 1), deployed(60, release="rel-2", api=2), entry("verified", 61, release="rel-2"),
        entry("rolled-back", 90), deployed(100, api=1), entry("verified", 110),
    ]  # fmt: skip
    found = figures(facts)
    assert (found.attempts, found.failures, found.failure_rate) == (3, 1, 1 / 3)
    assert found.restore_time == Spread(timedelta(minutes=20), timedelta(minutes=20), 1)


def test_the_bad_deployment_s_own_proof_does_not_end_its_failure() -> None:
    found = figures([deployed(0, api=1), entry("rolled-back", 5), entry("verified", 6)])
    assert (found.restore_time, found.open_failures) == (None, 1)


def test_an_image_that_comes_back_is_no_new_change() -> None:
    facts = [deployed(0, fact="recorded", api=1)]
    for at, number in ((10, 1), (20, 2), (30, 1)):
        facts += [deployed(at, api=number), entry("verified", at + 1)]
    assert figures(facts).lead_time == Spread(timedelta(minutes=11), timedelta(minutes=11), 1)


def test_a_rollback_long_after_blames_nobody() -> None:
    facts = [deployed(0, api=1), entry("rolled-back", 60 * 25)]
    assert figures(facts).failures == 0
    assert figures(facts, replace(EVERYTHING, failure_window=timedelta(days=2))).failures == 1


def test_a_failure_that_nothing_healthy_followed_is_open_and_in_no_median() -> None:
    found = figures([deployed(0, fact="deploy-failed", api=1), deployed(10, api=1)])
    assert (found.restore_time, found.open_failures) == (None, 1)


def test_environments_of_branches_are_told_when_they_are_named() -> None:
    facts = [replace(deployed(0, "pr-7", api=1), details={"services": {"api": image("api", 1)}, "branch": "topic"})]
    assert measure(kept(facts), EVERYTHING).figures == ()
    assert figures(facts, replace(EVERYTHING, environment="pr-7")).attempts == 1


def test_csv_has_the_columns_that_are_promised_and_an_empty_cell_for_no_data() -> None:
    text = _csv(measure(kept([deployed(0, "=cmd", api=1)]), EVERYTHING))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["environment"], rows[0]["service"], rows[0]["lead_time_median_s"]) == ("'=cmd", "", "")
    assert rows[1]["service"] == "api"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=1"])
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    found = list(csv.reader(io.StringIO(csv_text(["a"], [[text]]), newline="")))
    assert found[1] == [f"'{text}"]


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_what_is_written_as_csv_is_read_back(rows: list[list[str]]) -> None:
    found = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [[cell.removeprefix("'") for cell in row] for row in rows]
