"""What every Ledger promises, on the fake and on a branch of a real repository."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.adapters.ledger import GitLedger
from liftlock.core.ledger import Entry, Fact
from liftlock.core.ports import Ledger
from tests.fakes.promotion import FakeLedger
from tests.git_repositories import make_clone, make_forge

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


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


def test_records_come_back_as_they_were_in_order_and_chained(ledger: Ledger) -> None:
    first = ledger.append([fact(), fact("staging")])
    second = ledger.append([fact("prod", note="x")])
    records = ledger.records()
    assert list(records) == [*first, *second]
    assert [record.sequence for record in records] == [1, 2, 3]
    assert [record.previous for record in records] == ["", first[0].hash, first[1].hash]
    assert records[2].entry == fact("prod", note="x")
