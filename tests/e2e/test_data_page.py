"""The steps of docs/data.md, line by line as a newcomer types them, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.e2e.conftest import ADA, LIFTLOCK, ROOT, remove_labelled

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

# Whoever types has told Git who they are; this machine may not have.
_IDENTITY = {
    f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", "Ada"), ("EMAIL", "ada@shop.example"))
}


def _script(project: str) -> str:
    """All lines of the page that are to be typed. Only the project's name is another, so that two runs do not meet in Docker."""
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    assert "--project mine " in lines
    return lines.replace("--project mine ", f"--project {project} ").replace("~/liftlock", str(ROOT))


def test_every_step_of_the_page_works_as_it_stands(tmp_path: Path) -> None:
    project = f"t{uuid.uuid4().hex[:6]}"
    path = f"{LIFTLOCK.parent}{os.pathsep}{os.environ['PATH']}"
    try:
        done = subprocess.run(
            ["bash", "-euxc", _script(project)],
            cwd=tmp_path,
            env={**os.environ, **_IDENTITY, "PATH": path, "LIFTLOCK_ACTOR": ADA},
            capture_output=True,
            text=True,
            timeout=850,
            check=False,
        )
    finally:
        remove_labelled(project)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "(5), then: liftlock data plan shop" in done.stdout, "as many lines stay unclassified as the page says"
    assert "nothing speaks against data/shop.yaml" in done.stdout
    assert "rows as in nightly" in done.stdout
    assert "<html" in (tmp_path / "certificate.html").read_text(encoding="utf-8")
