"""A GitHub for each test, and a repository of its own on the real Gitea."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gitea_server import Gitea
from tests.integration.forges.desk import Desk
from tests.integration.forges.github_world import World, github_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with github_world(tmp_path) as made:
        yield made


@pytest.fixture
def desk(gitea: Gitea, tmp_path: Path) -> Desk:
    return Desk(gitea, tmp_path)
