"""Docker's own client: how it is set up, and its errors said once in the provider's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests.exceptions
from docker import APIClient
from docker.errors import APIError, DockerException
from docker.transport import UnixHTTPAdapter
from docker.utils import kwargs_from_env, parse_host

from liftlock_engine.providers.docker.connection import ConflictError, MissingError
from liftlock_engine.providers.docker.local_socket import ADDRESS, OnePoolAdapter, knock
from liftlock_engine.providers.port import ProviderError, UnreachableError

_POOL = 64  # one connection for each thread of a deployment
_ANSWER_SECONDS = 60


def connect(base_url: str | None) -> APIClient:
    """A client of that address, of the environment's where there is none."""
    where: dict[str, Any] = {"base_url": base_url} if base_url else {**kwargs_from_env()}
    kind, _, path = parse_host(where.get("base_url")).partition("://")
    if kind == "http+unix":
        knock(path, _ANSWER_SECONDS)
    client = APIClient(version="auto", timeout=_ANSWER_SECONDS, max_pool_size=_POOL, **where)
    adapter = client.get_adapter(client.base_url)
    if isinstance(adapter, UnixHTTPAdapter):
        client.trust_env = False  # else each call looks for a proxy and a .netrc, a third of its time
        client.mount(ADDRESS, OnePoolAdapter(adapter.socket_path, _ANSWER_SECONDS, _POOL))
        adapter.close()
    return client


@contextmanager
def translated(doing: str, base_url: str | None) -> Iterator[None]:
    """What the client raises inside comes out as a ProviderError that says what was being done."""
    try:
        yield
    except APIError as err:
        raise _answered(err, doing) from err
    except requests.exceptions.ReadTimeout as err:
        raise UnreachableError(f"the Docker daemon did not answer in time while {doing}; is the machine overloaded?") from err
    except (requests.exceptions.RequestException, DockerException, OSError) as err:
        where = base_url or kwargs_from_env().get("base_url") or "its default socket"
        raise UnreachableError(
            f"the Docker daemon at {where} does not answer while {doing}; start it, or set DOCKER_HOST to the one to use ({err})"
        ) from err


def _answered(err: APIError, doing: str) -> ProviderError:
    text = f"{doing}: {err.explanation or err}"
    match err.status_code:
        case 404:
            return MissingError(text)
        case 409:
            return ConflictError(text)
        case _:
            return ProviderError(text)
