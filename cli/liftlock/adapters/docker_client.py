"""One way to reach Docker: DOCKER_HOST, else the current context, else the default socket; vendor errors wrapped once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker import APIClient
from docker.context import ContextAPI
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from liftlock.core.errors import LiftlockError, UnavailableError

HINT = "start Docker (Debian: systemctl start docker), then run the same command again; liftlock doctor tells more"
ROOM = "liftlock data snapshot prune --keep 1 makes room (docker system df shows what takes it); then run the same command again"
DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"


def docker_endpoint() -> str | None:
    """Where the Docker engine listens, as docker's own command line would decide; None for the default socket."""
    environment = kwargs_from_env()
    if "base_url" in environment:
        return str(environment["base_url"])
    context = ContextAPI.get_current_context()
    return str(context.Host) if context is not None and context.Host else None


def connect(timeout: float = 60) -> APIClient:
    """A client of the Docker engine; UnavailableError where none answers."""
    with wrapped():
        tls = kwargs_from_env().get("tls", False)
        client = docker.APIClient(base_url=docker_endpoint(), timeout=int(timeout), tls=tls, version="auto")
        client.ping()
        return client


@contextmanager
def wrapped() -> Iterator[None]:
    """Turns the client's errors into ours."""
    try:
        yield
    except APIError as err:
        if "no space left on device" in str(err.explanation or err).lower():
            raise LiftlockError("there is no room left where Docker keeps its volumes", hint=ROOM) from err
        raise LiftlockError(f"Docker refused: {err.explanation or err}") from err
    except (DockerException, RequestException) as err:
        raise UnavailableError("the Docker engine does not answer", hint=HINT) from err
