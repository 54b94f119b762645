"""The way to the Docker daemon: one shared client for many threads, opened where it is first needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from liftlock_engine.providers.port import ProviderError

if TYPE_CHECKING:
    from docker import APIClient


class MissingError(ProviderError):
    """The object is not there."""


class ConflictError(ProviderError):
    """The name is taken."""


class Connection:
    """A lazily opened client of Docker's API, for many threads; and the switch that ends waiting."""

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url
        self._lock = threading.Lock()
        self._client: APIClient | None = None
        self._cancelled = threading.Event()

    def close(self) -> None:
        """Gives the sockets back."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def cancel(self) -> None:
        """Makes every wait raise."""
        self._cancelled.set()

    def pause(self, seconds: float, doing: str) -> None:
        """Waits between two looks; raises once cancelled."""
        if self._cancelled.wait(seconds):
            raise ProviderError(f"cancelled while {doing}")

    def looks(self, doing: str, until: float) -> Iterator[float]:
        """Yields the seconds since the start, 20 ms apart at first, 100 ms later, until `until` (monotonic) has passed."""
        start = time.monotonic()
        while True:
            now = time.monotonic()
            yield now - start
            if now >= until:
                return
            self.pause(min(0.1, 0.02 + (now - start) / 50), doing)

    @contextmanager
    def api(self, doing: str) -> Iterator[Any]:
        """The client; what Docker raises inside comes out as a ProviderError that says what was being done."""
        from liftlock_engine.providers.docker.client import translated  # noqa: PLC0415 - as in _open

        with translated(doing, self._base_url):
            yield self._open()

    def _open(self) -> APIClient:
        # The client takes a tenth of a second to load; a run that changes nothing asks Docker nothing.
        from liftlock_engine.providers.docker.client import connect  # noqa: PLC0415

        with self._lock:
            if self._client is None:
                self._client = connect(self._base_url)
            return self._client


def said_by(err: BaseException) -> str:
    """Docker's own explanation inside an error of ours."""
    from docker.errors import APIError  # noqa: PLC0415 - see Connection._open

    cause = err.__cause__
    return str(cause.explanation or cause) if isinstance(cause, APIError) else str(err)
