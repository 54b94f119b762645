"""Asks an environment's URL as a user would."""

from __future__ import annotations

import http.client
import time


class HttpProbe:
    """Probe port over HTTP on the loopback address; the host name goes into the Host header. Redirects are answers, not followed."""

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        """The first status below 500 within the timeout, else the last one seen; 0 where nothing answered."""
        deadline = time.monotonic() + timeout
        while True:
            status = _ask(port, path, f"{host}:{port}")
            if 0 < status < 500 or time.monotonic() > deadline:
                return status
            time.sleep(0.1)


def _ask(port: int, path: str, host: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
