"""A loopback HTTP server that answers from a script and notes what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.listening import listening


@dataclass(frozen=True)
class Reply:
    """status 0: the connection is cut without a word."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Scripted:
    """replies: one after the other; the last one goes on for ever."""

    url: str
    replies: list[Reply]
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def lines(self) -> Sequence[str]:
        return [f"{method} {path}" for method, path, _, _ in self.asked]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    """The server, while the block runs."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            with lock:
                world.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, content))
                reply = world.replies.pop(0) if len(world.replies) > 1 else world.replies[0]
            if reply.status == 0:
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value.replace("{url}", world.url))
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with listening(Handler) as host:
        world = Scripted(f"http://{host}", list(replies))
        yield world
