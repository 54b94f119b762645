"""The delivery figures of what the ledger holds now."""

from __future__ import annotations

from liftlock.core.config.suggestions import unknown
from liftlock.core.errors import UsageError
from liftlock.core.ledger_chain import environments_of
from liftlock.core.metrics import Metrics, MetricsRequest, measure
from liftlock.core.ports import Ledger
from liftlock.core.ports.past import Past


class DeliveryMetrics:
    """Reads the ledger."""

    def __init__(self, ledger: Ledger, past: Past) -> None:
        self._ledger, self._past = ledger, past

    def measure(self, request: MetricsRequest) -> Metrics:
        """The figures of the period. UsageError for an environment that is not on record although others are."""
        self._past.fetch()
        records = self._ledger.records()
        known = environments_of(records)
        if request.environment is not None and known and request.environment not in known:
            raise UsageError(unknown("environment", request.environment, known), hint="liftlock metrics without --env shows all of them")
        return measure(records, request)
