"""The router takes new routes without dropping a request, and keeps the old ones where the new ones are no good."""

from __future__ import annotations

import base64
import http.client
import threading
from collections import Counter
from typing import Any

import pytest

from liftlock_stacks.routes import Backend, render_routes, routes_version
from tests.integration.machine.docker_box import DockerBox, Ended
from tests.waiting import eventually

pytestmark = pytest.mark.docker


class Routed:
    """A router, the two versions of a service behind it, and the job that switches between them."""

    def __init__(self, box: DockerBox, images: dict[str, Any]) -> None:
        self.box, self.images = box, images
        self.mount = ["--volume", f"{box.volume('routes')}:/routes"]
        publish = ["--publish", "127.0.0.1::8080", "--network-alias", "web"]
        self.router = box.start("router", images["router"], options=[*self.mount, *publish])
        self.port = box.port(self.router, 8080)
        eventually(lambda: self.get("/-/ready") == (200, "ready"))

    def serve(self, version: str) -> Backend:
        """Starts one version of the front end and returns how the router reaches it."""
        name = f"web-{version}"
        container = self.box.start(name, self.images["shop"][version]["web"])
        eventually(lambda: self.box.docker("exec", container, "wget", "-qO-", "http://127.0.0.1:8000/version", check=False).status == 0)
        return Backend("web", name, 8000, "/")

    def apply(self, *backends: Backend) -> Ended:
        """What liftlock does."""
        version = routes_version(backends)
        return self.apply_text(render_routes(backends, version), version)

    def apply_text(self, text: str, version: str, **more: str) -> Ended:
        env = {"ROUTES": base64.b64encode(text.encode()).decode(), "ROUTES_ID": version, **more}
        return self.box.job(self.images["router"], "apply-routes", options=[*self.mount, "--network", "none"], env=env)

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()


@pytest.fixture
def routed(box: DockerBox, images: dict[str, Any]) -> Routed:
    return Routed(box, images)


def test_a_router_without_routes_is_ready_and_serves_nothing(routed: Routed) -> None:
    assert routed.get("/-/config") == (200, "none")
    assert routed.get("/")[0] == 503


def test_routes_reach_people_by_path_and_services_by_name(routed: Routed) -> None:
    first = routed.serve("v1")
    assert routed.apply(first) == Ended(0, "", "")
    assert routed.get("/-/config") == (200, routes_version([first]))
    assert '"v1"' in routed.get("/version")[1]
    assert routed.apply(Backend("web", "web-v1", 8000, "/shop")).status == 0
    assert routed.get("/version")[0] == 404
    network = ["--network", routed.box.prefix]
    by_name = routed.box.job(routed.images["shop"]["v1"]["web"], "wget", "-qO-", "http://web/version", options=network)
    assert '"v1"' in by_name.out


def test_new_routes_under_load_drop_no_request(routed: Routed) -> None:
    first, second = routed.serve("v1"), routed.serve("v2")
    assert routed.apply(first).status == 0
    seen: Counter[str] = Counter()
    stop = threading.Event()

    def load(keep: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not stop.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", routed.port, timeout=5)
                connection.request("GET", "/version")
                response = connection.getresponse()
                seen[f"{response.status} {response.read().decode()[:60]}"] += 1
                if not keep or response.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as err:
                seen[f"failed: {err!r}"] += 1
                connection = None
        if connection is not None:
            connection.close()

    workers = [threading.Thread(target=load, args=(number % 2 == 0,)) for number in range(4)]
    for worker in workers:
        worker.start()
    try:
        statuses = [routed.apply(backend).status for backend in (second, first, second)]
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert statuses == [0, 0, 0]
    assert len(seen) == 2, seen
    assert all(answer.startswith("200 ") for answer in seen), seen
    assert '"v2"' in routed.get("/version")[1]


def test_refused_routes_leave_the_old_ones_and_say_why(routed: Routed) -> None:
    assert routed.apply(routed.serve("v1")).status == 0
    refused = routed.apply_text("frontend public\n    bing :8080\n", "bad")
    assert refused.status == 1
    assert "unknown keyword 'bing'" in refused.err
    assert refused.err.strip().endswith("HAProxy refuses these routes; the old ones still serve")
    routed.box.docker("restart", routed.router)
    routed.port = routed.box.port(routed.router, 8080)  # one that Docker chose is another after a restart
    assert eventually(lambda: '"v1"' in routed.get("/version")[1]) < 10


def test_a_router_that_is_away_is_reported_in_time(routed: Routed) -> None:
    routed.box.docker("stop", routed.router)
    late = routed.apply_text(render_routes([], "x"), "x", ROUTES_TIMEOUT="1")
    assert (late.status, "did not answer within 1 s" in late.err) == (1, True)


@pytest.mark.parametrize(("routes", "name"), [("", "a"), ("eA==", ""), ("eA==", "a b"), ("%%%", "a")])
def test_a_job_without_readable_routes_is_a_usage_error(box: DockerBox, images: dict[str, Any], routes: str, name: str) -> None:
    assert box.job(images["router"], "apply-routes", env={"ROUTES": routes, "ROUTES_ID": name}).status == 64
