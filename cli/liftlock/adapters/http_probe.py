"""Asks an environment's URL as a user would."""

from __future__ import annotations

import time

import httpx


class HttpProbe:
    """Probe port over HTTP on the loopback address; the host name goes into the Host header."""

    def get(self, port: int, path: str, *, host: str, timeout: float) -> int:
        """The first status below 500 within the timeout, else the last one seen; 0 where nothing answered."""
        deadline = time.monotonic() + timeout
        status = 0
        with httpx.Client(timeout=5, trust_env=False) as client:
            while True:
                try:
                    status = client.get(f"http://127.0.0.1:{port}{path}", headers={"Host": f"{host}:{port}"}).status_code
                except httpx.HTTPError:
                    status = 0
                if 0 < status < 500 or time.monotonic() > deadline:
                    return status
                time.sleep(0.1)
