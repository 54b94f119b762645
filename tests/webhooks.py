"""A receiver of webhooks on loopback: what a forge posts there, as it came, so that its signature can be checked."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import listening


@dataclass(frozen=True)
class Delivery:
    """One request. headers: names in small letters. content: the body's bytes, which are what is signed."""

    headers: Mapping[str, str]
    content: bytes

    @property
    def event(self) -> str:
        return self.headers["x-gitea-event"]

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    def is_signed_with(self, secret: str) -> bool:
        """Whether it has both signatures, and both are made with this secret: Gitea's own and the one that GitHub's receivers read."""
        made = hmac.new(secret.encode(), self.content, hashlib.sha256).hexdigest()
        sent = (self.headers.get("x-gitea-signature", ""), self.headers.get("x-hub-signature-256", "").removeprefix("sha256="))
        return all(hmac.compare_digest(made, one) for one in sent)


@dataclass
class Receiver:
    """What came so far, oldest first, in `came`."""

    url: str = ""
    came: queue.Queue[Delivery] = field(default_factory=queue.Queue)

    def wait(self, wanted: Callable[[Delivery], bool], seconds: float = 60) -> Delivery:
        """The next delivery that is wanted; others are passed over. queue.Empty where none comes."""
        while True:
            found = self.came.get(timeout=seconds)
            if wanted(found):
                return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """The receiver, while the block runs."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            receiver.came.put(Delivery({name.lower(): value for name, value in self.headers.items()}, content))
            self.send_response(204)
            self.end_headers()

    with listening(Handler) as host:
        receiver.url = f"http://{host}/hook"
        yield receiver
