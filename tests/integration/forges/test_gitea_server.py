"""The test's own server: it says what is missing, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from machine.places import PROJECT
from tests.gitea_server import running_gitea

_HOLDS_ONE = """
import sys
from pathlib import Path
from tests.gitea_server import running_gitea
with running_gitea(Path(sys.argv[1])) as server:
    print(server.process.pid, server.url, flush=True)
    sys.stdin.read()
"""


def test_without_the_program_a_test_fails_and_says_what_to_run(tmp_path: Path) -> None:
    named = tmp_path / "gitea.json"
    for content in (None, {"program": str(tmp_path / "gitea"), "static": str(tmp_path)}):
        if content is not None:
            named.write_text(json.dumps(content))
        with pytest.raises(pytest.fail.Exception, match="make gitea"), running_gitea(tmp_path, named):
            raise AssertionError("it runs")


@pytest.mark.gitea
@pytest.mark.parametrize("end", [signal.SIGINT, None], ids=["Ctrl-C", "the end of the tests"])
def test_the_server_goes_with_the_tests_that_started_it(tmp_path: Path, end: signal.Signals | None) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_ONE, str(tmp_path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": f"{PROJECT}:{PROJECT / 'cli'}"},
        text=True,
    )
    assert holder.stdout is not None
    url = holder.stdout.readline().split()[1]
    assert httpx.get(f"{url}/api/healthz", trust_env=False).status_code == 200
    if end is not None:
        holder.send_signal(end)
    holder.communicate(timeout=30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/api/healthz", trust_env=False)
