"""A socket in front of Docker's, for tests of what happens when the engine goes away, or has no room."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from pathlib import Path

_NEW_VOLUME = re.compile(rb"POST \S*/volumes/create ")


class Gateway:
    """A socket in front of Docker's that can be cut while calls are under way.

    disk: the size of every volume that is made through it, such as 8m; they lie in memory then, and are lost when nobody uses them.
    """

    def __init__(self, path: Path, disk: str = "") -> None:
        self.path = path
        self._disk = disk
        self._calls: list[socket.socket] = []
        self._open = True
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.path}"

    def cut(self) -> None:
        self._open = False
        self._server.close()
        self.path.unlink(missing_ok=True)
        for call in self._calls:
            call.close()

    def _serve(self) -> None:
        while self._open:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect("/var/run/docker.sock" if "DOCKER_HOST" not in os.environ else os.environ["DOCKER_HOST"].removeprefix("unix://"))
            self._calls += [near, far]
            for one, other, disk in ((near, far, self._disk), (far, near, "")):
                threading.Thread(target=_pump, args=(one, other, disk), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket, disk: str) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(_on_a_small_disk(source, data, disk) if disk and _NEW_VOLUME.match(data) else data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _on_a_small_disk(source: socket.socket, data: bytes, disk: str) -> bytes:
    """The same request, of a volume in memory."""
    while b"\r\n\r\n" not in data:
        data += source.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += source.recv(65536)
    asked = json.loads(body) | {"Driver": "local", "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": f"size={disk}"}}
    body = json.dumps(asked).encode()
    head = re.sub(rb"(?i)content-length: *\d+", b"Content-Length: %d" % len(body), head)
    return head + b"\r\n\r\n" + body
