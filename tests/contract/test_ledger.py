"""What every Ledger promises, on the fake and on a branch of a real repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liftlock.adapters.ledger import GitLedger
from liftlock.core.ledger import Entry, Fact, Record
from liftlock.core.ledger_chain import environments_of, select
from liftlock.core.ports import Ledger
from tests.fakes.promotion import FakeLedger
from tests.git_repositories import make_clone, make_forge

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
SELECTED = [
    ("dev", Fact.DEPLOYED, 0),
    ("dev", Fact.VERIFIED, 1),
    ("prod", Fact.DEPLOYED, 2),
    ("dev", Fact.RECORDED, -3),
    ("prod", Fact.VERIFIED, 9),
]


def fact(environment: str = "dev", **details: str) -> Entry:
    return Entry(
        Fact.DEPLOYED,
        environment,
        "Ada Ünlaut <ada@shop.example>",
        AT,
        "rel-1",
        {"services": {"api": "x@y"}, "odd": "a\nb\u2028`|", **details},
    )


@pytest.fixture(params=["fake", "git"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "fake":
        return FakeLedger()
    return GitLedger(make_clone(make_forge(tmp_path, {"a": "b"}), tmp_path / "clone"))


def test_a_new_ledger_is_empty(ledger: Ledger) -> None:
    assert list(ledger.records()) == []


def test_nothing_appended_is_nothing_written(ledger: Ledger) -> None:
    assert list(ledger.append([])) == []
    assert list(ledger.records()) == []


def test_what_stands_there_by_now_can_make_an_append_unneeded(ledger: Ledger) -> None:
    def has_prod(records: Sequence[Record]) -> bool:
        return any(record.entry.environment == "prod" for record in records)

    assert len(ledger.append([fact("prod")], unless=has_prod)) == 1
    assert list(ledger.append([fact("prod")], unless=has_prod)) == []
    assert len(ledger.records()) == 1


def test_records_come_back_as_they_were_in_order_and_chained(ledger: Ledger) -> None:
    first = ledger.append([fact(), fact("staging")])
    second = ledger.append([fact("prod", note="x")])
    records = ledger.records()
    assert list(records) == [*first, *second]
    assert [record.sequence for record in records] == [1, 2, 3]
    assert [record.previous for record in records] == ["", first[0].hash, first[1].hash]
    assert records[2].entry == fact("prod", note="x")


def test_the_latest_records_are_had_from_the_end(ledger: Ledger) -> None:
    written = [*ledger.append([fact("dev"), fact("staging")]), *ledger.append([fact("prod")])]
    records = ledger.records()
    assert (records[-1], list(reversed(records)), list(records[1:])) == (written[2], written[::-1], written[1:])
    assert written[1] in records


def test_a_fact_of_a_newer_liftlock_is_kept_as_it_is(ledger: Ledger) -> None:
    ledger.append([replace(fact(), fact=Fact("teleported"))])
    ledger.append([fact()])
    assert [record.entry.fact for record in ledger.records()] == ["teleported", Fact.DEPLOYED]
    with pytest.raises(ValueError, match="Not A Fact"):
        Fact("Not A Fact")


def test_records_are_selected_by_fact_environment_and_time(ledger: Ledger) -> None:
    written = ledger.append([replace(fact(name), fact=kind, at=AT + timedelta(hours=hours)) for name, kind, hours in SELECTED])
    records = ledger.records()
    for facts in (None, {Fact.DEPLOYED}, {Fact.DEPLOYED, Fact.VERIFIED}, set[Fact]()):
        for environment in (None, "dev", "nowhere"):
            for since, until in ((None, None), (AT + timedelta(hours=1), None), (None, AT + timedelta(hours=2)), (AT, AT)):
                wanted = [
                    record
                    for record in written
                    if (facts is None or record.entry.fact in facts)
                    and environment in (None, record.entry.environment)
                    and (since is None or record.entry.at >= since)
                    and (until is None or record.entry.at < until)
                ]
                assert list(select(records, facts, environment=environment, since=since, until=until)) == wanted
                assert list(select(records, facts, environment=environment, since=since, until=until, backwards=True)) == wanted[::-1]
    assert environments_of(records) == {"dev", "prod"}


def test_verifying_gives_the_same_records(ledger: Ledger) -> None:
    assert list(ledger.verify()) == []
    written = [*ledger.append([fact("dev"), fact("staging")]), *ledger.append([fact("prod")])]
    assert list(ledger.verify()) == written
