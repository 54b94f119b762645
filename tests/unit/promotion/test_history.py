"""History of one environment: an empty one is told from one that does not exist."""

from __future__ import annotations

import pytest

from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.ledger import Entry, Fact
from liftlock.services.history import History
from tests.fakes.promotion import START, FakeLedger


def ledger() -> FakeLedger:
    """The branch `pr-7` was up once."""
    kept = FakeLedger()
    kept.append([Entry(Fact.DEPLOYED, "pr-7", "Ada <ada@shop.example>", START, release="rel-1")])
    return kept


def test_an_environment_that_is_neither_declared_nor_on_record_is_a_mistake_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match='unknown environment "stagin"; did you mean "staging"'):
        History(ledger(), declared=lambda: ["dev", "staging"]).events(environment="stagin")


def test_one_on_record_may_be_the_nearest() -> None:
    with pytest.raises(UsageError, match='did you mean "pr-7"'):
        History(ledger(), declared=lambda: ["dev"]).events(environment="pr-77")


def test_a_declared_environment_without_a_record_has_an_empty_history() -> None:
    assert History(ledger(), declared=lambda: ["dev"]).events(environment="dev") == ()


def test_a_broken_configuration_does_not_hide_what_is_on_record() -> None:
    def broken() -> list[str]:
        raise ConfigError("liftlock.yaml:1:1 is wrong")

    assert [event.release for event in History(ledger(), declared=broken).events(environment="pr-7")] == ["rel-1"]


def test_where_no_configuration_is_at_hand_any_name_may_have_existed() -> None:
    assert History(ledger()).events(environment="dev") == ()
