"""Waits for gates: asks again and again, says what it waits for, and gives the last answer when its time is over.

Nothing is written while it waits, so it can be stopped at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from liftlock.core.errors import UnavailableError
from liftlock.core.gates.result import GatePhase, GateResult, earliest_clearing
from liftlock.core.ports import Clock

_SHORTEST, _LONGEST = timedelta(seconds=2), timedelta(seconds=30)


class Answer(Protocol):
    """What is asked for: with the gates that are in the way, none when it has come."""

    @property
    def waits_for(self) -> Sequence[GateResult]:
        """The gates that may still pass; empty where there is nothing to wait for, or no use in it."""
        ...


_Answer = TypeVar("_Answer", bound=Answer)


@dataclass(frozen=True, slots=True)
class Patience:
    """timeout: for how long. pause: sleeps so many seconds. tell: says one line to whoever watches."""

    timeout: timedelta
    pause: Callable[[float], None]
    tell: Callable[[str], None]


def wait_for(ask: Callable[[], _Answer], clock: Clock, patience: Patience) -> _Answer:
    """The first answer that waits for nothing more, or the last one before the time was over.

    A forge or registry that falls silent on the way is waited for as well; one that is silent from the start is an error.
    """
    end, interval, said = clock.now() + patience.timeout, _SHORTEST, ""
    while True:
        try:
            answer = ask()
            gates, line = answer.waits_for, _waiting(answer.waits_for)
        except UnavailableError as err:
            if not said or clock.now() >= end:
                raise
            gates, line = (), f"waiting for an answer: {err.message}"
        else:
            if not gates or clock.now() >= end:
                return answer
        if line != said:
            patience.tell(line)
            said = line
        patience.pause(_next(gates, clock.now(), end, interval).total_seconds())
        interval = min(interval * 2, _LONGEST)


def worth_waiting(gates: Sequence[GateResult]) -> tuple[GateResult, ...]:
    """The gates in the way, or none where one of them has failed: only another release or another word helps there."""
    blockers = tuple(gate for gate in gates if not gate.passed)
    return () if any(gate.phase is GatePhase.FAILED for gate in blockers) else blockers


def _next(gates: Sequence[GateResult], now: datetime, end: datetime, interval: timedelta) -> timedelta:
    """Until the next look: no longer than the interval, unless it is known that nothing can clear before."""
    clears = earliest_clearing(gates)
    wanted = max(interval, clears - now) if clears is not None and clears > now else interval
    return max(timedelta(0), min(wanted, _LONGEST, end - now))


def _waiting(gates: Sequence[GateResult]) -> str:
    if not gates:
        return ""
    clears = earliest_clearing(gates)
    when = f" (at the earliest {clears.isoformat(timespec='seconds')})" if clears else ""
    return f"waiting for {', '.join(gate.key for gate in gates)}{when}: {gates[0].reason}"
