"""Pulumi's own installer: fetched over https, shown, and run. Nothing of it is kept."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from liftlock.adapters.engines.pulumi.versions import HOME, MINIMUM, InstalledCli, read_version
from liftlock.core.errors import LiftlockError, UnavailableError

URL = "https://get.pulumi.com/install.sh"
_ELSEWHERE = (
    "get the CLI from where your organisation keeps it (package manager, mirror) and put `pulumi` on PATH; "
    "or set `engine.kind: embedded`, which needs none"
)


def fetch_installer(transport: httpx.BaseTransport | None = None) -> str:
    """The installer's text; UnavailableError with what to do instead where the network does not give it."""
    try:
        with httpx.Client(transport=transport, timeout=30, follow_redirects=True) as client:
            answer = client.get(URL)
    except httpx.HTTPError as err:
        raise UnavailableError(f"{URL} cannot be fetched ({str(err) or type(err).__name__})", hint=_ELSEWHERE) from err
    if answer.url.scheme != "https":
        raise UnavailableError(f"{URL} leads to {answer.url}, which anybody on the way can change", hint=_ELSEWHERE)
    if answer.status_code != httpx.codes.OK or not answer.text.startswith("#!"):
        raise UnavailableError(f"{URL} answers HTTP {answer.status_code} and no installer", hint=_ELSEWHERE)
    return answer.text


def run_installer(script: str, root: Path | None = None) -> InstalledCli:
    """Runs it; the CLI that it installed."""
    place = root or HOME.expanduser()
    with TemporaryDirectory(prefix="liftlock-") as folder:
        path = Path(folder) / "install.sh"
        path.write_text(script, encoding="utf-8")
        _run(["/bin/sh", str(path), "--no-edit-path", "--install-root", str(place)])
    cli = place / "bin" / "pulumi"
    installed = InstalledCli(cli, read_version(cli))
    if not installed.new_enough:
        raise LiftlockError(f"the installer put {installed.version} at {cli}; {MINIMUM} or newer is needed", hint=_ELSEWHERE)
    return installed


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as err:
        raise LiftlockError(f"{command[0]}: {err.strerror}", hint=_ELSEWHERE) from err
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise LiftlockError("Pulumi's installer failed:\n" + "\n".join(f"  {line}" for line in lines[-8:]), hint=_ELSEWHERE)
