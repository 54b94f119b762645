"""Deletes in parallel, each as soon as everything that depends on it is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from liftlock_engine.steps import Step


def blockers_of(steps: Sequence[Step]) -> dict[int, set[int]]:
    """For each step, the ones that must come before it: those of the resources that need its resource. By place in `steps`.

    steps: in an order that works one by one (the reverse of the state's). A step waits only for earlier ones: where a URN means two
    objects, a superseded one and its successor, that tells which of them is needed.
    """
    by_urn: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        by_urn.setdefault(step.urn, []).append(place)
    blockers: dict[int, set[int]] = {place: set() for place in range(len(steps))}
    for place, step in enumerate(steps):
        for urn in step.old.needs if step.old is not None else ():
            for needed in by_urn.get(urn, ()):
                if place < needed:
                    blockers[needed].add(place)
    return blockers


def run_in_order(
    steps: Sequence[Step], do: Callable[[Step], bool], *, parallel: int, idle: Callable[[], None] = lambda: None
) -> tuple[Step, ...]:
    """Does the steps, dependents first; gives back those that were never tried, because one before them failed.

    do: whether the step succeeded; must not raise. idle: called a few times per second from this thread.
    """
    if not steps:
        return ()
    waiting = blockers_of(steps)
    running: dict[Future[bool], int] = {}
    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="delete") as pool:
        while True:
            for place in [place for place, blockers in waiting.items() if not blockers]:
                del waiting[place]
                running[pool.submit(do, steps[place])] = place
            if not running:
                return tuple(steps[place] for place in waiting)
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            idle()
            for future in done:
                place = running.pop(future)
                if future.result():
                    for blockers in waiting.values():
                        blockers.discard(place)
