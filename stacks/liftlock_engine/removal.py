"""Deletes in parallel, each as soon as everything that depends on it is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from liftlock_engine.model import ResourceState
from liftlock_engine.steps import Op, Step
from liftlock_engine.urns import is_provider


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
        for urn in step.recorded.needs:
            for needed in by_urn.get(urn, ()):
                if place < needed:
                    blockers[needed].add(place)
    hosts = hosts_of(steps)
    for place, host in hosts.items():
        blockers[host].add(place)
        for provider in by_urn.get(steps[place].recorded.provider_urn, ()):
            ends = hosts.get(provider, provider)
            if host < ends:
                blockers[ends].add(host)
    return blockers


def hosts_of(steps: Sequence[Step]) -> dict[int, int]:
    """By place: the step whose object takes this one's along (`deleted_with`), where that one is really removed.

    A host that is kept or protected stays, and so would what is in it: then each is removed by itself. What is left to a host is on
    record until that is gone, and so must its provider be: where its own turn would come earlier, it is left to that host, too.
    """
    going = {step.urn: place for place, step in enumerate(steps) if step.op is Op.DELETE and _goes(step.recorded)}
    hosts: dict[int, int] = {}
    for place in reversed(range(len(steps))):
        host = going.get(steps[place].recorded.deleted_with, place)
        if place < host:
            hosts[place] = hosts.get(host, host)
    for place, step in enumerate(steps):
        if is_provider(step.type):
            guests = (guest for guest in hosts if steps[guest].recorded.provider_urn == step.urn)
            ends = max((place, *(hosts[guest] for guest in guests)))
            if place < ends:
                hosts[place] = ends
    return hosts


def _goes(state: ResourceState) -> bool:
    return state.managed and not state.protect and not state.retain_on_delete


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
