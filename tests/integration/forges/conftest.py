"""A GitHub for each test: the fake, and once more with GitHub's own description in between. A repository on the real Gitea."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gitea_server import Gitea
from tests.integration.forges.desk import Desk
from tests.integration.forges.github_world import World, github_world


@pytest.fixture(params=["fake", pytest.param("prism", marks=pytest.mark.prism)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    described = request.getfixturevalue("described") if request.param == "prism" else None
    with github_world(tmp_path, described) as made:
        yield made


@pytest.fixture
def plain_world(tmp_path: Path) -> Iterator[World]:
    """The fake alone, for what GitHub's description does not know: cut connections, gateways, another prefix of the paths."""
    with github_world(tmp_path) as made:
        yield made


@pytest.fixture
def desk(gitea: Gitea, tmp_path: Path) -> Desk:
    return Desk(gitea, tmp_path)
