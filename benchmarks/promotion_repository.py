"""An environments repository of any size to measure promotions on: its forge, a ledger, open pull requests, and a registry's answers."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

from liftlock.adapters.committed_config import known_here
from liftlock.adapters.forges.local_events import Opened, encode_events
from liftlock.adapters.ledger import GitLedger
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.ports import Identity
from liftlock.core.proposal import ProposalKind, ReleaseEdit, branch_name
from liftlock.core.release import ReleasedImage, release_id
from liftlock.core.release_edit import edit_release

ADA = Identity("Ada", "ada@big.example")
ENVIRONMENTS = ("dev", "qa", "staging", "prod")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 50  # texts in memory: what a process is measured with counts what its parent held
_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone of the forge. texts: its files; services: their names; host: the registry's."""

    clone: Path
    forge: Path
    services: tuple[str, ...]
    texts: dict[str, str]
    host: str


def make_repository(folder: Path, services: int, records: int, host: str) -> Repository:
    """A pipeline of four environments; one service in twenty is newer in dev, where all of it is proved, and in the ledger."""
    names = tuple(f"svc-{number:05d}" for number in range(services))
    texts = {"liftlock.yaml": _settings(names, host), "environments/base.yaml": _layer("", names[::2], "memory: 128MiB")}
    for number, environment in enumerate(ENVIRONMENTS):
        head = f"extends: base\nport: {18001 + number}\n"
        texts[f"environments/{environment}.yaml"] = _layer(head, names[::10], f"env: {{LOG_LEVEL: {environment}}}")
        texts[f"releases/{environment}.yaml"] = edit_release(None, _images(names, host, newer=environment == "dev"))
    forge, clone = folder / "forge.git", folder / "clone"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(forge))
    fast_import(forge, _commit("refs/heads/main", 1, texts, "Begin"))
    git(folder, "clone", "--quiet", str(forge), str(clone))
    for key, value in (("user.name", ADA.name), ("user.email", ADA.email), ("gc.auto", "0")):
        git(clone, "config", key, value)
    made = Repository(clone, forge, names, texts, host)
    _write_ledger(made, records)
    return made


def add_pull_requests(made: Repository, target: str, number: int) -> None:
    """So many open promotions into the target, each of one service: as liftlock opens them, but for the words."""
    path = f"releases/{target}.yaml"
    base = git(made.forge, "rev-parse", "main")
    for start in range(0, min(number, len(made.services)), _AT_ONCE):
        lines = []
        for i, name in enumerate(made.services[start : min(number, start + _AT_ONCE)]):
            images = {name: _released(name, made.host, "v3")}
            branch = branch_name(ProposalKind.PROMOTE, target, [ReleaseEdit(target, images)])
            lines.append(_commit(f"refs/heads/{branch}", i + 1, {path: edit_release(made.texts[path], images)}, f"Promote {name}", base))
        fast_import(made.forge, "".join(lines))
    events = []
    for i, (branch, commit) in enumerate(sorted(_branches(made.forge, target).items())):
        event = Opened(ADA, _BEGAN, f"Promote {i}", "", branch, "main", commit)
        ref = f"refs/liftlock/pulls/{1000 + i}"
        events.append(_commit(ref, i + 1, {"events.json": encode_events((event,))}, "opened", commit))
    fast_import(made.forge, "".join(events))


def manifest(name: str, version: str) -> bytes:
    """What the registry has of one version of a service."""
    annotations = {_REVISION: hashlib.sha256(f"{name} {version}".encode()).hexdigest()[:40]}
    return json.dumps({"schemaVersion": 2, "annotations": annotations}).encode()


