"""Docker's own time for what the program of the engines' benchmark is made of: the calls alone, one after the other or as many at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from docker import APIClient

from benchmarks.docker_floor import client


@dataclass(frozen=True, slots=True)
class Mix:
    """How many of each kind a program declares."""

    networks: int
    volumes: int
    containers: int

    @property
    def total(self) -> int:
        """All resources of the program, as `5` in `5 resources`."""
        return self.networks + self.volumes + self.containers

    def __str__(self) -> str:
        return f"{self.networks},{self.volumes},{self.containers}"


class Floor:
    """Makes and removes the objects of a mix by hand. parallel: how many calls are under way at the same time."""

    def __init__(self, mix: Mix, image: str, prefix: str, labels: Mapping[str, str], parallel: int) -> None:
        self._mix, self._image, self._prefix, self._labels = mix, image, prefix, dict(labels)
        self._api: APIClient = client()
        self._pool = ThreadPoolExecutor(max_workers=parallel)

    def close(self) -> None:
        """Ends the connection."""
        self._pool.shutdown()
        self._api.close()

    def seconds(self) -> dict[str, float]:
        """Seconds by operation: first up, one change, refresh, destroy. A run without a change or a preview needs no call at all."""
        return {
            "first up": _timed(self._create),
            "refresh": _timed(self._look),
            "one change": _timed(self._replace_one),
            "destroy": _timed(self._destroy),
        }

    def _create(self) -> None:
        self._all((self._network, self._mix.networks), (self._volume, self._mix.volumes))
        self._all((self._container, self._mix.containers))

    def _replace_one(self) -> None:
        self._remove_container(0)
        self._container(0)

    def _look(self) -> None:
        self._all(
            (lambda number: self._api.inspect_network(self._name(number)), self._mix.networks),
            (lambda number: self._api.inspect_volume(self._name(number)), self._mix.volumes),
            (lambda number: self._api.inspect_container(self._name(number)), self._mix.containers),
        )

    def _destroy(self) -> None:
        self._all((self._remove_container, self._mix.containers))
        self._all(
            (lambda number: self._api.remove_network(self._name(number)), self._mix.networks),
            (lambda number: self._api.remove_volume(self._name(number)), self._mix.volumes),
        )

    def _all(self, *work: tuple[Callable[[int], object], int]) -> None:
        calls: Iterable[tuple[Callable[[int], object], int]] = [(call, number) for call, count in work for number in range(count)]
        for _ in self._pool.map(lambda item: item[0](item[1]), calls):
            pass

    def _name(self, number: int) -> str:
        return f"{self._prefix}-{number}"

    def _network(self, number: int) -> None:
        self._api.create_network(self._name(number), labels=self._labels, check_duplicate=True)

    def _volume(self, number: int) -> None:
        self._api.create_volume(self._name(number), labels=self._labels)

    def _container(self, number: int) -> None:
        network = self._name(number % self._mix.networks)
        made = self._api.create_container(
            image=self._image,
            name=self._name(number),
            environment=["RELEASE=first"],
            labels=self._labels,
            host_config=self._api.create_host_config(binds=[f"{self._name(number % self._mix.volumes)}:/data"], network_mode=network),
        )
        self._api.start(made["Id"])

    def _remove_container(self, number: int) -> None:
        self._api.remove_container(self._name(number), force=True, v=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
