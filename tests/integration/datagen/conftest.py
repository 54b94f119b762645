"""One PostgreSQL for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import RunningPostgres, postgres_image, run_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[RunningPostgres]:
    """A running server; the tests make databases of their own."""
    image = postgres_image()
    if image is None:
        pytest.skip("needs the project's images: run make images")
    with run_postgres(image) as server:
        yield server


@pytest.fixture(scope="session")
def odd_schema() -> str:
    """A schema of everything that is hard."""
    return (Path(__file__).parent / "odd.sql").read_text(encoding="utf-8")
