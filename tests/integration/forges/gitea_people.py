"""People at a terminal: each in a clone of their own of one environments repository on a real Gitea, with a token of their own.

The clones have no credentials: liftlock's own token lets Git in. The commands run as processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from liftlock.adapters.ledger import GitLedger
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.release_file import parse_release
from tests.config_repository import FILES, REGISTRY
from tests.fakes.http_server import Asked, LoopbackServer, Said, serving
from tests.git_repositories import commit_here, git
from tests.gitea_server import Gitea, GiteaRepository
from tests.registries import serving_tags

_LIFTLOCK = Path(sys.executable).parent / "liftlock"


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass
class Person:
    """Somebody with an account, in a clone."""

    clone: Path
    actor: str
    token: str
    said: list[str] = field(default_factory=list)

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command, running."""
        environment = {**os.environ, "LIFTLOCK_ACTOR": self.actor, "FORGE_TOKEN": self.token, **(env or {})}
        return subprocess.Popen(
            [str(_LIFTLOCK), *words], cwd=self.clone, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, command: str, *, expect: int = 0, env: Mapping[str, str] | None = None) -> Told:
        """The command, its words separated by blanks, that ends with this exit code."""
        with self.start(*command.split(), env=env) as running:
            out, err = running.communicate(timeout=180)
        told = Told(running.returncode, out, err)
        self.said.append(told.said)
        assert told.code == expect, f"liftlock {command} ended with {told.code}\n{told.said}"
        return told

    def json(self, command: str, *, expect: int = 0) -> Any:
        """What the command says as JSON."""
        return json.loads(self.run(f"{command} --json", expect=expect).out)


@dataclass
class Team:
    """Ada develops, Grace operates, and the bot is the CI. between: what stands between the commands and Gitea's API."""

    repository: GiteaRepository
    folder: Path
    tags: dict[str, str]
    between: LoopbackServer

    def person(self, login: str, clone: str = "") -> Person:
        """Somebody in a clone of their own."""
        account = self.repository.server.accounts[login]
        folder = self.folder / (clone or login)
        if not folder.exists():
            self.repository.clone(folder, login, signed_in=False)
        return Person(folder, str(account.identity), account.token)

    def prove(self, tag: str = "v1", environment: str = "dev") -> str:
        """Records the tag for dev, as the CI does, and that dev runs it well; the release's name."""
        release = str(self.person("shop-ci").json(f"image record --env dev --all {tag}")["release"])
        self.deployed(environment, release)
        return release

    def deployed(self, environment: str, release: str) -> None:
        """The facts that `env up` would record."""
        clone = self.folder / "facts"
        if not clone.exists():
            self.repository.clone(clone, "shop-ci")
        bot = str(self.repository.server.accounts["shop-ci"].identity)
        facts = (Fact.DEPLOYED, Fact.VERIFIED)
        declared = parse_release((self.person("shop-ci").clone / "releases" / f"{environment}.yaml").read_text(), environment)
        details: dict[str, Json] = {"dirty": False, "services": {name: str(image) for name, image in declared.images.items()}}
        GitLedger(clone).append([Entry(fact, environment, bot, datetime.now(UTC), release, details) for fact in facts])

    def open(self, person: Person, target: str = "staging") -> int:
        """The number of the pull request into the target."""
        return int(person.json(f"promote open --to {target}")["pull"]["number"])


@contextmanager
def a_team(gitea: Gitea, folder: Path, forge: str = "") -> Iterator[Team]:
    """The sample project on Gitea. forge: more settings of liftlock.yaml's forge."""
    tags = {f"shop/{service}:{tag}": f"{service}{tag}" for service in ("api", "web") for tag in ("v1", "v2")}
    with serving_tags(tags) as registry, passing_on(gitea.url) as between:
        files = {name: text.replace(REGISTRY, registry) for name, text in FILES.items() if name != "releases/dev.yaml"}
        made = gitea.new_repository({"README.md": "the environments\n"}, folder / "first")
        declared = f"kind: gitea, url: {made.url}, base: main, token: env:FORGE_TOKEN, api: {between.url}/api/v1"
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("kind: local, url: ../shop.git, base: main", declared + forge)
        commit_here(folder / "first", files, "Declare the environments")
        git(folder / "first", "push", "--quiet", made.url_of("root"), "HEAD:main")
        yield Team(made, folder, tags, between)


@contextmanager
def passing_on(url: str) -> Iterator[LoopbackServer]:
    """A server that passes every request on to Gitea, unless a test put a fault in the way."""
    with httpx.Client(trust_env=False, timeout=60) as client:

        def handle(asked: Asked) -> Said:
            headers = {name: value for name, value in asked.headers.items() if name == "authorization"}
            said = client.request(asked.method, url + asked.path, params=asked.query, json=asked.body, headers=headers)
            kept = {name: value for name, value in said.headers.items() if name == "x-total-count"}
            return Said(said.status_code, said.json() if said.content.strip() else None, kept)

        with serving(handle) as server:
            yield server
