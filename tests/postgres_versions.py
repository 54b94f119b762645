"""PostgreSQL of other versions than the project's own, for tests that carry the marker `every_version`.

Such a test runs on the project's own version in `make test`, and on each of the others, with the marker `versions`, in `make versions`.
Without the servers those fail and say what to run, never skipped unseen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from machine.places import POSTGRES_VERSIONS_FILE
from machine.postgres_versions import versions
from tests.postgres import OWN_VERSION, RunningPostgres, run_postgres_version

_WAY_OUT = "run these tests with: make versions"


def parametrize(metafunc: pytest.Metafunc, fixture: str) -> None:
    """Every version for a test that is marked so and takes the fixture: `every_version`, or `every_version(since=14)`."""
    marker = metafunc.definition.get_closest_marker("every_version")
    if marker is None or fixture not in metafunc.fixturenames:
        return
    metafunc.parametrize(fixture, _parameters(marker.kwargs.get("since", 0)), indirect=True, scope="session")


def _parameters(since: int) -> Sequence[object]:
    others = [int(name) for name in versions() if int(name) >= since]
    own = pytest.param(OWN_VERSION, id=pytest.HIDDEN_PARAM)
    return [own, *(pytest.param(major, id=f"postgres-{major}", marks=pytest.mark.versions) for major in others)]


@contextmanager
def run_version(image: str, major: int) -> Iterator[RunningPostgres]:
    """A fresh server of that version, with tools on PATH that know it."""
    if not POSTGRES_VERSIONS_FILE.exists():
        pytest.fail(f"{POSTGRES_VERSIONS_FILE.name} is not there; {_WAY_OUT}", pytrace=False)
    found = json.loads(POSTGRES_VERSIONS_FILE.read_text(encoding="utf-8"))
    native = Path(found["servers"].get(str(major), "nowhere"))
    if not native.exists():
        pytest.fail(f"PostgreSQL {major} is not there; {_WAY_OUT}", pytrace=False)
    with _first_on_path(found["tools"]), run_postgres_version(image, major, native) as server:
        yield server


@contextmanager
def _first_on_path(folder: str) -> Iterator[None]:
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
