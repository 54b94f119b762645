"""The way to the Docker daemon: one shared client, and its errors said once in the provider's words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.utils
import requests.exceptions
from docker.errors import APIError, DockerException
from docker.transport import UnixHTTPAdapter

from liftlock_engine.providers.docker.local_socket import ADDRESS, OnePoolAdapter, knock
from liftlock_engine.providers.port import ProviderError, UnreachableError

_POOL = 64  # one connection for each thread of a deployment
_ANSWER_SECONDS = 60


class MissingError(ProviderError):
    """The object is not there."""


class ConflictError(ProviderError):
    """The name is taken."""


class Connection:
    """A lazily opened client of Docker's API, for many threads; and the switch that ends waiting."""

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url
        self._lock = threading.Lock()
        self._client: docker.APIClient | None = None
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
        try:
            yield self._open()
        except APIError as err:
            raise _translated(err, doing) from err
        except requests.exceptions.ReadTimeout as err:
            raise UnreachableError(f"the Docker daemon did not answer in time while {doing}; is the machine overloaded?") from err
        except (requests.exceptions.RequestException, DockerException, OSError) as err:
            raise self._unreachable(doing, err) from err

    def _open(self) -> docker.APIClient:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> docker.APIClient:
        where: dict[str, Any] = {"base_url": self._base_url} if self._base_url else {**docker.utils.kwargs_from_env()}
        kind, _, path = docker.utils.parse_host(where.get("base_url")).partition("://")
        if kind == "http+unix":
            knock(path, _ANSWER_SECONDS)
        client = docker.APIClient(version="auto", timeout=_ANSWER_SECONDS, max_pool_size=_POOL, **where)
        adapter = client.get_adapter(client.base_url)
        if isinstance(adapter, UnixHTTPAdapter):
            client.mount(ADDRESS, OnePoolAdapter(adapter.socket_path, _ANSWER_SECONDS, _POOL))
            adapter.close()
        return client

    def _unreachable(self, doing: str, err: Exception) -> UnreachableError:
        where = self._base_url or docker.utils.kwargs_from_env().get("base_url") or "its default socket"
        return UnreachableError(
            f"the Docker daemon at {where} does not answer while {doing}; start it, or set DOCKER_HOST to the one to use ({err})"
        )


def said_by(err: BaseException) -> str:
    """Docker's own explanation inside an error of ours."""
    cause = err.__cause__
    return str(cause.explanation or cause) if isinstance(cause, APIError) else str(err)


def _translated(err: APIError, doing: str) -> ProviderError:
    text = f"{doing}: {err.explanation or err}"
    match err.status_code:
        case 404:
            return MissingError(text)
        case 409:
            return ConflictError(text)
        case _:
            return ProviderError(text)
