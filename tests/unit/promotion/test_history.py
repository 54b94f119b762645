"""History of one environment: an empty one is told from one that does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.history import Filter
from liftlock.core.ledger import Entry, Fact
from liftlock.services.history import History
from tests.fakes.past import FakePast
from tests.fakes.promotion import START, FakeLedger, FakeOrigin


def ledger() -> FakeLedger:
    """The branch `pr-7` was up once."""
    kept = FakeLedger()
    kept.append([Entry(Fact.DEPLOYED, "pr-7", "Ada <ada@shop.example>", START, release="rel-1")])
    return kept


def history(declared: Callable[[], Iterable[str]] | None = None) -> History:
    return History(ledger(), FakePast(FakeOrigin()), declared=declared)


def test_an_environment_that_is_neither_declared_nor_on_record_is_a_mistake_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match='unknown environment "stagin"; did you mean "staging"'):
        history(lambda: ["dev", "staging"]).events(Filter("stagin"))


def test_one_on_record_may_be_the_nearest() -> None:
    with pytest.raises(UsageError, match='did you mean "pr-7"'):
        history(lambda: ["dev"]).events(Filter("pr-77"))


def test_a_declared_environment_without_a_record_has_an_empty_history() -> None:
    assert history(lambda: ["dev"]).events(Filter("dev")) == ()


def test_a_broken_configuration_does_not_hide_what_is_on_record() -> None:
    def broken() -> list[str]:
        raise ConfigError("liftlock.yaml:1:1 is wrong")

    assert [event.release for event in history(broken).events(Filter("pr-7"))] == ["rel-1"]


def test_where_no_configuration_is_at_hand_any_name_may_have_existed() -> None:
    assert history().events(Filter("dev")) == ()
