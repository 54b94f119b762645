"""Says that `env up` has nothing to do where that is proved, without running it. Decides nothing else: every doubt is a full run.

The proof is in docs/adr/0016-receipts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from liftlock.core.environment import Environment
from liftlock.core.errors import LiftlockError
from liftlock.core.ledger import Json
from liftlock.core.ports import Clock, Locks, Probe, Receipts, ResourceChange, StepOperation, Witness
from liftlock.core.receipt import Clues, Receipt, Route, differing
from liftlock.core.stack import url_host
from liftlock.services.reports import UpReport

Watch = Callable[[], Clues | None]
"""Where to look as the files say now; None for an environment whose runs do more than can be looked at (protected, of a branch)."""

_ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: where, and what was there."""

    clues: Clues
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """locks: that do not wait; where another run is at work, this one has to be a full run, which waits for it."""

    receipts: Receipts
    witness: Witness
    probe: Probe
    locks: Locks
    clock: Clock

    def check(self, environment: str) -> UpReport | None:
        """The result of the last run, where a run now would read the same and every route answers; None where it takes a run to know."""
        began = self.clock.now()
        try:
            with self.locks.hold(environment):
                receipt = self.receipts.read(environment)
                if receipt is None or receipt.clues.environment != environment or not self._holds(receipt):
                    return None
        except LiftlockError:
            return None
        return _report(receipt.report, (self.clock.now() - began).total_seconds())

    def _holds(self, receipt: Receipt) -> bool:
        facts = self.witness.look(receipt.clues)
        return facts is not None and not differing(receipt.facts, facts) and all(map(self._answers, receipt.routes))

    def _answers(self, route: Route) -> bool:
        return 200 <= self.probe.get(route.port, route.path, host=route.host, timeout=_ANSWER_SECONDS) < 400


@dataclass(frozen=True, slots=True)
class Receiver:
    """Writes receipts: only of runs that changed nothing, and only where a look before and a look after saw the same."""

    receipts: Receipts
    witness: Witness

    def begin(self, environment: str, watch: Watch) -> Seen | None:
        """Called before anything is read: takes back what an earlier run proved, and looks."""
        self.receipts.drop(environment)
        return self._look(watch())

    def end(self, before: Seen | None, watch: Watch, environment: Environment, port: int, state: str, report: UpReport) -> None:
        """Called when all is done and well. state: checksum of the state as the run left it, empty where that is not known.

        What is in a database cannot be looked at: where a run asks one, there is no receipt.
        """
        if before is None or report.changed or report.recorded or report.rows:
            return
        after = self._look(watch())
        if after is not None and _proves(before, after, state):
            host = url_host(environment.name, environment.project)
            routes = tuple(Route(port, host, service.route) for service in environment.services if service.route is not None)
            self.receipts.write(environment.name, Receipt(after.clues, after.facts, routes, _remembered(report)))

    def _look(self, clues: Clues | None) -> Seen | None:
        facts = self.witness.look(clues) if clues is not None else None
        return Seen(clues, facts) if clues is not None and facts is not None else None


def _proves(before: Seen, after: Seen, state: str) -> bool:
    """Whether the run between two looks read what the second one saw. The state alone may differ, where that run and no other wrote it:
    it takes into the state what it reads of the objects, and its program goes on from there."""
    if before.clues != after.clues:
        return False
    differs = differing(before.facts, after.facts)
    return not differs or (differs == ("state",) and after.facts.get("state") == state)


def _remembered(report: UpReport) -> dict[str, Json]:
    changes: list[Json] = [[change.urn, change.type, change.name] for change in report.changes]
    return {
        "environment": report.environment,
        "url": report.url,
        "release": report.release,
        "engine": report.engine,
        "changes": changes,
        "services": dict(report.services),
    }


def _report(remembered: Mapping[str, Json], seconds: float) -> UpReport | None:
    try:
        text: dict[str, str] = {key: str(remembered[key]) for key in ("environment", "url", "release", "engine")}
        changes, services = remembered["changes"], remembered["services"]
        if not isinstance(changes, list) or not isinstance(services, dict):
            return None
        listed = [[str(word) for word in change] for change in changes if isinstance(change, list)]
        same = tuple(ResourceChange(urn, type_, name, StepOperation.SAME) for urn, type_, name in listed)
        images = {name: str(image) for name, image in services.items()}
    except (KeyError, TypeError, ValueError):
        return None
    return UpReport(
        environment=text["environment"],
        url=text["url"],
        release=text["release"],
        engine=text["engine"],
        changes=same,
        rows={},
        services=images,
        seconds=seconds,
        recorded=False,
        looked=True,
    )
