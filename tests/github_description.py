"""GitHub's own description of its API, for tests that carry the marker `prism`.

prism stands between the adapter and the fake: it holds each request against the description before it passes it on, and each answer before
the adapter gets it. What does not fit is an error that names the place. So neither the adapter nor the fake can drift from GitHub's shapes.
Without the packages a test fails and says what to run, never skipped unseen.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from machine.places import GITHUB_API_FILE
from tests.fakes.http_server import LoopbackServer, Said, serving

_WAY_OUT = "fetch it: make github; or run these tests with: make forges"
_REPO = "/repos/{owner}/{repo}"
# Everything that the adapter may ask. prism answers 404 to all else, so a request that is missing here fails its test.
USED: Mapping[str, Sequence[str]] = {
    _REPO: ("get",),
    f"{_REPO}/pulls": ("get", "post"),
    f"{_REPO}/pulls/{{pull_number}}": ("get", "patch"),
    f"{_REPO}/pulls/{{pull_number}}/reviews": ("get", "post"),
    f"{_REPO}/pulls/{{pull_number}}/commits": ("get",),
    f"{_REPO}/pulls/{{pull_number}}/merge": ("put",),
    f"{_REPO}/issues/{{issue_number}}/comments": ("get", "post"),
    f"{_REPO}/git/refs/{{ref}}": ("delete",),
    f"{_REPO}/commits/{{ref}}/status": ("get",),
    f"{_REPO}/commits/{{ref}}/check-runs": ("get",),
    f"{_REPO}/statuses/{{sha}}": ("post",),
    f"{_REPO}/collaborators/{{username}}/permission": ("get",),
    f"{_REPO}/installation": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
}
# GraphQL has a description of its own; here it only has to come through.
_ANYTHING = {"application/json": {"schema": {"type": "object"}}}
_GRAPHQL = {"post": {"requestBody": {"content": _ANYTHING}, "responses": {"200": {"description": "GraphQL", "content": _ANYTHING}}}}
_VALIDATE = """
import { pathToFileURL } from 'node:url';
const { validate } = await import(pathToFileURL(process.argv[1] + '/node_modules/@octokit/graphql-schema/index.js'));
const found = JSON.parse(process.argv[2]).map(query => validate(query).map(String));
console.log(JSON.stringify(found));
"""


@dataclass(frozen=True)
class Described:
    """url: prism's address. behind: the server to which it passes requests on; a test gives it a fake to answer with."""

    url: str
    behind: LoopbackServer
    packages: Mapping[str, str]

    def query_errors(self, queries: Sequence[str]) -> list[list[str]]:
        """What GitHub's GraphQL schema has against each query."""
        command = [self.packages["node"], "--input-type=module", "-e", _VALIDATE, self.packages["packages"], json.dumps(queries)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        found: list[list[str]] = json.loads(done.stdout)
        return found


def cut(description: Mapping[str, Any], used: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The part of the description that these paths need, without examples: prism reads it in seconds instead of a minute."""
    kept: dict[str, Any] = {}
    paths = {path: {method: _plain(description["paths"][path][method]) for method in methods} for path, methods in used.items()}
    waiting = _references(paths)
    while waiting:
        reference = waiting.pop()
        if reference not in kept:
            kind, name = reference.removeprefix("#/components/").split("/")
            kept[reference] = _plain(description["components"][kind][name])
            waiting |= _references(kept[reference])
    components: dict[str, Any] = {}
    for reference, part in kept.items():
        kind, name = reference.removeprefix("#/components/").split("/")
        components.setdefault(kind, {})[name] = part
    head = {name: description[name] for name in ("openapi", "info")}
    return {**head, "paths": {**paths, "/graphql": _GRAPHQL}, "components": components}


@contextmanager
def running_prism(folder: Path) -> Iterator[Described]:
    """prism before a server that answers nothing yet."""
    packages = _packages()
    description = folder / "github.json"
    description.write_text(json.dumps(cut(json.loads(Path(packages["description"]).read_text()), USED)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(lambda _: Said(500)) as behind, (folder / "prism.log").open("w+") as log:
        command = [packages["node"], packages["prism"], "proxy", str(description), behind.url, "--errors", "--host", "127.0.0.1"]
        process = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=log, start_new_session=True)
        try:
            url = f"http://127.0.0.1:{port}"
            _await(process, url, Path(log.name))
            yield Described(url, behind, packages)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    ends = time.monotonic() + 120
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < ends and process.poll() is None:
            try:
                client.get(url)
                return
            except httpx.TransportError:
                time.sleep(0.1)
    raise AssertionError(f"prism did not start:\n{log.read_text()[-2000:]}")


def _packages() -> Mapping[str, str]:
    if not GITHUB_API_FILE.exists():
        pytest.fail(f"this test needs GitHub's own description of its API, and {GITHUB_API_FILE} is not there; {_WAY_OUT}", pytrace=False)
    named: dict[str, str] = json.loads(GITHUB_API_FILE.read_text())
    missing = [path for path in named.values() if not Path(path).exists()]
    if missing:
        pytest.fail(f"{GITHUB_API_FILE} names {missing[0]}, which is not there; {_WAY_OUT}", pytrace=False)
    return named


def _plain(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _plain(value) for name, value in part.items() if name not in ("example", "examples")}
    return [_plain(item) for item in part] if isinstance(part, list) else part


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in part.values()))
    return set().union(*(_references(item) for item in part)) if isinstance(part, list) else set()
