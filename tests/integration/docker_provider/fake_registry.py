"""A registry on loopback that serves one made-up image, or none: just enough of the distribution API for `docker pull`."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from tests.listening import listening

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True)
class Blob:
    """Content under its digest."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> dict[str, object]:
        return {"mediaType": self.media_type, "size": len(self.content), "digest": self.digest}


def tiny_blobs(word: str) -> tuple[Blob, Blob, Blob]:
    """Manifest, configuration and layer of an image that holds one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo("word")
        entry.size = len(word)
        tar.addfile(entry, io.BytesIO(word.encode()))
    layer = Blob(buffer.getvalue(), "application/vnd.docker.image.rootfs.diff.tar")
    rootfs = {"type": "layers", "diff_ids": [layer.digest]}
    told = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/word"]}, "rootfs": rootfs, "history": [{"created_by": "test"}]}
    config = Blob(json.dumps(told).encode(), "application/vnd.docker.container.image.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config.descriptor, "layers": [layer.descriptor]}
    return Blob(json.dumps(manifest).encode(), _MANIFEST), config, layer


@contextmanager
def registry(*blobs: Blob) -> Iterator[str]:
    """Serves the blobs; yields host:port. What it does not have is `manifest unknown`."""
    known = {blob.digest: blob for blob in blobs}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            digest = self.path.rsplit("/", 1)[-1]
            if self.path == "/v2/":
                self._answer(200, Blob(b"{}", "application/json"))
            elif digest in known:
                self._answer(200, known[digest])
            else:
                error = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
                self._answer(404, Blob(json.dumps(error).encode(), "application/json"))

        do_HEAD = do_GET  # noqa: N815  # http.server finds it by this name

        def _answer(self, status: int, blob: Blob) -> None:
            self.send_response(status)
            self.send_header("Content-Type", blob.media_type)
            self.send_header("Content-Length", str(len(blob.content)))
            self.send_header("Docker-Content-Digest", blob.digest)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(blob.content)

    with listening(Handler) as host:
        yield host
