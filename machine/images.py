"""All images of this project: what they are, which of them are missing, and the file that names them by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from machine import builds, engine, registry
from machine.builds import ContextFile, Image, read_context
from machine.distribution import PackageSource, apt_files, package_source
from machine.places import IMAGES_FILE, PROJECT, one_at_a_time, write_json
from machine.registry import Registry
from machine.root_image import HUB_IMAGE, recipe_id, root_image
from machine.steps import run, say, step

SHOP_VERSIONS = ("v1", "v2", "v3")
SHOP_SERVICES = ("api", "web")
_ROLES = ("postgres", "router")


@dataclass(frozen=True, slots=True)
class Images:
    """Every image of the project. pushed: name in images.json -> image; the others only stand below these."""

    base: Image
    registry: Image
    runtime: Image
    pushed: Mapping[str, Image]


def declare_images(source: PackageSource, project: Path = PROJECT) -> Images:
    """What there is to build, from the files of the project alone."""
    folder = project / "machine" / "images"
    etc = {f"apt/{path}": content for path, content in apt_files(source).items()}
    # The root is named in the content, not given as an argument: which of the two ways it was had makes no difference to what stands on it.
    etc["apt/liftlock-root"] = f"{HUB_IMAGE} or {recipe_id(source)}\n".encode()
    base = Image("liftlock/base", read_context(folder / "base", extra=etc))
    roles = {name: Image(f"liftlock/{name}", read_context(folder / name), ("BASE", base)) for name in (*_ROLES, "registry")}
    shop = project / "samples" / "shop"
    runtime = Image("liftlock/shop-runtime", read_context(shop / "runtime"), ("BASE", base))
    versions = {f"shop/{v}/{s}": _shop_image(shop, runtime, v, s) for v in SHOP_VERSIONS for s in SHOP_SERVICES}
    return Images(base, roles["registry"], runtime, {**{name: roles[name] for name in _ROLES}, **versions})


def _shop_image(folder: Path, runtime: Image, version: str, service: str) -> Image:
    files = tuple(file for file in read_context(folder) if file.path == "Dockerfile" or file.path.startswith("shop/"))
    args = (("VERSION", version), ("COMMIT", source_commit(version, files)), ("SERVICE", service))
    return Image(f"shop/{service}", files, ("RUNTIME", runtime), args, (version,))


def source_commit(version: str, files: Sequence[ContextFile]) -> str:
    """Forty hex digits that stand for the source of one version; the sample has no repository of its own whose commits could."""
    digest = hashlib.sha1(version.encode(), usedforsecurity=False)
    for file in files:
        digest.update(file.path.encode() + b"\0" + file.content)
    return digest.hexdigest()


def ensure_images() -> None:
    """Everything built, pushed and named by digest; does nothing, quickly, where that is so already."""
    engine.ensure_engine()
    with one_at_a_time("images"):
        source = package_source()
        images = declare_images(source)
        running = registry.find_registry()
        there = _registry_at(running, images)
        missing = {name: image for name, image in images.pushed.items() if there is None or not _is_pushed(there, image)}
        if there is None or missing:
            there = _build_and_push(images, missing, source)
        write_json(IMAGES_FILE, describe(there, images))
    already = len(images.pushed) - len(missing)
    say(f"images: {len(missing)} made, {already} already there; registry {there.host}, references in .machine/images.json")


def _registry_at(found: registry.Found | None, images: Images) -> Registry | None:
    """The registry with what it already holds; None where it is to be made, or made anew from another image."""
    if found is None or found.image != images.registry.local:
        return None
    return registry.ensure_registry(images.registry.local)


def _is_pushed(there: Registry, image: Image) -> bool:
    digest = there.digest(image.repository, image.tag)
    return digest is not None and all(there.digest(image.repository, name) == digest for name in image.names)


def _build_and_push(images: Images, missing: Mapping[str, Image], source: PackageSource) -> Registry:
    """Builds from the bottom up, side by side where images do not stand on each other, and pushes each as soon as it is there."""
    present = builds.local_tags()
    arguments = dict(source.proxies)

    def built(image: Image, extra: Mapping[str, str] | None = None) -> None:
        if image.local not in present:
            builds.build(image, {**arguments, **(extra or {})}, title=f"building the image {_title(image)}")

    if images.base.local not in present:
        built(images.base, {"ROOT": root_image(source)})
    with ThreadPoolExecutor(max_workers=4) as pool:
        started = pool.submit(lambda: _start_registry(images.registry, built))
        shop = any(name.startswith("shop/") for name in missing)
        runtime = pool.submit(lambda: built(images.runtime) if shop else None)
        roles = [pool.submit(built, image) for name, image in missing.items() if not name.startswith("shop/")]
        runtime.result()
        services = [pool.submit(built, image) for name, image in missing.items() if name.startswith("shop/")]
        for work in (*roles, *services):
            work.result()
        there = started.result()
    # The layers below are pushed once: together at the same time each would find them missing and send them again.
    with step(f"pushing {len(missing)} images to {there.host}"):
        for image in missing.values():
            push(there, image)
    return there


def _start_registry(image: Image, built: Callable[[Image], None]) -> Registry:
    built(image)
    return registry.ensure_registry(image.local)


def _title(image: Image) -> str:
    return f"{image.repository} {image.names[0]}" if image.names else image.repository


def push(there: Registry, image: Image) -> None:
    """Puts the image and its names into the registry."""
    remote = f"{there.host}/{image.local}"
    way_out = f"see: docker logs {registry.NAME}"
    run(["docker", "tag", image.local, remote], way_out=way_out)
    run(["docker", "push", remote], way_out=way_out)
    for name in image.names:
        there.name(image.repository, image.tag, name)


def describe(there: Registry, images: Images) -> dict[str, object]:
    """What images.json holds: each image by digest; the sample's by version and service."""
    references = {
        name: f"{there.host}/{image.repository}@{there.digest(image.repository, image.tag)}" for name, image in images.pushed.items()
    }
    named: dict[str, object] = {name: references[name] for name in _ROLES}
    named["shop"] = {version: {service: references[f"shop/{version}/{service}"] for service in SHOP_SERVICES} for version in SHOP_VERSIONS}
    return {"registry": there.host, "images": named}
