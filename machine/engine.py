"""The Docker engine: the one that answers, or, on Debian and Ubuntu as root, the distribution's, installed and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from machine import distribution
from machine.places import cache_folder
from machine.steps import StepError, last_lines, run, say, step

_PID_FILES = {"dockerd": Path("/var/run/docker.pid"), "containerd": Path("/var/run/docker/containerd/containerd.pid")}
_START_SECONDS = 60


def ensure_engine() -> str:
    """The endpoint of an engine that answers (a DOCKER_HOST value); StepError says what to do where none can be had."""
    answer = probe()
    if answer is None:
        return endpoint()
    if os.environ.get("DOCKER_HOST"):
        raise StepError(f"DOCKER_HOST is set, but no engine answers there\n{answer}", way_out="start that engine, or unset DOCKER_HOST")
    if not distribution.can_install():
        raise StepError(f"no Docker engine answers\n{answer}", way_out=advice(sys.platform, answer))
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        client = ["docker-cli"] if distribution.offers("docker-cli") else []
        distribution.install(["docker.io", "iptables", *client], why="no Docker engine is here")
    if probe() is not None:
        start_engine()
    return endpoint()


def probe() -> str | None:
    """None where an engine answers, otherwise what the docker command said."""
    try:
        asked = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, timeout=20, check=False)
    except FileNotFoundError:
        return "    the docker command is not installed"
    except subprocess.TimeoutExpired:
        return "    docker version gave no answer within 20 s"
    return None if asked.returncode == 0 else last_lines(asked.stderr.decode(errors="replace"), 3)


def endpoint() -> str:
    """Where the docker command finds its engine: DOCKER_HOST, else the current context."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    asked = subprocess.run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], capture_output=True, check=False)
    return asked.stdout.decode().strip() or "unix:///var/run/docker.sock"


def advice(platform: str, answer: str) -> str:
    """What a person does who has no engine and for whom we cannot install one."""
    if platform == "darwin":
        return "install and start Docker Desktop, OrbStack or Colima, then run the same command again"
    if "permission denied" in answer.lower():
        return "add yourself to the group docker (sudo usermod -aG docker $USER), log in again, then run the same command again"
    return (
        "install Docker (Debian, Ubuntu: sudo apt-get install docker.io; others: your distribution's docker package) and start it\n"
        "      (sudo systemctl start docker), or run this once as root on Debian or Ubuntu, which does both"
    )


def start_engine() -> None:
    """Starts the installed engine and waits until it answers: by systemd where that runs, otherwise detached from this process."""
    if Path("/run/systemd/system").is_dir():
        with step("starting the Docker engine (systemctl start docker)"):
            run(["systemctl", "start", "docker"], way_out="see: journalctl -u docker")
            _wait_for_engine(None, None)
        return
    log = cache_folder() / "dockerd.log"
    with step(f"starting the Docker engine (dockerd, log in {log})"):
        for program, path in _PID_FILES.items():
            remove_stale_pid_file(path, program)
        # Its own session and a file for its output, so that it outlives us and nobody who reads our output waits for it.
        with log.open("ab") as output:
            daemon = subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        _wait_for_engine(daemon, log)


def remove_stale_pid_file(path: Path, program: str) -> None:
    """Removes the pid file of an engine that was ended hard: dockerd would take whichever process has that number now for itself."""
    if path.exists() and not _runs(path.read_text().strip(), program):
        say(f"       removing {path}: its engine is gone")
        path.unlink()


def _runs(number: str, program: str) -> bool:
    status = Path("/proc") / number / "status"
    text = status.read_text() if number.isdigit() and status.exists() else ""
    return f"Name:\t{program}\n" in text and "State:\tZ" not in text  # one that ended, but whose end nobody took note of, is a zombie


def _wait_for_engine(daemon: subprocess.Popen[bytes] | None, log: Path | None) -> None:
    way_out = f"see {log}" if log else "see: journalctl -u docker"
    deadline = time.monotonic() + _START_SECONDS
    while (answer := probe()) is not None:
        if daemon is not None and daemon.poll() is not None:
            said = last_lines(log.read_text(errors="replace"), 3) if log else ""
            raise StepError(f"dockerd ended with exit status {daemon.returncode}\n{said}", way_out=way_out)
        if time.monotonic() > deadline:
            raise StepError(f"the engine does not answer after {_START_SECONDS} s\n{answer}", way_out=way_out)
        time.sleep(0.2)
