"""What every Runtime promises, on the fake and on a real Docker."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from liftlock.core.errors import UsageError
from liftlock.core.ports import Health
from liftlock.core.stack import images_of
from tests.contract.places import Place
from tests.fakes.environments import FakeRuntime


@pytest.fixture
def taken(place: Place) -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if isinstance(place.runtime, FakeRuntime):
            place.runtime.used_ports.add(port)
        yield port


def test_the_services_of_an_environment_run_the_images_that_were_declared(place: Place) -> None:
    parts = [part for part in place.runtime.parts(place.project, "dev") if part.role == "service"]
    assert {part.service: part.image for part in parts} == {name: str(image) for name, image in images_of(place.healthy).items()}
    assert {(part.environment, part.health) for part in parts} == {("dev", Health.HEALTHY)}
    assert all(part.created is not None and part.created.tzinfo is not None for part in parts)


def test_without_an_environment_those_of_all_are_listed_and_of_another_project_none(place: Place) -> None:
    assert sorted(map(str, place.runtime.parts(place.project))) == sorted(map(str, place.runtime.parts(place.project, "dev")))
    assert place.runtime.parts(f"{place.project}-not") == []
    assert place.runtime.parts(place.project, "nowhere") == []


def test_the_first_free_port_is_chosen(place: Place, taken: int) -> None:
    free = place.runtime.free_port(range(29100, 29999))
    assert free is not None
    assert place.runtime.free_port([taken, free, free + 1]) == free
    assert place.runtime.free_port([taken]) is None
    assert place.runtime.free_port([]) is None


def test_the_last_lines_of_a_service_are_had(place: Place) -> None:
    assert len(place.runtime.logs(place.project, "dev", "api", lines=1).splitlines()) <= 1


@pytest.mark.parametrize(("environment", "service"), [("dev", "nobody"), ("nowhere", "api")])
def test_a_service_that_does_not_run_is_the_users_mistake(place: Place, environment: str, service: str) -> None:
    with pytest.raises(UsageError, match=service):
        place.runtime.logs(place.project, environment, service, lines=5)


def test_what_a_lost_state_left_behind_is_swept_and_nothing_else(place: Place) -> None:
    before = place.runtime.parts(place.project)
    place.stray("lost")
    assert len(place.runtime.parts(place.project)) == len(before) + 1
    removed = place.runtime.sweep(place.project, "lost")
    assert any("stray" in name for name in removed)
    assert place.runtime.sweep(place.project, "lost") == []
    assert sorted(map(str, place.runtime.parts(place.project))) == sorted(map(str, before))
