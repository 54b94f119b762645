"""One PostgreSQL for all of these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from liftlock_datagen.synthesis.load import seed
from tests import postgres_versions
from tests.integration.datagen.desk import Desk, desk_on
from tests.postgres import OWN_VERSION, RunningPostgres, postgres_image, run_postgres
from tests.schemas import schema


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Called by pytest."""
    postgres_versions.parametrize(metafunc, "postgres")


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[RunningPostgres]:
    """A running server; the tests make databases of their own."""
    image = postgres_image()
    if image is None:
        pytest.skip("needs the project's images: run make images")
    major: int = getattr(request, "param", OWN_VERSION)
    with run_postgres(image) if major == OWN_VERSION else postgres_versions.run_version(image, major) as server:
        yield server


@pytest.fixture(scope="session")
def server(postgres: RunningPostgres) -> RunningPostgres:
    """The same, by the name that tests of whole databases use."""
    return postgres


@pytest.fixture(scope="session")
def odd_schema() -> str:
    """A schema of everything that is hard."""
    return (Path(__file__).parent / "odd.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def filled_schema(postgres: RunningPostgres) -> Iterator[Callable[[str], str]]:
    """A schema of tests/data/schemas by its name -> a database with it and 3,000 synthetic rows. All tests share it: read only."""
    made: dict[str, str] = {}
    with ExitStack() as stack:

        def database(name: str) -> str:
            if name not in made:
                empty = stack.enter_context(postgres.database(schema(name)))
                seed(postgres.url(empty), rows=3000, seed=1, on_progress=lambda *_: None)
                made[name] = empty
            return made[name]

        yield database


@pytest.fixture
def desk(postgres: RunningPostgres, tmp_path: Path) -> Iterator[Desk]:
    """Two databases, and a repository in which commands are started."""
    with desk_on(postgres, tmp_path) as found:
        yield found
