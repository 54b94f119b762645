"""Docker's local socket for many threads: one pool of connections, and none left open where nobody answers.

docker-py keeps a pool for each address it was asked for and closes the oldest of them under the threads that are about to use it; and it
forgets a socket whose connect fails.
"""

from __future__ import annotations

import socket
from typing import Any

from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool

ADDRESS = "http+docker://"


def knock(path: str, timeout: float) -> None:
    """Raises OSError where nobody listens."""
    _open(path, timeout).close()


def _open(path: str, timeout: float) -> socket.socket:
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    opened.settimeout(timeout)
    try:
        opened.connect(path if path.startswith("/") else f"/{path}")
    except OSError:
        opened.close()
        raise
    return opened


class _Connection(UnixHTTPConnection):
    def connect(self) -> None:
        self.sock = _open(self.unix_socket, self.timeout)


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        described: Any = self.timeout  # seconds; the type stubs have urllib3's own class here
        return _Connection(ADDRESS, self.socket_path, described)


class OnePoolAdapter(UnixHTTPAdapter):
    """All calls over one pool."""

    def __init__(self, path: str, timeout: int, size: int) -> None:
        super().__init__(path, timeout, pool_connections=1, max_pool_size=size)
        self.pools[ADDRESS] = _Pool(ADDRESS, self.socket_path, timeout, maxsize=size)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        """The one pool, whatever is asked for."""
        return self.pools[ADDRESS]