@contextmanager
def registry(services: int) -> Iterator[str]:
    """The host of a registry that has every version of every service."""
    known = {_digest(content): content for n in range(services) for v in ("v1", "v2") for content in [manifest(f"svc-{n:05d}", v)]}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = known.get(self.path.rpartition("/")[2], b"{}")
            self.send_response(200 if content != b"{}" else 404)
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
            self.send_header("Docker-Content-Digest", _digest(content))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def git(folder: Path, *arguments: str, given: str | None = None) -> str:
    """What Git says."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], input=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def fast_import(forge: Path, commands: str) -> None:
    """Many commits by one process."""
    git(forge, "fast-import", "--quiet", "--force", given=commands)


def _settings(names: Sequence[str], host: str) -> str:
    router = f"{host}/liftlock/router@sha256:{'f' * 64}"
    lines = ["version: 1", "project: big", f"registry: {host}", "forge: {kind: local, url: ../forge.git, base: main}"]
    lines += ["router:", f"  image: {router}", "services:"]
    for number, name in enumerate(names):
        lines += [f"  {name}:", f"    repository: big/{name}", "    port: 8000", "    health: {path: /healthz, interval: 1s, timeout: 2s}"]
        lines += ["    env: {LOG_LEVEL: info, WORKERS: 2}", f'    secrets: {{TOKEN: "env:TOKEN_{number}"}}']
    lines += ["pipeline:", "  - {environment: dev}"]
    lines += [f"  - {{environment: {after}, from: [{before}], gates: {{approvals: 1}}}}" for before, after in pairwise(ENVIRONMENTS)]
    return "\n".join(lines) + "\n"


def _layer(head: str, names: Sequence[str], line: str) -> str:
    return head + "services:\n" + "".join(f"  {name}:\n    {line}\n" for name in names)


def _images(names: Sequence[str], host: str, *, newer: bool) -> dict[str, ReleasedImage]:
    return {name: _released(name, host, "v2" if newer and number % 20 == 0 else "v1") for number, name in enumerate(names)}


def _released(name: str, host: str, version: str) -> ReleasedImage:
    content = manifest(name, version)
    revision = json.loads(content)["annotations"][_REVISION]
    return ReleasedImage(ImageRef.parse(f"{host}/big/{name}@{_digest(content)}"), version, revision)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _write_ledger(made: Repository, records: int) -> None:
    """Small facts for the most part; the last ones say that every environment is proved as it is declared."""
    found = known_here(made.clone)
    entries = [_small(made, number) for number in range(records - 2 * len(ENVIRONMENTS))]
    for environment in ENVIRONMENTS:
        images = {name: new.image for name, new in _images(made.services, made.host, newer=environment == "dev").items()}
        known = found.fingerprints[environment]
        listed: dict[str, Json] = {name: str(image) for name, image in images.items()}
        details: dict[str, Json] = {"services": listed, "config": known.config, "data": known.data, "common": known.common, "dirty": False}
        release = release_id(images, known.config, known.data)
        at = _BEGAN + timedelta(minutes=records)
        entries += [Entry(fact, environment, str(ADA), at, release, details) for fact in (Fact.DEPLOYED, Fact.VERIFIED)]
    ledger = GitLedger(made.clone)
    for start in range(0, len(entries), 100):
        ledger.append(entries[start : start + 100])


def _small(made: Repository, number: int) -> Entry:
    facts = (Fact.RECORDED, Fact.PROMOTION_OPENED, Fact.APPROVED, Fact.PROMOTED)
    name = made.services[number % len(made.services)]
    details: dict[str, Json] = {"services": {name: str(_released(name, made.host, "v0").image)}, "pull": number}
    return Entry(facts[number % 4], ENVIRONMENTS[number % 4], str(ADA), _BEGAN + timedelta(minutes=number), None, details)


def _branches(forge: Path, target: str) -> dict[str, str]:
    lines = git(forge, "for-each-ref", "--format=%(refname) %(objectname)", f"refs/heads/liftlock/promote-{target}-*").splitlines()
    return {ref.removeprefix("refs/heads/"): commit for ref, _, commit in (line.partition(" ") for line in lines)}


def _commit(ref: str, mark: int, texts: dict[str, str], message: str, parent: str | None = None) -> str:
    """One commit in the language of git fast-import."""
    lines, files = [], []
    for offset, (path, text) in enumerate(texts.items()):
        size = len(text.encode())
        lines.append(f"blob\nmark :{1_000_000 + mark * 20 + offset}\ndata {size}\n{text}\n")
        files.append(f"M 100644 :{1_000_000 + mark * 20 + offset} {path}\n")
    who = f"{ADA.name} <{ADA.email}> {int(_BEGAN.timestamp())} +0000"
    lines.append(f"commit {ref}\nmark :{mark}\nauthor {who}\ncommitter {who}\ndata {len(message.encode())}\n{message}\n")
    lines += [f"from {parent}\n"] if parent else []
    return "".join([*lines, *files, "\n"])
