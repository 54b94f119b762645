"""A real registry for tests, in a container of its own, and images pushed to it as bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import httpx

from tests.listening import listening
from tests.waiting import eventually

_IMAGE = "liftlock/registry"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_PATIENCE = 60.0  # seconds: a registry on a busy machine may take longer than the client's own five
REVISION = "org.opencontainers.image.revision"
_EMPTY = "application/vnd.oci.empty.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class RunningRegistry:
    """host: `127.0.0.1:<port>`."""

    host: str

    def push(self, name: str, tag: str, *, labels: dict[str, str], indexed: bool = False) -> str:
        """A small image with these labels, perhaps behind an index, under the tag; the digest that the tag names."""
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": labels}}).encode()
        described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": self._blob(name, config), "size": len(config)}
        body: dict[str, object] = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": []}
        if not indexed:
            return self._manifest(name, tag, body)
        inner = self._manifest(name, f"{tag}-amd64", body)
        size = len(json.dumps(body).encode())
        entry = {"mediaType": _MANIFEST, "digest": inner, "size": size, "platform": {"os": "linux", "architecture": "amd64"}}
        return self._manifest(name, tag, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]})

    def tag_with(self, name: str, tag: str, layers: list[tuple[bytes, str, dict[str, str]]]) -> None:
        """What cosign keeps under a tag beside an image: layers of (content, media type, annotations)."""
        self._manifest(name, tag, self._artifact(name, layers))

    def refer(self, name: str, image: str, bundle: bytes, *, predicate: str) -> None:
        """A sigstore bundle that refers to the image; listed under the fallback tag, as cosign does for a registry without referrers."""
        subject = {"mediaType": _MANIFEST, "digest": image, "size": 1}
        said = {"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": predicate}
        body = self._artifact(name, [(bundle, _BUNDLE, {})]) | {"artifactType": _BUNDLE, "subject": subject, "annotations": said}
        data = json.dumps(body).encode()
        digest = self._manifest(name, "sha256:" + hashlib.sha256(data).hexdigest(), body)
        tag = image.replace(":", "-")
        listed = httpx.get(f"http://{self.host}/v2/{name}/manifests/{tag}", headers={"Accept": _INDEX}, timeout=_PATIENCE)
        entries = listed.json()["manifests"] if listed.status_code == httpx.codes.OK else []
        entry = {"mediaType": _MANIFEST, "digest": digest, "size": len(data), "artifactType": _EMPTY}
        self._manifest(name, tag, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [*entries, entry]})

    def _artifact(self, name: str, layers: list[tuple[bytes, str, dict[str, str]]]) -> dict[str, object]:
        described = [
            {"mediaType": kind, "digest": self._blob(name, content), "size": len(content), "annotations": said}
            for content, kind, said in layers
        ]
        config = {"mediaType": _EMPTY, "digest": self._blob(name, b"{}"), "size": 2}
        return {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": described}

    def _blob(self, name: str, data: bytes) -> str:
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        begun = httpx.post(f"http://{self.host}/v2/{name}/blobs/uploads/", timeout=_PATIENCE)
        where = httpx.URL(begun.headers["location"]).copy_merge_params({"digest": digest})
        httpx.put(where, content=data, headers={"Content-Type": "application/octet-stream"}, timeout=_PATIENCE).raise_for_status()
        return digest

    def _manifest(self, name: str, tag: str, body: dict[str, object]) -> str:
        data = json.dumps(body).encode()
        url = f"http://{self.host}/v2/{name}/manifests/{tag}"
        httpx.put(url, content=data, headers={"Content-Type": str(body["mediaType"])}, timeout=_PATIENCE).raise_for_status()
        return "sha256:" + hashlib.sha256(data).hexdigest()


def registry_image() -> str | None:
    """The registry's image on this machine; None where there is no Docker or no such image."""
    found = _docker("images", "--format", "{{.Repository}}:{{.Tag}}", _IMAGE)
    return found.splitlines()[0] if found else None


@contextmanager
def run_registry(image: str) -> Iterator[RunningRegistry]:
    """A fresh, empty registry on a loopback port; removed at the end."""
    name = f"liftlock-test-registry-{uuid.uuid4().hex[:8]}"
    _docker("run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::5000", image)
    try:
        host = _docker("port", name, "5000/tcp").splitlines()[0]
        eventually(lambda: _answers(host))
        yield RunningRegistry(host)
    finally:
        _docker("rm", "--force", "--volumes", name)


def _answers(host: str) -> bool:
    try:
        return httpx.get(f"http://{host}/v2/").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


@contextmanager
def serving(answer: Callable[[str, str | None, str], Answer]) -> Iterator[str]:
    """A server on the loopback address; answer: (path, Authorization, own host) -> status, headers, body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path, self.headers.get("Authorization"), host)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as host:
        yield host


@contextmanager
def serving_tags(tags: dict[str, str]) -> Iterator[str]:
    """A registry that has `name:tag` -> source commit, also by digest, and nothing else. Changing the mapping changes what it has."""

    def answer(path: str, authorization: str | None, host: str) -> Answer:
        name, _, reference = path.removeprefix("/v2/").partition("/manifests/")
        for tag, commit in tags.items():
            body = json.dumps({"schemaVersion": 2, "annotations": {REVISION: commit, "name": tag}}).encode()
            if f"{name}:{reference}" == tag or (tag.startswith(f"{name}:") and reference == "sha256:" + hashlib.sha256(body).hexdigest()):
                return 200, {"Content-Type": _MANIFEST}, body
        return 404, {}, b"{}"

    with serving(answer) as host:
        yield host


def _docker(*arguments: str) -> str:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
