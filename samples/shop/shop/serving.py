"""A small HTTP server that starts at once, answers side by side, and on SIGTERM finishes what it is doing."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_FINISH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with."""

    status: int
    body: str
    kind: str = "application/json"


Handler = Callable[[], Reply]


def json_reply(value: Any, status: int = 200) -> Reply:
    """A value as JSON."""
    return Reply(status, json.dumps(value) + "\n")


class Server(ThreadingHTTPServer):
    """Answers GET by path; counts the requests it is busy with."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, routes: Mapping[str, Handler]) -> None:
        super().__init__(("", port), _Request)
        self.routes = routes
        self.busy = 0
        self.lock = threading.Lock()

    def answer(self, path: str) -> Reply:
        """What the path's handler says; 404 where there is none, 500 where it fails."""
        handler = self.routes.get(path.partition("?")[0])
        if handler is None:
            return json_reply({"error": "not found"}, 404)
        with self.lock:
            self.busy += 1
        try:
            return handler()
        except Exception as err:  # noqa: BLE001 - one failed request must not end the service
            sys.stderr.write(f"{path}: {type(err).__name__}\n")
            return json_reply({"error": "internal error"}, 500)
        finally:
            with self.lock:
                self.busy -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature is Python's
        """A caller that went away is no fault of ours; anything else is said in one line."""
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            sys.stderr.write(f"{type(error).__name__}: {error}\n")

    def serve_until_told(self) -> None:
        """Serves until SIGTERM or SIGINT, then takes no more and lets what is under way finish."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=self.shutdown).start())
        self.serve_forever(poll_interval=0.05)
        self.socket.close()
        deadline = time.monotonic() + _FINISH_SECONDS
        while self.busy and time.monotonic() < deadline:
            time.sleep(0.01)


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        reply = self.server.answer(self.path)
        body = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", f"{reply.kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only failures are worth a line: a health check asks every second."""
        if isinstance(code, int) and code >= 500:
            sys.stderr.write(f"{self.command} {self.path} {code}\n")
        del size
