"""What is built is declared by the files of the project alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine.distribution import PackageSource
from machine.images import SHOP_SERVICES, SHOP_VERSIONS, declare_images
from machine.places import PROJECT, write_json

IMAGES = declare_images(PackageSource())


def test_every_version_of_every_service_is_another_image_on_one_runtime() -> None:
    shop = [IMAGES.pushed[f"shop/{version}/{service}"] for version in SHOP_VERSIONS for service in SHOP_SERVICES]
    assert len({image.tag for image in shop}) == len(shop)
    assert {image.below for image in shop} == {("RUNTIME", IMAGES.runtime)}
    assert len({dict(image.args)["COMMIT"] for image in shop}) == len(SHOP_VERSIONS)


def test_all_stand_on_one_base_so_a_new_base_renews_all() -> None:
    other = declare_images(PackageSource(main="https://mirror.example/debian"))
    assert all(other.pushed[name].tag != image.tag for name, image in IMAGES.pushed.items())


def test_a_page_for_people_is_no_part_of_an_image() -> None:
    assert not any(file.path.endswith((".md", "example.cfg")) for image in IMAGES.pushed.values() for file in image.context)


@pytest.mark.parametrize("path", ["machine", "samples"])
def test_no_image_names_a_digest_or_an_address_of_this_machine(path: str) -> None:
    dockerfiles = sorted((PROJECT / path).rglob("Dockerfile"))
    assert dockerfiles
    assert all("://" not in file.read_text() for file in dockerfiles)


def test_the_images_file_is_written_whole_and_left_alone_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "images.json"
    write_json(path, {"registry": "127.0.0.1:1"})
    before = path.stat().st_mtime_ns
    write_json(path, {"registry": "127.0.0.1:1"})
    assert path.stat().st_mtime_ns == before
    assert json.loads(path.read_text()) == {"registry": "127.0.0.1:1"}
    assert list(path.parent.iterdir()) == [path]
