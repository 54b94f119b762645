"""The look at what a run reads, on real files, a real repository and a Docker engine of canned answers."""

from __future__ import annotations

import copy
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.git import Git
from liftlock.adapters.receipts.docker_look import UncertainError, without_pulse
from liftlock.adapters.receipts.files import FileReceipts
from liftlock.adapters.receipts.look import LocalWitness
from liftlock.adapters.receipts.program import program_fingerprint
from liftlock.core.receipt import Clues, Receipt, Route, differing
from tests.config_repository import write

CONTAINER: dict[str, Any] = {
    "Id": "c1",
    "Name": "/shop-dev-web",
    "Image": "sha256:1",
    "RestartCount": 0,
    "ExecIDs": ["e1"],
    "State": {
        "Status": "running",
        "Running": True,
        "Pid": 7,
        "ExitCode": 0,
        "Health": {"Status": "healthy", "FailingStreak": 0, "Log": []},
    },
    "HostConfig": {"Memory": 64, "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}},
    "Config": {"Env": ["A=1"], "Labels": {"liftlock.environment": "dev"}},
    "NetworkSettings": {"Networks": {"shop-dev": {"Aliases": ["web"], "IPAddress": "10.0.0.2"}}},
    "Mounts": [{"Name": "data", "Destination": "/data", "RW": True}],
}
_PULSE = {("ExecIDs",), ("State", "Health", "FailingStreak"), ("State", "Health", "Log")}
_TYPES = {"Container": "c1", "Network": "n1", "Volume": "v1", "RemoteImage": "sha256:1web"}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path in _PULSE:
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield path
        return
    for key, item in inside:
        yield from leaves(item, (*path, key))


def changed(document: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at the path."""
    other = copy.deepcopy(document)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return other


@given(st.sampled_from(list(leaves(CONTAINER))), st.sampled_from(["another", 4711, None, [], {}, not None]))
def test_any_single_change_of_a_container_is_seen_or_makes_the_look_uncertain(path: tuple[Any, ...], new: Any) -> None:
    other = changed(CONTAINER, path, new)
    if json.dumps(other, sort_keys=True) == json.dumps(CONTAINER, sort_keys=True):
        return
    try:
        seen = without_pulse(other)
    except UncertainError:
        return
    assert json.dumps(seen, sort_keys=True) != json.dumps(without_pulse(CONTAINER), sort_keys=True)


@given(st.lists(st.text()), st.integers(), st.one_of(st.none(), st.lists(st.text())))
def test_what_health_checks_leave_behind_is_no_difference(log: list[str], streak: int, execs: list[str] | None) -> None:
    other = {**CONTAINER, "ExecIDs": execs}
    other["State"] = {**CONTAINER["State"], "Health": {"Status": "healthy", "FailingStreak": streak, "Log": log}}
    assert without_pulse(other) == without_pulse(CONTAINER)


@dataclass
class Bench:
    """An environment that was looked at, and Docker's answers by path."""

    root: Path
    clues: Clues
    answers: dict[str, Any]
    values: dict[str, str]

    def look(self) -> dict[str, str] | None:
        found = LocalWitness(self.root, lambda reference: self.values[reference]).look(self.clues)
        return None if found is None else dict(found)

    @property
    def state(self) -> Path:
        return self.root / ".liftlock/state/.pulumi/stacks/shop/dev.json"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in [name for name in os.environ if name.startswith(("DOCKER_", "PULUMI_", "LIFTLOCK_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "repo"
    write(
        root,
        {
            "liftlock.yaml": "version: 1\n",
            "environments/dev.yaml": "extends: base\n",
            "releases/dev.yaml": "services: {}\n",
            ".liftlock/state/Pulumi.dev.yaml": "config: {}\n",
            ".liftlock/state/.pulumi/stacks/shop/dev.json": json.dumps(checkpoint()),
        },
    )
    git = Git(root)
    git.run("init", "--quiet")
    commit(git, "main")
    answers = {
        "/containers/json": [{"Id": "c1"}],
        "/networks": [{"Id": "n1"}],
        "/volumes": {"Volumes": [{"Name": "v1"}]},
        "/containers/c1/json": CONTAINER,
        "/networks/n1": {"Id": "n1", "Containers": {"c1": {}}},
        "/volumes/v1": {"Name": "v1"},
        "/images/web@sha256:1/json": {"Id": "sha256:1"},
    }
    clues = Clues("dev", "shop", ".liftlock/state", f"unix://{tmp_path}/d.sock", "main", ("env:KEY",), "file:pass", "00" * 16)
    with docker(tmp_path / "d.sock", answers):
        yield Bench(root, clues, answers, {"env:KEY": "a value", "file:pass": "a passphrase"})


def checkpoint() -> dict[str, Any]:
    resources: list[dict[str, Any]] = [{"urn": "u", "custom": False, "type": "pulumi:pulumi:Stack"}]
    for word, id_ in _TYPES.items():
        type_ = f"docker:index/{word[0].lower()}{word[1:]}:{word}"
        resources.append({"urn": word, "custom": True, "id": id_, "type": type_, "inputs": {"name": "web@sha256:1"}})
    return {"version": 3, "checkpoint": {"latest": {"resources": resources}}}


def commit(git: Git, branch: str) -> None:
    tree = git.line("mktree", given="")
    who = {f"GIT_{role}_{what}": "x@y" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    made = git.line("commit-tree", tree, given=os.urandom(4).hex(), env=who)
    git.run("update-ref", f"refs/remotes/origin/{branch}", made)


class docker:  # noqa: N801 - reads as a block
    """An HTTP server on a Unix socket."""

    def __init__(self, place: Path, answers: dict[str, Any]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = answers.get(unquote(self.path.partition("?")[0]))
                body = json.dumps(found).encode()
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

            def address_string(self) -> str:
                return "local"

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self.server = Server(str(place), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_two_looks_at_the_same_see_the_same(bench: Bench) -> None:
    first = bench.look()
    assert first is not None
    assert len(first) == 8
    assert bench.look() == first


def test_each_file_and_value_and_reference_and_object_has_its_fact(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.look()
    assert first is not None

    def differs(*facts: str) -> None:
        now = bench.look()
        assert now is not None
        assert differing(first or {}, now) == facts

    for file, fact in {"liftlock.yaml": "configuration", "releases/dev.yaml": "configuration"}.items():
        before = (bench.root / file).read_text()
        (bench.root / file).write_text(before + " ")
        differs(fact)
        (bench.root / file).write_text(before)
    (bench.root / "environments/new.yaml").write_text("")
    differs("configuration")
    (bench.root / "environments/new.yaml").unlink()
    bench.values["env:KEY"] = "another"
    differs("secrets")
    bench.values["env:KEY"] = "a value"
    bench.values["file:pass"] = "another"
    differs("secrets")
    bench.values["file:pass"] = "a passphrase"
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere")
    differs("surroundings")
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "its presence alone counts")
    differs("surroundings")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    differs()
    config = bench.root / ".liftlock/state/Pulumi.dev.yaml"
    config.write_text("config: {a: b}\n")
    differs("config")
    config.write_text("config: {}\n")
    bench.state.write_text(bench.state.read_text() + " ")
    differs("state")
    bench.state.write_text(bench.state.read_text()[:-1])
    for path, answer in {
        "/containers/json": [{"Id": "c1"}, {"Id": "stranger"}],
        "/volumes": {"Volumes": [{"Name": "v1"}, {"Name": "v2"}]},
        "/networks/n1": {"Id": "n1", "Containers": {}},
        "/images/web@sha256:1/json": {"Id": "sha256:2"},
        "/containers/c1/json": changed(CONTAINER, ("HostConfig", "Memory"), 100),
    }.items():
        kept = bench.answers[path]
        bench.answers[path] = answer
        differs("live")
        bench.answers[path] = kept
    for branch in ("main", "liftlock/ledger"):
        commit(Git(bench.root), branch)
        differs("references")


@pytest.mark.parametrize("path", ["/containers/json", "/containers/c1/json", "/networks/n1", "/volumes/v1", "/images/web@sha256:1/json"])
def test_what_docker_does_not_tell_makes_the_look_uncertain(bench: Bench, path: str) -> None:
    del bench.answers[path]
    assert bench.look() is None


def test_a_container_that_is_not_well_makes_the_look_uncertain(bench: Bench) -> None:
    bench.answers["/containers/c1/json"] = changed(CONTAINER, ("State", "Health", "Status"), "unhealthy")
    assert bench.look() is None


def test_one_that_docker_has_not_checked_yet_is_as_well_as_after_its_check(bench: Bench) -> None:
    after = bench.look()
    bench.answers["/containers/c1/json"] = changed(CONTAINER, ("State", "Health", "Status"), "starting")
    assert bench.look() == after is not None


@pytest.mark.parametrize(
    "latest",
    [
        {"pending_operations": [{"type": "creating", "resource": {}}]},
        {"resources": [{"custom": True, "delete": True, "type": "docker:index/volume:Volume"}]},
        {"resources": [{"custom": True, "type": "kubernetes:core/v1:Pod", "id": "x", "inputs": {"name": "x"}}]},
    ],
)
def test_a_state_that_is_unfinished_or_of_strangers_makes_the_look_uncertain(bench: Bench, latest: dict[str, Any]) -> None:
    bench.state.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    assert bench.look() is None


def test_no_state_another_run_another_kind_of_address_and_a_lost_secret_make_it_uncertain(bench: Bench) -> None:
    assert replaced(bench, endpoint="tcp://127.0.0.1:1").look() is None
    assert replaced(bench, environment="other").look() is None
    assert replaced(bench, secrets=("env:LOST",)).look() is None
    lock = bench.root / ".liftlock/state/.pulumi/locks/organization/shop/dev/x.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    assert bench.look() is None


def replaced(bench: Bench, **changes: Any) -> Bench:
    return replace(bench, clues=replace(bench.clues, **changes))


def test_no_secret_value_stands_in_a_receipt_and_only_its_owner_can_read_it(bench: Bench, tmp_path: Path) -> None:
    facts = bench.look()
    assert facts is not None
    receipts = FileReceipts(tmp_path / "receipts")
    receipt = Receipt(bench.clues, facts, (Route(18100, "dev.shop.localhost", "/"),), {"environment": "dev"})
    receipts.write("dev", receipt)
    path = tmp_path / "receipts" / "dev.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(value in path.read_text() for value in bench.values.values())
    assert receipts.read("dev") == receipt
    assert receipts.read("other") is None


@given(st.data())
def test_a_damaged_receipt_is_none_or_another_one(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    receipts = FileReceipts(tmp_path_factory.mktemp("receipts"))
    clues = Clues("dev", "shop", "s", "unix:///d", "main", (), "file:p", "00")
    receipts.write("dev", Receipt(clues, {"state": "1"}, (), {}))
    (path,) = receipts._folder.iterdir()
    text = path.read_bytes()
    at = data.draw(st.integers(0, len(text) - 1))
    path.write_bytes(text[:at] + data.draw(st.binary(max_size=3)) + text[at + 1 :])
    receipts.read("dev")
    receipts.drop("dev")
    receipts.drop("dev")
    assert receipts.read("dev") is None


def test_the_programs_fingerprint_follows_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = program_fingerprint()
    assert program_fingerprint() == before
    (tmp_path / "extra-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert program_fingerprint() != before
