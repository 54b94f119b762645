"""History, who has an image, and what differs between two environments: decided from records alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.config.document import Plain
from liftlock.core.environment_diff import Side, compare, flattened
from liftlock.core.errors import UsageError
from liftlock.core.history import Event, Filter, Origin, history, running, who_has
from liftlock.core.ledger import Entry, Fact, Json, Record, chain, encode, images_of
from liftlock.core.ledger_chain import read_chain
from liftlock.core.period import parse_moment, span_text

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
ENVIRONMENTS, SERVICES = ("dev", "staging", "pr-7"), ("api", "web")
FACTS = (Fact.RECORDED, Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.VERIFIED, Fact.PROMOTED, Fact.APPROVED, Fact.DESTROYED, Fact("teleported"))


def image(service: str, number: int) -> str:
    return f"r/{service}@sha256:{f'{number:x}' * 64}"


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    fact = draw(st.sampled_from(FACTS))
    numbers = draw(st.dictionaries(st.sampled_from(SERVICES), st.integers(1, 4)))
    details: dict[str, Json] = {"services": {name: image(name, number) for name, number in numbers.items()}}
    if fact is Fact.RECORDED:
        details["tags"] = {name: f"v{number}" for name, number in numbers.items()}
    at, release = START + timedelta(minutes=draw(st.integers(0, 90))), draw(st.sampled_from(("rel-1", "rel-2")))
    return Entry(fact, draw(st.sampled_from(ENVIRONMENTS)), "Ada <a@shop.example>", at, release, details)


def kept(facts: Sequence[Entry]) -> list[Record]:
    records: list[Record] = []
    for entry in facts:
        records.append(chain(records[-1] if records else None, entry))
    return records


FILTERS = st.builds(
    Filter,
    environment=st.sampled_from((None, *ENVIRONMENTS)),
    service=st.sampled_from((None, *SERVICES)),
    since=st.sampled_from((None, START + timedelta(minutes=20))),
    until=st.sampled_from((None, START + timedelta(minutes=70))),
    limit=st.sampled_from((None, 1, 3)),
    everything=st.booleans(),
)


def naive(records: Sequence[Record], wanted: Filter) -> list[Event]:
    """Each record on its own, oldest first, everything looked for from the beginning."""
    inside = [
        r
        for r in records
        if wanted.environment in (None, r.entry.environment)
        and (wanted.since is None or r.entry.at >= wanted.since)
        and (wanted.until is None or r.entry.at < wanted.until)
    ]
    lines = []
    for record in inside:
        entry, images = record.entry, dict(images_of(record.entry))
        if (entry.fact in {Fact.VERIFIED, Fact.APPROVED} and not wanted.everything) or wanted.service not in (None, *images):
            continue
        verified = None
        if entry.fact is Fact.DEPLOYED:
            after = [r.entry for r in inside if r.sequence > record.sequence and r.entry.environment == entry.environment]
            until = next((at for at, e in enumerate(after) if e.fact is Fact.DEPLOYED), len(after))
            proof = next((e for e in after[:until] if e.fact is Fact.VERIFIED), None)
            verified = proof.at if proof and proof.release == entry.release else None
        tags = {}
        for name, text in images.items():
            for older in records[: record.sequence]:
                named = older.entry.details.get("tags")
                for other, there in images_of(older.entry).items():
                    if isinstance(named, dict) and there == text:
                        tags[name] = str(named[other])
        event = Event(record.sequence, entry.at, entry.fact.value, entry.environment, entry.release, entry.actor, images, tags, verified)
        lines.append(event)
    return lines[::-1][: wanted.limit]


@given(st.lists(entries(), max_size=25), FILTERS)
def test_history_is_what_looking_at_each_record_on_its_own_gives(facts: list[Entry], wanted: Filter) -> None:
    records = kept(facts)
    assert list(history(records, wanted)) == naive(records, wanted)
    assert history(read_chain([encode(record).encode() for record in records], str), wanted) == history(records, wanted)


@given(st.lists(entries(), max_size=25), st.sampled_from(SERVICES), st.integers(1, 4))
def test_who_has_an_image_is_whoever_deployed_it_last_since_it_never_left(facts: list[Entry], service: str, number: int) -> None:
    records, wanted = kept(facts), image(service, number)
    expected = {}
    for name in ENVIRONMENTS:
        mine = [r.entry for r in records if r.entry.environment == name and r.entry.fact in (Fact.DEPLOYED, Fact.DESTROYED)]
        since = None
        for entry in reversed(mine):
            if entry.fact is Fact.DESTROYED or images_of(entry).get(service) != wanted:
                break
            since = entry
        if since is not None:
            expected[name] = since.at
    holders = who_has(running(records), wanted.rpartition("@")[2][:20], {})
    assert {h.environment: h.since for h in holders if h.service == service} == expected


def test_an_image_is_found_by_its_tag_and_by_the_first_digits_of_its_commit() -> None:
    runs = running(
        kept([Entry(Fact.DEPLOYED, "dev", "A <a@b>", START, "rel-1", {"services": {"api": image("api", 1), "web": image("web", 2)}})])
    )
    origins = {("dev", "api"): Origin("v1", "1a2b3c4d5e"), ("dev", "web"): Origin("1a2b3c4d")}
    assert [h.service for h in who_has(runs, "v1", origins)] == ["api"]
    assert [h.service for h in who_has(runs, "1a2b3c4d", origins)] == ["api", "web"]
    assert [h.service for h in who_has(runs, "1111111", origins)] == ["api"]
    assert who_has(runs, "1a2b", origins) == ()


def side(**changes: object) -> Side:
    usual = Side("dev", "rel-1", START, "c1", dirty=False, images={"api": image("api", 1)}, origins={"api": Origin("v1", "abc")},
                 config="cfg-1", data="data-1", values={"services.api.port": 8000})  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_an_environment_does_not_differ_from_itself() -> None:
    assert not compare(side(), side()).differs
    assert compare(side(), side()).unknown == ()


def test_each_difference_is_named_with_both_sides_and_the_commits_between() -> None:
    other = side(environment="prod", images={"api": image("api", 2), "web": image("web", 1)}, origins={"api": Origin("v2", "def")},
                 config="cfg-2", values={"services.api.port": 8001})  # fmt: skip
    found = compare(side(), other)
    assert [(d.service, d.commits, d.left is None) for d in found.services] == [("api", "abc..def", False), ("web", None, True)]
    assert (found.config_differs, found.data_differs, found.differs) == (True, False, True)
    assert [(v.path, v.left, v.right) for v in found.values] == [("services.api.port", 8000, 8001)]


@pytest.mark.parametrize("gap", [{"config": None}, {"data": None}, {"dirty": True}])
def test_what_is_not_known_is_not_equal(gap: dict[str, object]) -> None:
    found = compare(side(), side(**gap))
    assert not found.differs
    assert len(found.unknown) == 1


def test_a_declaration_is_compared_without_images_names_and_places() -> None:
    document: dict[str, Plain] = {
        "environment": "dev",
        "port": 18001,
        "router": {"image": "r@x"},
        "services": {"api": {"image": "a@x", "env": {"image": "kept"}, "memory": None}},
        "databases": {"shop": {"image": "p@x"}},
    }
    assert flattened(document) == {"router.image": "r@x", "services.api.env.image": "kept", "databases.shop.image": "p@x"}


def test_moments_are_said_as_so_long_ago_as_days_and_as_times() -> None:
    assert parse_moment("30d", START) == START - timedelta(days=30)
    assert parse_moment("2026-02-01", START) == datetime(2026, 2, 1, tzinfo=UTC)
    assert parse_moment("2026-02-01T12:00+01:00", START) == datetime(2026, 2, 1, 11, tzinfo=UTC)
    for wrong in ("yesterday", "", "30", "2026-13-01"):
        with pytest.raises(UsageError, match="is no moment"):
            parse_moment(wrong, START)


@pytest.mark.parametrize(("seconds", "said"), [(0, "0s"), (59.6, "1m"), (61, "1m 1s"), (3600, "1h"), (90061, "1d 1h"), (86400 * 40, "40d")])
def test_a_span_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert span_text(timedelta(seconds=seconds)) == said
