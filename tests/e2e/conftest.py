"""A user at a keyboard: an environments repository of their own, and the liftlock command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.json_results import validated

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / ".machine" / "images.json"
LIFTLOCK = Path(sys.executable).parent / "liftlock"
ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The document; the test fails where it is not as published."""
        return validated(self.out)


@dataclass
class User:
    """Types liftlock commands in one environments repository."""

    repo: Path
    project: str
    extra: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "LIFTLOCK_ACTOR": ADA, **self.extra, **(more or {})}

    def run(self, *words: str, timeout: float = 240, env: Mapping[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            [str(LIFTLOCK), *words], cwd=self.repo, env=self.environment(env), capture_output=True, text=True, timeout=timeout, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str, env: Mapping[str, str] | None = None) -> Outcome:
        outcome = self.run(*words, env=env)
        assert outcome.code == 0, f"liftlock {' '.join(words)} ended with {outcome.code}\n{outcome.out}\n{outcome.err}"
        return outcome

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The command, running; in a process group of its own so that it can be signalled like a terminal does."""
        running = subprocess.Popen(
            [str(LIFTLOCK), *words],
            cwd=self.repo,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(running)
        return running

    def leave(self) -> None:
        """Ends what still runs, and removes everything of the project."""
        for running in self.started:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
        remove_labelled(self.project)

    def objects(self, environment: str | None = None) -> list[str]:
        """The names of every labelled container, network and volume of the project's environments: golden copies outlive them."""
        return [name for name in labelled(self.project, environment) if f"{self.project}-golden-" not in name]

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.repo / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1))


def labelled(project: str, environment: str | None = None) -> list[str]:
    client = docker.from_env()
    labels = [f"liftlock.project={project}", *([f"liftlock.environment={environment}"] if environment else [])]
    chosen = {"label": labels}
    try:
        # The plain listing: docker-py's own looks at each container again, which may be gone by then.
        names = [item["Names"][0].lstrip("/") for item in client.api.containers(all=True, filters=chosen)]
        names += [item["Name"] for item in client.api.networks(filters=chosen)]
        return sorted([*names, *(item["Name"] for item in client.api.volumes(filters=chosen).get("Volumes") or ())])
    finally:
        client.close()


def remove_labelled(project: str) -> None:
    client = docker.from_env()
    chosen: dict[str, str | list[str] | bool] = {"label": [f"liftlock.project={project}"]}
    for container in client.containers.list(all=True, filters=chosen):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters=chosen):
        network.remove()
    for volume in client.volumes.list(filters=chosen):
        volume.remove(force=True)
    client.close()


def new_user(folder: Path, *options: str) -> User:
    """A user with a fresh environments repository of a project that nobody else has. options: more of init's."""
    project = f"t{uuid.uuid4().hex[:6]}"
    command = [str(LIFTLOCK), "init", str(folder / "environments"), "--project", project, "--forge", str(folder / "forge.git")]
    subprocess.run(
        [*command, "--images", str(IMAGES), *options],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LIFTLOCK_ACTOR": ADA},
        timeout=60,
    )
    return User(folder / "environments", project)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    found = new_user(tmp_path)
    try:
        yield found
    finally:
        found.leave()


@pytest.fixture(scope="module")
def resident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose dev already runs v1; shared by the tests of a module, which leave it as they found it."""
    found = new_user(tmp_path_factory.mktemp("resident"))
    try:
        found.ok("image", "record", "--env", "dev", "api=v1", "web=v1")
        found.ok("env", "up", "dev")
        yield found
    finally:
        found.leave()


@contextmanager
def disk_for_state(user: User, kibibytes: int) -> Iterator[Path]:
    """The state's folder on a disk of its own; needs root on Linux, as CI and these tests' container have it."""
    folder = user.repo / ".liftlock" / "state"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
