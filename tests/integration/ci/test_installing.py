"""How a job gets liftlock: by real pip, from a folder with one wheel, so that no network is needed."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from liftlock_templates.ci_files import render_ci
from tests.ci_projects import pipelines


def make_wheel(folder: Path) -> Path:
    """A liftlock 9.9 that says its version."""
    folder.mkdir()
    info = "liftlock-9.9.dist-info"
    files = {
        "liftlock_stand_in.py": "def run():\n    print('liftlock 9.9')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: liftlock\nVersion: 9.9\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nliftlock = liftlock_stand_in:run\n",
    }
    lines = [f"{name},sha256={_hash(text)},{len(text)}" for name, text in files.items()]
    wheel = folder / "liftlock-9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,\n"])}.items():
            archive.writestr(name, text)
    return wheel


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def install(folder: Path, requirements: str) -> subprocess.CompletedProcess[str]:
    """Runs the job's first step in a checkout."""
    for path in ("ci/liftlock.sh", "ci/requirements.txt"):
        (folder / "work" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "work" / path).write_text(render_ci("github", pipelines()["one-service"])[path])
    (folder / "work" / "ci" / "requirements.txt").write_text(requirements)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LIFTLOCK_", "PIP_", "PYTHON"))}
    return subprocess.run(
        ["sh", "ci/liftlock.sh", "install"],
        cwd=folder / "work",
        env={
            **plain,
            "HOME": str(folder / "home"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder / "wheels"),
            "PIP_CONFIG_FILE": os.devnull,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_installed_is_what_the_hashes_say_and_it_is_installed_once(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    done = install(tmp_path, f"liftlock==9.9 --hash=sha256:{digest}\n")
    assert (done.returncode, done.stdout) == (0, "liftlock 9.9\n"), done.stderr
    wheel.unlink()
    assert install(tmp_path, f"liftlock==9.9 --hash=sha256:{digest}\n").stdout == "liftlock 9.9\n"
    make_wheel(tmp_path / "other").rename(wheel)
    refused = install(tmp_path, f"liftlock==9.9 --hash=sha256:{'0' * 64}\n")
    assert refused.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr
