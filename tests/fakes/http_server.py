"""A small HTTP server on loopback for fakes of forges: JSON in and out, entity tags, and faults that a test asks for."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.listening import listening


@dataclass(frozen=True)
class Asked:
    """One request. path: without the query, decoded. url: the server's own address."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    url: str

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """Instead of what the server would say, so many times. said None: the connection is cut. done: whether the work was done before.

    slow: seconds that the server takes first.
    """

    line: str
    said: Said | None = None
    times: int = 1
    done: bool = False
    slow: float = 0


@dataclass
class LoopbackServer:
    """The server; asked: every request so far. public: the address that clients know, where something stands in between."""

    handle: Callable[[Asked], Said]
    url: str = ""
    public: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def lines(self) -> list[str]:
        return [asked.line for asked in self.asked]

    @property
    def writes(self) -> list[str]:
        return [line for line in self.lines if not line.startswith("GET ")]

    def answer(self, asked: Asked) -> Said | None:
        """What to send; None to cut the connection."""
        with self.lock:
            self.asked.append(asked)
            fault = next((fault for fault in self.faults if fault.times and re.search(fault.line, asked.line)), None)
            if fault is None:
                return tagged(asked, self.handle(asked))
            fault.times -= 1
            if fault.done:
                self.handle(asked)
        time.sleep(fault.slow)
        return fault.said


def tagged(asked: Asked, said: Said) -> Said:
    """With the entity tag of the body, and without the body where the client has it."""
    if asked.method != "GET" or said.status != 200:
        return said
    etag = f'W/"{hashlib.sha256(json.dumps([said.body, said.headers.get("link")]).encode()).hexdigest()[:24]}"'
    if asked.headers.get("if-none-match") == etag:
        return Said(304, None, {"etag": etag})
    return Said(200, said.body, {**said.headers, "etag": etag})


def page(
    asked: Asked,
    items: Sequence[Any],
    *,
    show: Callable[[Any], Any] = lambda item: item,
    wrap: Callable[[list[Any]], Any] = list,
    default: int = 30,
    most: int = 100,
) -> Said:
    """One page of the items, with a Link header to the next. show: an item as it is sent. wrap: the page as it is sent."""
    size = min(int(asked.query.get("per_page", default)), most)
    number = int(asked.query.get("page", 1))
    headers = {}
    if len(items) > number * size:
        following = urlencode({**asked.query, "page": number + 1})
        headers["link"] = f'<{asked.url}{asked.path}?{following}>; rel="next"'
    return Said(200, wrap([show(item) for item in items[(number - 1) * size : number * size]]), headers)


@contextmanager
def serving(handle: Callable[[Asked], Said]) -> Iterator[LoopbackServer]:
    """The server, while the block runs."""
    server = LoopbackServer(handle)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body in one packet

        def handle_request_of_client(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(content) if content else None
            asked = Asked(self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body, server.public or server.url)
            said = server.answer(asked)
            if said is None:
                self.close_connection = True
                return
            sent = b"" if said.body is None else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            if said.status not in (204, 304):
                self.send_header("content-type", "application/json; charset=utf-8")
                self.send_header("content-length", str(len(sent)))
            self.end_headers()
            if said.status not in (204, 304):
                self.wfile.write(sent)

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.handle_request_of_client)
    with listening(Handler) as host:
        server.url = f"http://{host}"
        yield server
