"""A real Gitea for tests that carry the marker `gitea`: a fresh one in about two seconds, with people, a bot, and a token for each.

It listens on one free loopback port and keeps everything in the folder that it is given. Without the program a test fails and says what
to run, never skipped unseen.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.gitea import GiteaForge
from liftlock.adapters.forges.gitea_merging import MergeStyle
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.core.ports import Identity
from machine.places import GITEA_FILE
from tests.git_repositories import ADA, GRACE, LINUS, commit_here, git

BOT = Identity("Shop CI", "ci@shop.example")
OWNER = "shop"
_WAY_OUT = "build it: make gitea; or run these tests with: make forges"
_PEOPLE = {"ada": ADA, "grace": GRACE, "linus": LINUS, "shop-ci": BOT}
_OUTSIDE = {"eve": Identity("Eve", "eve@elsewhere.example")}
_SETTINGS = """
APP_NAME = forge
RUN_MODE = prod
WORK_PATH = {folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
DOMAIN = 127.0.0.1
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {static}
APP_DATA_PATH = {folder}/data
DISABLE_SSH = true
LFS_START_SERVER = false
OFFLINE_MODE = true
GRACEFUL_HAMMER_TIME = 3s
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL
SQLITE_TIMEOUT = 20000
[security]
INSTALL_LOCK = true
SECRET_KEY = {key}
INTERNAL_TOKEN = {internal}
PASSWORD_HASH_ALGO = pbkdf2_v1
[oauth2]
ENABLED = false
JWT_SECRET = {jwt}
[service]
DISABLE_REGISTRATION = true
[openid]
ENABLE_OPENID_SIGNIN = false
[session]
PROVIDER = memory
[queue]
TYPE = channel
[indexer]
ISSUE_INDEXER_TYPE = db
[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main
[webhook]
ALLOWED_HOST_LIST = loopback
[cron]
ENABLED = false
[packages]
ENABLED = false
[actions]
ENABLED = false
[log]
ROOT_PATH = {folder}/log
LEVEL = Warn
"""


@dataclass(frozen=True)
class Account:
    """Somebody with an account. identity.login is its name."""

    identity: Identity
    password: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def login(self) -> str:
        assert self.identity.login
        return self.identity.login


@dataclass
class Gitea:
    """A running server. accounts: login -> account, of Ada, Grace, Linus, the CI bot the administrator, and Eve, who is no member."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    accounts: dict[str, Account] = field(default_factory=dict)
    connections: dict[str, ForgeHttp] = field(default_factory=dict, repr=False)

    def account(self, person: Identity) -> Account:
        """The account of one of these people."""
        return next(account for account in self.accounts.values() if account.identity.email == person.email)

    def connection(self, token: str) -> ForgeHttp:
        """liftlock's connection to the API with this token."""
        if token not in self.connections:
            self.connections[token] = ForgeHttp("Gitea", f"{self.url}/api/v1", Token("Authorization", "token ", token))
        return self.connections[token]

    def api(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, as_: str = "root", expect: Sequence[int] = (200, 201, 204)
    ) -> Any:
        """What the API answers; the test's own hand, not the adapter's."""
        headers = {"Authorization": f"token {self.accounts[as_].token}"}
        answer = httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30, trust_env=False)
        assert answer.status_code in expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content.strip() and "json" in answer.headers.get("content-type", "") else None

    def new_token(self, login: str, *scopes: str) -> str:
        """Another token of the account, with these scopes only."""
        account = self.accounts[login]
        answer = httpx.post(
            f"{self.url}/api/v1/users/{login}/tokens",
            json={"name": secrets.token_hex(4), "scopes": list(scopes)},
            auth=(login, account.password),
            timeout=30,
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sha1"])

    def new_repository(self, files: Mapping[str, str], folder: Path, **settings: Any) -> GiteaRepository:
        """A repository of its own whose branch main has one commit with these files. folder: where its first clone is."""
        name = f"r{secrets.token_hex(4)}"
        self.api("POST", f"/orgs/{OWNER}/repos", {"name": name, "default_branch": "main"})
        if settings:
            self.api("PATCH", f"/repos/{OWNER}/{name}", settings)
        made = GiteaRepository(self, name)
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch=main", ".")
        commit_here(folder, files, "Begin")
        git(folder, "push", "--quiet", made.url_of("root"), "HEAD:main")
        return made


@dataclass
class GiteaRepository:
    """One repository on the server."""

    server: Gitea
    name: str

    @property
    def url(self) -> str:
        """Its web address, which is also Git's, without anybody's credentials."""
        return f"{self.server.url}/{OWNER}/{self.name}"

    def url_of(self, login: str) -> str:
        """Git's address with the account's token in it."""
        return self.url.replace("://", f"://{login}:{self.server.accounts[login].token}@")

    def clone(self, folder: Path, login: str = "ada", *, signed_in: bool = True) -> Path:
        """A clone on main. signed_in: whether its origin has the account's credentials; otherwise it has nobody's."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        git(folder.parent, "clone", "--quiet", self.url_of(login), str(folder))
        identity = self.server.accounts[login].identity
        if not signed_in:
            git(folder, "remote", "set-url", "origin", self.url)
        git(folder, "config", "gc.auto", "0")
        git(folder, "config", "user.name", identity.name)
        git(folder, "config", "user.email", identity.email)
        return folder

    def api(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, as_: str = "root", expect: Sequence[int] = (200, 201, 204)
    ) -> Any:
        """The API below this repository."""
        return self.server.api(method, f"/repos/{OWNER}/{self.name}{path}", body, as_=as_, expect=expect)

    def protect(self, branch: str = "main", **rules: Any) -> None:
        """Protects the branch by these rules."""
        self.api("POST", "/branch_protections", {"rule_name": branch, **rules})

    def add_webhook(self, url: str, secret: str, *events: str) -> None:
        """A webhook that posts these events there."""
        self.api("POST", "/hooks", {
            "type": "gitea", "active": True, "events": list(events), "config": {"url": url, "content_type": "json", "secret": secret},
        })  # fmt: skip


@contextmanager
def running_gitea(folder: Path, named_in: Path = GITEA_FILE) -> Iterator[Gitea]:
    """A server with its people; stopped at the end, whatever the end is."""
    program, static = _program(named_in)
    port = _free_port()
    config = folder / "app.ini"
    config.write_text(
        _SETTINGS.format(
            folder=folder,
            port=port,
            static=static,
            key=secrets.token_hex(32),
            internal=secrets.token_hex(52),
            jwt=secrets.token_urlsafe(32),
        ).strip()
    )
    config.chmod(0o600)
    environment = _environment(folder)
    _administer(program, config, environment, "migrate")
    root = _make_root(program, config, environment)
    with (folder / "web.log").open("wb") as log:
        # In the same process group as the tests: a terminal's Ctrl-C reaches it too.
        process = subprocess.Popen(
            [str(program), "--config", str(config), "web"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    server = Gitea(f"http://127.0.0.1:{port}", folder, process, {"root": root})
    try:
        _wait(server)
        _make_people(server)
        yield server
    finally:
        for connection in server.connections.values():
            connection.close()
        _stop(process)


def gitea_forge(repository: GiteaRepository, person: Identity, *, token: str | None = None, **style: Any) -> GiteaForge:
    """liftlock's forge on the repository, as this person. style: as MergeStyle takes it."""
    server = repository.server
    http = server.connection(token or server.account(person).token)
    return GiteaForge(http, f"{OWNER}/{repository.name}", MergeStyle(**{"patience": 30, **style}))


def _program(named_in: Path) -> tuple[Path, Path]:
    if not named_in.exists():
        pytest.fail(f"this test runs against a real Gitea, and {named_in} is not there; {_WAY_OUT}", pytrace=False)
    named = json.loads(named_in.read_text())
    program = Path(named["program"])
    if not program.exists():
        pytest.fail(f"this test runs against a real Gitea, and {program} is gone; {_WAY_OUT}", pytrace=False)
    return program, Path(named["static"])


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's: Gitea writes a Git configuration into its home."""
    (folder / "home").mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "GITEA_WORK_DIR": str(folder), "USER": "gitea", "LC_ALL": "C"}


def _administer(program: Path, config: Path, environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run([str(program), "--config", str(config), *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"gitea {words[0]}: {done.stdout}\n{done.stderr}"
    return done.stdout


def _make_root(program: Path, config: Path, environment: Mapping[str, str]) -> Account:
    """The administrator, whom only the program's own command can make."""
    password = secrets.token_hex(12)
    identity = Identity("Root", "root@shop.example", "root")
    words = ["admin", "user", "create", "--username", "root", "--fullname", "Root", "--password", password, "--email", identity.email]
    said = _administer(program, config, environment, *words, "--admin", "--must-change-password=false", "--access-token")
    token = next(word for word in said.split() if len(word) == 40 and set(word) <= set("0123456789abcdef"))
    return Account(identity, password, token)


def _wait(server: Gitea) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{server.url}/api/healthz", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        said = (server.folder / "web.log").read_text(errors="replace")
        assert server.process.poll() is None, f"Gitea ended: {said[-2000:]}"
        assert time.monotonic() < deadline, f"Gitea did not start: {said[-2000:]}"
        time.sleep(0.05)


def _make_people(server: Gitea) -> None:
    """Everybody, in a team of the organisation that may write to each of its repositories."""
    server.api("POST", "/orgs", {"username": OWNER})
    units = dict.fromkeys(("repo.code", "repo.issues", "repo.pulls"), "write")
    team = server.api("POST", f"/orgs/{OWNER}/teams", {"name": "people", "includes_all_repositories": True, "units_map": units})
    for login, person in (_PEOPLE | _OUTSIDE).items():
        password = secrets.token_hex(12)
        body = {"username": login, "full_name": person.name, "email": person.email, "password": password, "must_change_password": False}
        server.api("POST", "/admin/users", body)
        server.accounts[login] = Account(replace(person, login=login), password, "")
        token = server.new_token(login, "write:repository")
        server.accounts[login] = replace(server.accounts[login], token=token)
        if login in _PEOPLE:
            server.api("PUT", f"/teams/{team['id']}/members/{login}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
