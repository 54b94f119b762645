"""The sample's images do what they are there for, in each version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.machine.docker_box import DockerBox, Ended
from tests.waiting import eventually

pytestmark = pytest.mark.docker
URL = "postgresql://shop:secret@db/shop"


class Shop:
    """A database and whichever versions of the services a test starts."""

    def __init__(self, box: DockerBox, images: dict[str, Any]) -> None:
        self.box, self.versions = box, images["shop"]
        box.start("db", images["postgres"], env={"POSTGRES_USER": "shop", "POSTGRES_PASSWORD": "secret", "PGFAST": "1"})

    def migrate(self, version: str) -> Ended:
        network = ["--network", self.box.prefix]
        return self.box.job(self.versions[version]["api"], "python3", "-m", "shop.migrate", options=network, env={"SHOP_DATABASE_URL": URL})

    def start(self, version: str, service: str) -> str:
        env = {"SHOP_DATABASE_URL": URL, "API_URL": f"http://api-{version}:8000"}
        name = self.box.start(f"{service}-{version}", self.versions[version][service], env=env)
        eventually(lambda: self.get(name, "/version").status == 0)
        return name

    def get(self, container: str, path: str) -> Ended:
        return self.box.docker("exec", container, "wget", "-qO-", f"http://127.0.0.1:8000{path}", check=False)


@pytest.fixture
def shop(box: DockerBox, images: dict[str, Any]) -> Shop:
    return Shop(box, images)


def test_migrations_bring_each_version_what_it_needs_and_are_run_once(shop: Shop) -> None:
    assert "applied 0001 shop" in shop.migrate("v1").out
    assert "applied" not in shop.migrate("v1").out
    assert "0002 loyalty" in shop.migrate("v2").out
    assert shop.migrate("v1").status == 0


def test_a_version_is_healthy_only_on_its_schema(shop: Shop) -> None:
    api = shop.start("v2", "api")
    assert shop.get(api, "/healthz").status != 0
    shop.migrate("v1")
    assert shop.get(api, "/healthz").status != 0
    shop.migrate("v2")
    assert json.loads(shop.get(api, "/healthz").out) == {"status": "ok", "schema": 2}
    older = shop.start("v1", "api")
    assert shop.get(older, "/healthz").status == 0


def test_the_page_reads_the_data_through_the_api(shop: Shop) -> None:
    shop.migrate("v2")
    api, web = shop.start("v2", "api"), shop.start("v2", "web")
    page = shop.get(web, "/").out
    assert "vouchers" in page
    assert "No orders yet." in page
    assert json.loads(shop.get(api, "/orders").out) == {"orders": 0, "statuses": {}, "latest": []}
    assert json.loads(shop.get(api, "/customers").out) == {"customers": 0, "countries": {}}


def test_the_third_version_starts_and_is_not_healthy(shop: Shop) -> None:
    shop.migrate("v3")
    api = shop.start("v3", "api")
    assert '"version": "v3"' in shop.get(api, "/version").out
    assert shop.get(api, "/healthz").status != 0


def test_the_images_carry_their_version_and_commit_and_run_without_rights(shop: Shop) -> None:
    reference = shop.versions["v2"]["api"]
    shop.box.docker("pull", reference)
    config = json.loads(shop.box.docker("image", "inspect", reference).out)[0]["Config"]
    assert config["Labels"]["org.opencontainers.image.version"] == "v2"
    assert len(config["Labels"]["org.opencontainers.image.revision"]) == 40
    assert config["User"] == "shop"
